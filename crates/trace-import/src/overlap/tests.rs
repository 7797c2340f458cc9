//! Inputs compared with what is known.

use super::*;

/// Letters are lines: upper case with a time, lower case without; `|` is of rotation.
fn fact(letter: char) -> LineFact {
    let time = Timestamp::from_nanoseconds(i64::from(u32::from(letter)));
    match letter {
        '|' => LineFact {
            hash: ROTATION,
            time: None,
            rotation: time.map(RotationStamp::End),
        },
        _ => LineFact {
            hash: 2 * u64::from(letter) + u64::from(letter.is_uppercase()),
            time: time.filter(|_| letter.is_uppercase()),
            rotation: None,
        },
    }
}

/// What is stored, each text a segment; what comes, each text a piece; and the stretches: stored
/// lines as `=n`, new ones as `+n`, behind `(n)` if they follow what ends in segment n, or `(in n)`
/// if they follow a new stretch.
fn check(stored: &[&str], input: &[&str], expected: &str) {
    let mut known = KnownLines::default();
    for (segment, text) in stored.iter().enumerate() {
        let origin = Origin::Stored {
            session: 1,
            segment,
        };
        known.begin(Run::new(origin, true, None)).unwrap();
        let hashes: Vec<u64> = text.chars().map(|letter| fact(letter).hash).collect();
        let times = (i64::from(b'A'), i64::from(b'Z'));
        known.add_stored(&hashes, times).unwrap();
    }
    let mut overlap = Overlap::with(known);
    for piece in input {
        overlap.begin_piece().unwrap();
        for letter in piece.chars() {
            overlap.push(fact(letter)).unwrap();
        }
    }
    let stretches = overlap.finish().unwrap().stretches;
    let lines: u64 = stretches.iter().map(|stretch| stretch.lines).sum();
    assert_eq!(lines, input.concat().chars().count() as u64);
    let found: Vec<String> = stretches
        .iter()
        .map(|stretch| match (stretch.is_new, stretch.follows) {
            (false, _) => format!("={}", stretch.lines),
            (true, None) => format!("+{}", stretch.lines),
            (true, Some(Origin::Stored { segment, .. })) => {
                format!("({segment})+{}", stretch.lines)
            }
            (true, Some(Origin::Input(number))) => format!("(in {number})+{}", stretch.lines),
        })
        .collect();
    assert_eq!(found.join(" "), expected, "{stored:?} {input:?}");
}

#[test]
fn the_same_the_grown_and_the_shorter() {
    check(&[], &["aAbB"], "+4");
    check(&["aAbB"], &["aAbB"], "=4");
    check(&["aAbB"], &["aAbBcC"], "=4 (0)+2");
    check(&["aAbB"], &["aAbBc"], "=4 (0)+1");
    for length in 1..=4 {
        check(&["aAbB"], &[&"aAbB"[..length]], &format!("={length}"));
    }
    check(&["aAbB"], &["xXyY"], "+4");
    check(&["aAbB"], &["b"], "=1");
    check(&["aAbB"], &["c"], "+1");
}

#[test]
fn an_input_may_begin_and_end_anywhere() {
    check(&["aAbBcCdD"], &["bBcC"], "=4");
    check(&["aAbBcCdD"], &["BcC"], "=3");
    check(&["aAbBcCdD"], &["xXaAb"], "+2 =3");
    check(&["aAbBcCdD"], &["cCdDeE"], "=4 (0)+2");
    // A part that is in both is known also when it stands between others.
    check(&["aAbBcCdD"], &["xXyybBcCzzZ"], "+4 =4 +3");
    // What is missing in what is stored is new, and the rest is not.
    check(&["aAdD"], &["aAbBcCdD"], "=2 +4 =2");
    check(&["aA", "cC"], &["aAbBcC"], "=2 (0)+2 =2");
    check(&["aA", "bB"], &["aAbBcC"], "=4 (1)+2");
    check(&["cC", "aA"], &["aAbBcCdD"], "=2 (1)+2 =2 (0)+2");
}

#[test]
fn where_a_file_was_cut_does_not_matter() {
    check(&["aA|bB"], &["aAbB"], "=4");
    check(&["aAbB"], &["aA|", "|bB"], "=6");
    check(&["aAbB|"], &["aAbB", "cC"], "=4 (0)+2");
    check(&["aAbB|"], &["aAbB|", "|cC"], "=5 (0)+3");
    // It was not cut yet when it was stored.
    check(&["aAbB"], &["aAbB|", "|cC"], "=4 (0)+4");
}

#[test]
fn pieces_may_be_copies_of_each_other() {
    check(&[], &["aAbB", "cC"], "+6");
    check(&[], &["aAbB", "aAbBcC"], "+4 =4 (in 0)+2");
    check(&[], &["aAbBcC", "bB", "dD"], "+6 =2 +2");
    // A repetition within a piece is no copy.
    check(&["aA"], &["aABBcC"], "=2 (0)+4");
}
