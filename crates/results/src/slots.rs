//! How long a slot of the network is, as far as its traces show.

/// The length of a slot in seconds, from the slots of blocks and the times at which they were seen
/// first. A block comes some seconds after its slot begins, so the estimate is rounded to whole
/// seconds where it is near enough. None with blocks of less than two slots.
#[must_use]
pub fn slot_seconds(blocks: &[(i64, f64)]) -> Option<f64> {
    let by_slot = |a: &&(i64, f64), b: &&(i64, f64)| a.0.cmp(&b.0);
    let first = blocks.iter().min_by(by_slot)?;
    let last = blocks.iter().max_by(by_slot)?;
    let slots = last.0.checked_sub(first.0).filter(|slots| *slots > 0)?;
    #[expect(clippy::cast_precision_loss, reason = "slots are 32-bit numbers")]
    let seconds = (last.1 - first.1) / slots as f64;
    if !seconds.is_finite() || seconds <= 0.0 {
        return None;
    }
    let whole = seconds.round();
    Some(if whole > 0.0 && (seconds / whole - 1.0).abs() < 0.05 {
        whole
    } else {
        seconds
    })
}

#[cfg(test)]
mod tests {
    use super::slot_seconds;

    #[test]
    fn a_slot_is_the_time_between_blocks_by_their_slots() {
        assert_eq!(
            slot_seconds(&[(12, 2162.0), (10, 1801.5), (11, 1990.0)]),
            Some(180.0)
        );
        assert_eq!(slot_seconds(&[(0, 0.0), (10, 5.0)]), Some(0.5));
    }

    #[test]
    fn too_few_slots_do_not_tell() {
        assert_eq!(slot_seconds(&[]), None);
        assert_eq!(slot_seconds(&[(10, 1.0), (10, 2.0)]), None);
        assert_eq!(slot_seconds(&[(10, 5.0), (11, 1.0)]), None);
    }
}
