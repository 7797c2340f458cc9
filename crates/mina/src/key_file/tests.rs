//! Key files: the published vectors, round trips, refusals.

use super::*;
use proptest::prelude::*;

const EMPTY_PASSWORD_FILE: &str = r#"{"box_primitive":"xsalsa20poly1305","pw_primitive":"argon2i","nonce":"8p9B5WcoBtfKCFhLfurLPPUT9Kih5pH141hBYdK","pwsalt":"98Q3JzhWcpGQFkyHs6khJUyY75Tx","pwdiff":[134217728,6],"ciphertext":"AVehFg79QEYuEqdb5a3CqKgRctLAfCxeiJxmiwEA5rThVEazV1w5h6QJBCcBnMbZpgE28AiJF"}"#;

/// A cost that tests can afford.
fn cheap() -> PasswordCost {
    PasswordCost::new(PasswordCost::MEMORY_BYTES_MIN, 1).unwrap()
}

#[track_caller]
fn check_published(file: &str, password: &str, private: &str, public: &str) {
    let file = KeyFile::from_json(file.as_bytes()).unwrap();
    let key = file.decrypt(password.as_bytes()).unwrap();
    assert_eq!(key.to_base58check().as_str(), private);
    assert_eq!(key.public_key().to_string(), public);

    let again = KeyFile::encrypt(
        &key,
        password.as_bytes(),
        file.salt,
        file.nonce,
        PasswordCost::MODERATE,
    );
    assert_eq!(again.unwrap(), file);
}

#[test]
fn a_published_file_with_an_empty_password_opens_and_is_written_identically() {
    check_published(
        EMPTY_PASSWORD_FILE,
        "",
        "EKEEpMELfQkMbJDt2fB4cFXKwSf1x4t7YD4twREy5yuJ84HBZtF9",
        "B62qrztYfPinaKqpXaYGY6QJ3SSW2NNKs7SajBLF1iFNXW9BoALN2Aq",
    );
    let file = KeyFile::from_json(EMPTY_PASSWORD_FILE.as_bytes()).unwrap();
    assert_eq!(file.to_json(), EMPTY_PASSWORD_FILE);
}

#[test]
fn a_published_file_with_a_password_opens_and_is_written_identically() {
    check_published(
        r#"{"box_primitive":"xsalsa20poly1305","pw_primitive":"argon2i","nonce":"7RpKuL9T22o8RgWbsdE5JavnYjf3v6Lw8HBb4W5","pwsalt":"AydpSTgCcm5ZxSxosXs9RNmdGpxe","pwdiff":[134217728,6],"ciphertext":"DRDzmS2bXr9JL2pndqFug2bZP7eFiFbA2E7kE6Ztd9vt9vhUj5nL4t5FyJFDqeadHJJy9h4RX"}"#,
        "not-very-secure-pass",
        "EKEHXuhzQS4m75BmBr498NS5BH7pMuf8HfGkeDddcGia6hevsvMD",
        "B62qmg7n4XqU3SFwx9KD9B7gxsKwxJP5GmxtBpHp1uxyN3grujii9a1",
    );
}

/// The error of reading the published file after replacing one part of it.
#[track_caller]
fn refused(from: &str, to: &str) -> KeyFileError {
    assert!(EMPTY_PASSWORD_FILE.contains(from), "nothing to replace");
    let json = EMPTY_PASSWORD_FILE.replace(from, to);
    KeyFile::from_json(json.as_bytes()).unwrap_err()
}

#[test]
fn other_primitives_are_refused_by_name() {
    assert_eq!(
        refused("xsalsa20poly1305", "aes256gcm").to_string(),
        "don't know how to handle box_primitive \"aes256gcm\""
    );
    assert_eq!(
        refused("argon2i", "argon2id").to_string(),
        "don't know how to handle pw_primitive \"argon2id\""
    );
}

