//! Numbers on the command line, in the syntax of the original generator: that of Go's literals.
//!
//! `0x10`, `0b11`, `0o17`, `1_0` and, for floats, `0x1p-1` are numbers. A leading zero means octal
//! there and nothing to most people: it is refused with a hint.

/// Why a text is no number of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotANumber {
    /// It is not, or out of range.
    Wrong,
    /// It may be meant otherwise.
    Hint(String),
}

/// A whole number.
pub(super) fn integer(text: &str) -> Result<i64, NotANumber> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let sign = if is_negative { "-" } else { "" };
    let magnitude = i128::from(magnitude(sign, digits)?);
    let number = if is_negative { -magnitude } else { magnitude };
    i64::try_from(number).map_err(|_| NotANumber::Wrong)
}

/// A whole number without a sign.
pub(super) fn unsigned(text: &str) -> Result<u64, NotANumber> {
    match text.strip_prefix('+') {
        Some(number) if magnitude("", number).is_ok() => Err(NotANumber::Hint(format!(
            "write it without the plus sign: {number}"
        ))),
        _ => magnitude("", text),
    }
}

/// A floating number.
pub(super) fn float(text: &str) -> Result<f64, NotANumber> {
    let text = without_underscores(text).ok_or(NotANumber::Wrong)?;
    let (sign, magnitude) = match text.strip_prefix('-') {
        Some(magnitude) => (-1.0, magnitude),
        None => (1.0, text.strip_prefix('+').unwrap_or(&text)),
    };
    let magnitude_is_hexadecimal = magnitude.starts_with("0x") || magnitude.starts_with("0X");
    let number = if magnitude_is_hexadecimal {
        hexadecimal_float(&magnitude[2..]).ok_or(NotANumber::Wrong)?
    } else if magnitude.starts_with(['+', '-']) {
        return Err(NotANumber::Wrong);
    } else {
        let number: f64 = magnitude.parse().map_err(|_| NotANumber::Wrong)?;
        let is_too_large =
            number.is_infinite() && magnitude.starts_with(|c: char| !c.is_alphabetic());
        if is_too_large {
            return Err(NotANumber::Wrong);
        }
        number
    };
    Ok(sign * number)
}

/// A number without its sign, which hints show in front of it.
fn magnitude(sign: &str, text: &str) -> Result<u64, NotANumber> {
    let digits = without_underscores(text).ok_or(NotANumber::Wrong)?;
    let radix = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'b' | b'B', ..] => 2,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', _, ..] => return Err(leading_zero(sign, &digits)),
        _ => 10,
    };
    let digits = if radix == 10 { &digits } else { &digits[2..] };
    if digits.starts_with(['+', '-']) {
        return Err(NotANumber::Wrong);
    }
    u64::from_str_radix(digits, radix).map_err(|_| NotANumber::Wrong)
}

fn leading_zero(sign: &str, digits: &str) -> NotANumber {
    let without = digits.trim_start_matches('0');
    let without = if without.is_empty() { "0" } else { without };
    if without.parse::<u64>().is_err() {
        return NotANumber::Wrong;
    }
    let octal = u64::from_str_radix(without, 8).map(|octal| octal.to_string());
    NotANumber::Hint(match octal {
        Ok(octal) if octal != without => format!(
            "a leading zero is octal to the original generator: write {sign}{without}, or \
             {sign}{octal} if that is meant"
        ),
        _ => format!("write it without the leading zero: {sign}{without}"),
    })
}

/// `1.8p-3` after its `0x`: digits with a point, then the exponent of 2, which must be there.
fn hexadecimal_float(text: &str) -> Option<f64> {
    // 64 bits hold more than a float keeps
    const DIGITS_MAX: usize = 16;
    let (digits, exponent) = text.split_once(['p', 'P'])?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    if all.is_empty() || all.len() > DIGITS_MAX || all.starts_with(['+', '-']) {
        return None;
    }
    let mantissa = crate::number::float(u64::from_str_radix(&all, 16).ok()?);
    let exponent: i32 = exponent.parse().ok()?;
    let fraction_bits = i32::try_from(4 * fraction.len()).ok()?;
    let number = libm::ldexp(mantissa, exponent.checked_sub(fraction_bits)?);
    number.is_finite().then_some(number)
}

