//! Coverage and allocation of slots.

use proptest::prelude::*;

use super::*;

fn won(address: &str, slots: &[u64]) -> SlotsWonBy {
    SlotsWonBy {
        address: address.to_owned(),
        slots: slots.to_vec(),
    }
}

#[test]
fn coverage_counts_distinct_slots_between_first_and_last() {
    let check = |threshold: f64| {
        SlotsCoveredCheck {
            threshold,
            slots_won: vec![won("a:1", &[10, 11, 13]), won("b:1", &[13, 19])],
        }
        .check()
    };
    assert_eq!(check(0.4), Ok(()));
    assert_eq!(
        check(0.5).unwrap_err().to_string(),
        "proportion 0.400000 of slots covered by queried nodes is lower than threshold 0.500000"
    );
    assert!(check(f64::NAN).is_err());
    assert_eq!(
        SlotsCoveredCheck::default().check(),
        Err(SlotsError::NoSlots)
    );
}

#[test]
fn the_next_empty_slot_is_the_first_that_nobody_won() {
    let gap = |slots: &[u64]| first_gap(&slots.iter().copied().collect());
    assert_eq!(gap(&[4, 5, 7]), Some(6));
    // the original answers 6 here, a slot that a node won
    assert_eq!(gap(&[4, 5, 6]), Some(7));
    assert_eq!(gap(&[]), None);
}

#[test]
fn hosts_are_parted_evenly() {
    let allocation = AllocateSlots {
        groups: vec![1, 1],
        slots_won: vec![
            won("a:1", &[1, 3, 4, 5]),
            won("b:1", &[6, 7]),
            won("c:1", &[8]),
            // a second node of the same host
            won("b:2", &[6, 9]),
        ],
        min_slots: 1,
        max_slots: 7,
    }
    .allocate()
    .unwrap();
    assert_eq!(allocation.next_empty_slot, 2);
    // up to slot 8: a has 3, b has 2, c has 1
    assert_eq!(allocation.last_slot, 8);
    assert_eq!(allocation.groups.len(), 2);
    let mut groups = allocation.groups;
    for group in &mut groups {
        group.sort();
    }
    groups.sort();
    assert_eq!(groups, [vec!["a:1"], vec!["b:1", "b:2", "c:1"]]);
}

/// Three hosts with 1, 2 and 3 slots up to slot 7, and with 2, 2 and 4 up to slot 8: there is no
/// even parting, so the least spread decides, and of two ends with it the earlier.
#[test]
fn groups_take_ascending_parts_up_to_the_earliest_end_with_the_least_spread() {
    let allocation = AllocateSlots {
        groups: vec![1, 2],
        slots_won: vec![
            won("a:1", &[1, 3, 5, 7, 8]),
            won("b:1", &[4, 6]),
            won("c:1", &[5, 8]),
        ],
        min_slots: 5,
        max_slots: 8,
    }
    .allocate()
    .unwrap();
    assert_eq!(allocation.next_empty_slot, 2);
    // spread 2 at both; slots 9 and 10 add nothing
    assert_eq!(allocation.last_slot, 7);
    assert_eq!(
        allocation.groups,
        [vec!["c:1"], vec!["b:1", "a:1"]],
        "smallest first"
    );
}

#[test]
fn the_first_end_without_a_spread_is_taken() {
    let allocation = AllocateSlots {
        groups: vec![1, 1],
        slots_won: vec![won("a:1", &[1, 3, 5]), won("b:1", &[4, 6])],
        min_slots: 1,
        max_slots: 20,
    }
    .allocate()
    .unwrap();
    assert_eq!(allocation.next_empty_slot, 2);
    // one slot each up to 4, two each up to 6
    assert_eq!(allocation.last_slot, 4);
}

#[track_caller]
fn check_refused(groups: &[u64], slots: &[SlotsWonBy], range: (u64, u64), expected: &str) {
    let error = AllocateSlots {
        groups: groups.to_vec(),
        slots_won: slots.to_vec(),
        min_slots: range.0,
        max_slots: range.1,
    }
    .allocate()
    .unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn allocations_that_make_no_sense_are_refused() {
    let slots = [won("a:1", &[1])];
    check_refused(&[1, 0], &slots, (0, 1), "groups should be positive");
    check_refused(&[], &slots, (0, 1), "groups should be positive");
    check_refused(&[1], &[], (0, 1), "no slots won provided");
    check_refused(
        &[60, 60],
        &slots,
        (0, 1),
        "groups have more than 100 parts together",
    );
    check_refused(
        &[u64::MAX, 2],
        &slots,
        (0, 1),
        "groups have more than 100 parts together",
    );
    check_refused(
        &[1],
        &slots,
        (3, 1),
        "maxSlots should not be less than minSlots, nor more than 20000",
    );
}

proptest! {
    #[test]
    fn every_host_is_in_exactly_one_part(
        hosts in proptest::collection::vec(
            proptest::collection::btree_set(0_u64..60, 0..12), 1..9),
        parts in 1_usize..8,
    ) {
        let partition = largest_differencing(hosts.clone(), parts);
        prop_assert_eq!(partition.parts.len(), parts);
        let sizes: Vec<usize> = partition.parts.iter().map(|part| part.slots.len()).collect();
        prop_assert!(sizes.is_sorted());
        let mut seen: Vec<usize> = partition.parts.iter().flat_map(|part| part.hosts.clone()).collect();
        seen.sort_unstable();
        let expected: Vec<usize> = (0..hosts.len()).filter(|host| !hosts[*host].is_empty()).collect();
        prop_assert_eq!(seen, expected);
        for part in &partition.parts {
            let union: BTreeSet<u64> = part.hosts.iter().flat_map(|host| hosts[*host].clone()).collect();
            prop_assert_eq!(&part.slots, &union);
        }
    }

    #[test]
    fn no_group_holds_a_slot_beyond_the_last(
        hosts in proptest::collection::vec(
            proptest::collection::vec(0_u64..60, 1..12), 1..9),
        groups in proptest::collection::vec(1_u64..4, 1..4),
        min_slots in 0_u64..20,
        more in 0_u64..20,
    ) {
        let slots_won: Vec<SlotsWonBy> = hosts
            .iter()
            .enumerate()
            .map(|(host, slots)| won(&format!("10.0.0.{host}:1"), slots))
            .collect();
        let allocate = AllocateSlots {
            groups: groups.clone(),
            slots_won: slots_won.clone(),
            min_slots,
            max_slots: min_slots + more,
        };
        let allocation = allocate.allocate().unwrap();
        prop_assert_eq!(allocation.groups.len(), groups.len());
        let mut addresses: Vec<String> = allocation.groups.concat();
        addresses.sort();
        let before = addresses.len();
        addresses.dedup();
        prop_assert_eq!(addresses.len(), before);
        for node in &slots_won {
            let counts = node.slots.iter().any(|slot| {
                *slot > allocation.next_empty_slot && *slot <= allocation.last_slot
            });
            prop_assert_eq!(counts, addresses.contains(&node.address));
        }
    }
}
