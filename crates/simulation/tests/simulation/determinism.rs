//! The same seed gives the same, however time is cut.

use simulation::Span;

use crate::support::{Lines, network, pass, record};

#[test]
fn the_same_seed_gives_the_same_lines_however_time_is_cut() {
    let hour = Span::from_seconds(3_600);
    let whole = record(&mut network(4, 7), hour);
    let mut cut = network(4, 7);
    let mut lines = Lines::new(&cut);
    for step in 0..3_600 {
        // steps of uneven length that add up to an hour
        let millis = if step % 2 == 0 { 1_999 } else { 1 };
        pass(&mut cut, Span::from_millis(millis));
        lines.take(&mut cut);
    }
    assert_eq!(whole.nodes, lines.nodes);
}

#[test]
fn another_seed_gives_another_chain() {
    let (mut one, mut other) = (network(3, 1), network(3, 2));
    pass(&mut one, Span::from_seconds(600));
    pass(&mut other, Span::from_seconds(600));
    assert_ne!(one.snapshot().state_hash, other.snapshot().state_hash);
}