/// The text without underscores, each of which must stand between two digits, or between `0x` and
/// the like and a digit.
fn without_underscores(text: &str) -> Option<String> {
    if !text.contains('_') {
        return Some(text.to_owned());
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text).as_bytes();
    let has_prefix = matches!(
        unsigned,
        [b'0', b'x' | b'X' | b'b' | b'B' | b'o' | b'O', ..]
    );
    let is_hexadecimal = matches!(unsigned, [b'0', b'x' | b'X', ..]);
    let is_digit = |at: usize| {
        unsigned
            .get(at)
            .is_some_and(|byte| byte.is_ascii_digit() || is_hexadecimal && byte.is_ascii_hexdigit())
    };
    let may_stand = |at: usize| {
        let after_digit = at > 0 && (is_digit(at - 1) || has_prefix && at == 2);
        after_digit && is_digit(at + 1)
    };
    let mut places = (0..unsigned.len()).filter(|at| unsigned[*at] == b'_');
    places.all(may_stand).then(|| text.replace('_', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_integer(text: &str, expected: i64) {
        assert_eq!(integer(text), Ok(expected), "{text}");
    }

    #[test]
    fn whole_numbers_are_those_of_go() {
        check_integer("10", 10);
        check_integer("0", 0);
        check_integer("-5", -5);
        check_integer("+5", 5);
        check_integer("0x10", 16);
        check_integer("-0XfF", -255);
        check_integer("0b11", 3);
        check_integer("0o17", 15);
        check_integer("1_0", 10);
        check_integer("0x_1_0", 16);
        check_integer("-9223372036854775808", i64::MIN);
        assert_eq!(unsigned("18446744073709551615"), Ok(u64::MAX));
        assert_eq!(unsigned("1_000_000_000"), Ok(1_000_000_000));
    }

    #[test]
    fn what_go_does_not_read_is_refused() {
        for text in [
            "",
            "-",
            "+",
            "_1",
            "1_",
            "1__0",
            "1_x",
            "0x",
            "0x_",
            "0b2",
            "0o8",
            "1e3",
            "1.0",
            "--1",
            "+-1",
            "0x-1",
            " 1",
            "١",
            "9223372036854775808",
            "0_x1",
        ] {
            assert!(integer(text).is_err(), "{text:?}");
        }
        for text in ["-1", "18446744073709551616", "+", "++1"] {
            assert_eq!(unsigned(text), Err(NotANumber::Wrong), "{text:?}");
        }
        for text in [
            "", "x", "0x1", "0x1p", "0xp1", "0x.p1", "1_.5", "_1.5", "1.5_", "--1", "+-1",
            "0x-1p1", "1e400", "1,5",
        ] {
            assert_eq!(float(text), Err(NotANumber::Wrong), "{text:?}");
        }
    }

    #[track_caller]
    fn check_hint(text: &str, expected: &str) {
        let hint = NotANumber::Hint(expected.to_owned());
        assert_eq!(integer(text), Err(hint), "{text}");
    }

    #[test]
    fn what_may_be_meant_otherwise_is_refused_with_a_hint() {
        check_hint(
            "010",
            "a leading zero is octal to the original generator: write 10, or 8 if that is meant",
        );
        check_hint(
            "-0_17",
            "a leading zero is octal to the original generator: write -17, or -15 if that is meant",
        );
        check_hint(
            "+010",
            "a leading zero is octal to the original generator: write 10, or 8 if that is meant",
        );
        check_hint("-08", "write it without the leading zero: -8");
        check_hint("08", "write it without the leading zero: 8");
        check_hint("00", "write it without the leading zero: 0");
        assert_eq!(
            unsigned("+1000000000"),
            Err(NotANumber::Hint(
                "write it without the plus sign: 1000000000".to_owned()
            ))
        );
    }

    #[track_caller]
    fn check_float(text: &str, expected: f64) {
        let number = float(text).unwrap();
        assert!(
            (number - expected).abs() <= f64::EPSILON * expected.abs(),
            "{text}: {number}"
        );
    }

    #[test]
    fn floats_are_those_of_go() {
        check_float("0.5", 0.5);
        check_float("-.5", -0.5);
        check_float("+1.", 1.0);
        check_float("1e-3", 0.001);
        check_float("1_0.2_5", 10.25);
        check_float("010", 10.0);
        check_float("0x1p-1", 0.5);
        check_float("-0X1.8P+3", -12.0);
        check_float("0x_fp0", 15.0);
        check_float("0x.8p1", 1.0);
        assert!(float("NaN").unwrap().is_nan());
        assert_eq!(float("-Inf"), Ok(f64::NEG_INFINITY));
    }
}