#[test]
fn costs_outside_the_limits_are_refused_before_any_work() {
    for pwdiff in [
        "[1073741825,6]",
        "[18446744073709551615,6]",
        "[134217728,33]",
        "[134217728,4294967297]",
        "[134217728,0]",
        "[8191,6]",
        "[0,0]",
    ] {
        assert!(
            matches!(refused("[134217728,6]", pwdiff), KeyFileError::Cost { .. }),
            "{pwdiff}"
        );
    }
    for pwdiff in ["[-1,6]", "[134217728]", "[134217728,6,1]", "[1.5,6]"] {
        assert!(
            matches!(refused("[134217728,6]", pwdiff), KeyFileError::Json(_)),
            "{pwdiff}"
        );
    }
}

#[test]
fn malformed_fields_are_named() {
    let nonce = "8p9B5WcoBtfKCFhLfurLPPUT9Kih5pH141hBYdK";
    let salt = "98Q3JzhWcpGQFkyHs6khJUyY75Tx";
    let longer_box = base58check::encode(VERSION, &[0; 50]);
    let ciphertext = "AVehFg79QEYuEqdb5a3CqKgRctLAfCxeiJxmiwEA5rThVEazV1w5h6QJBCcBnMbZpgE28AiJF";
    for (from, to, name) in [
        (nonce, salt, "nonce"),
        (salt, nonce, "pwsalt"),
        (ciphertext, longer_box.as_str(), "ciphertext"),
    ] {
        let error = refused(from, to);
        assert!(
            matches!(error, KeyFileError::Field { field, source: DecodeError::Length { .. } } if field == name),
            "{error}"
        );
    }
}

#[test]
fn a_file_without_end_is_refused() {
    let json = vec![b' '; JSON_BYTES_MAX + 1];
    assert!(matches!(
        KeyFile::from_json(&json),
        Err(KeyFileError::TooLong)
    ));
}

#[test]
fn a_box_with_something_else_inside_is_refused() {
    let (salt, nonce) = ([1; 16], [2; 24]);
    let key = cheap().derive_key(b"password", &salt).unwrap();
    let file_with = |content| KeyFile {
        cost: cheap(),
        salt,
        nonce,
        ciphertext: seal(&key, &nonce, Zeroizing::new(content)),
    };
    for content in [[0; 33], [0xFF; 33]] {
        assert!(matches!(
            file_with(content).decrypt(b"password"),
            Err(KeyFileError::Content(DecodeError::InnerVersion))
        ));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn files_survive_and_only_their_password_opens_them(
        number in 1_u8..,
        password: Vec<u8>,
        other_password: Vec<u8>,
        salt: [u8; 16],
        nonce: [u8; 24],
        damaged in 0_usize..49,
    ) {
        let key = PrivateKey::from_uniform_bytes(&[number; 64]).unwrap();
        let mut file = KeyFile::encrypt(&key, &password, salt, nonce, cheap()).unwrap();
        prop_assert_eq!(&KeyFile::from_json(file.to_json().as_bytes()).unwrap(), &file);
        let opened = file.decrypt(&password).unwrap();
        prop_assert_eq!(opened.to_base58check(), key.to_base58check());
        if other_password != password {
            prop_assert!(matches!(file.decrypt(&other_password), Err(KeyFileError::WrongPassword)));
        }
        file.ciphertext[damaged] ^= 1;
        prop_assert!(matches!(file.decrypt(&password), Err(KeyFileError::WrongPassword)));
    }
}

proptest! {
    #[test]
    fn garbage_never_panics(mut bytes: Vec<u8>, at in 0..EMPTY_PASSWORD_FILE.len(), byte: u8) {
        let _ = KeyFile::from_json(&bytes);
        bytes.clear();
        bytes.extend(EMPTY_PASSWORD_FILE.bytes());
        bytes[at] = byte;
        let _ = KeyFile::from_json(&bytes);
    }
}
