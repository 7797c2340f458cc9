//! The rules of selection and redistribution.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::seeded_rng::Purpose;

fn nodes(count: usize) -> Vec<String> {
    (0..count)
        .map(|node| format!("10.0.0.{node}:3086"))
        .collect()
}

fn chance() -> SeededRng {
    SeededRng::new(11, Purpose::Step(4))
}

fn placement(tps: f64, min_tps: f64, count: usize, fee_payers: usize) -> Placement {
    Placement::new(
        "payments",
        tps,
        min_tps,
        &nodes(count),
        fee_payers,
        &mut chance(),
    )
    .unwrap()
}

/// Runs a placement to its end; `accepts` says of each request whether the node accepts.
fn run(
    mut placement: Placement,
    mut accepts: impl FnMut(&LoadShare) -> bool,
) -> (Vec<LoadShare>, Result<Placed, PlacementError>) {
    let mut requests = Vec::new();
    loop {
        let wave = placement.next_wave();
        if wave.is_empty() {
            return (requests, placement.finish());
        }
        for request in wave {
            if accepts(&request) {
                placement.accepted(&request);
            }
            requests.push(request);
        }
    }
}

#[test]
fn there_is_a_node_for_every_rate_and_never_more_than_the_request() {
    for ratio in [0.0, 0.001, 0.5, 0.99, 0.999, 1.0] {
        for tps in [0.0, 0.003, 0.01, 0.3, 5.0] {
            for rate in [tps * ratio, tps - tps * ratio] {
                for count in [1, 2, 30, 1_000] {
                    let (selected, _) = select(rate, 0.01, &nodes(count), &mut chance());
                    assert!((1..=count).contains(&selected.len()));
                    let each = rate / selected.len() as f64;
                    assert!(each.is_finite());
                    assert!(each * selected.len() as f64 <= rate * (1.0 + 1e-12));
                }
            }
        }
    }
    assert_eq!(selection_size(1.0, 0.0, 7), 7);
    assert_eq!(selection_size(0.0, 0.0, 7), 1);
    assert_eq!(selection_size(1.0, 0.5, 0), 0);
}

/// Doubles decide: 0.29 by 0.01 is a little less than 29, 0.3 by 0.01 is 30.
#[test]
fn as_many_nodes_are_selected_as_get_their_least_rate_in_doubles() {
    assert_eq!(selection_size(0.29, 0.01, 100), 28);
    assert_eq!(selection_size(0.3, 0.01, 100), 30);
    assert_eq!(selection_size(0.3, 0.01, 30), 30);
    assert_eq!(selection_size(0.3, 0.01, 29), 29);
    assert_eq!(selection_size(0.003, 0.01, 29), 1);
}

#[test]
fn without_nodes_nobody_is_asked() {
    let error = Placement::new("payments", 0.3, 0.01, &[], 10, &mut chance()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no nodes selected for payments execution (tps=0.300000, minTps=0.010000, available nodes=0)"
    );
}

#[test]
fn when_all_refuse_each_selected_node_was_asked_once() {
    for (tps, count) in [(4.0, 4), (0.003, 1)] {
        let (requests, result) = run(placement(tps, 1.0, count, 12), |_| false);
        assert_eq!(requests.len(), count);
        assert_eq!(
            result.unwrap_err().to_string(),
            format!(
                "failed to schedule any payments batch across {count} nodes and 0 fallback nodes"
            )
        );
    }
}

#[test]
fn a_part_that_is_placed_is_a_success_and_is_told() {
    let (_, result) = run(placement(4.0, 1.0, 4, 12), |request| request.batch == 2);
    let placed = result.unwrap();
    assert!((placed.tps - 1.0).abs() < 1e-12);
    assert_eq!(
        placed.warnings,
        [
            "scheduled 1.000000 of 4.000000 requested tps for payments; the remaining 3.000000 was \
          not placed on any node"
        ]
    );
}

/// Tps 4, least 1, 6 nodes, 18 keys; the first two refuse.
#[test]
fn the_share_of_nodes_that_refuse_goes_to_others_with_new_keys() {
    let (requests, result) = run(placement(4.0, 1.0, 6, 18), |request| request.batch >= 2);
    let shape: Vec<(usize, f64, Range<usize>, bool)> = requests
        .iter()
        .map(|request| {
            let keys = request.fee_payers.clone();
            (request.batch, request.tps, keys, request.is_fallback)
        })
        .collect();
    assert_eq!(
        shape,
        [
            (0, 1.0, 0..3, false),
            (1, 1.0, 3..6, false),
            (2, 1.0, 6..9, false),
            (3, 1.0, 9..12, false),
            (4, 1.0, 12..15, true),
            (5, 1.0, 15..18, true),
        ]
    );
    assert_eq!(result.unwrap().warnings, [""; 0]);
}

/// Tps 0.003, least 0.01, 3 nodes, 7 keys; the selected node refuses.
#[test]
fn a_fallback_is_tried_below_the_least_rate_too() {
    let (requests, result) = run(placement(0.003, 0.01, 3, 7), |request| request.is_fallback);
    assert_eq!(requests.len(), 2);
    assert!((requests[1].tps - 0.003).abs() < 1e-12);
    assert_eq!(requests[1].fee_payers, 2..4);
    assert!(result.is_ok());
}

#[test]
fn fee_payers_that_cannot_cover_the_selected_are_refused() {
    let error = Placement::new("zkapp-txs", 4.0, 1.0, &nodes(6), 3, &mut chance()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "zkapp-txs: 3 fee payers cannot cover 4 selected nodes"
    );
}

#[test]
fn when_fee_payers_run_out_that_is_told() {
    // 4 selected with one key each, none left for the two others
    let (requests, result) = run(placement(4.0, 1.0, 6, 4), |request| request.batch > 0);
    assert_eq!(requests.len(), 4);
    let warnings = result.unwrap().warnings;
    assert_eq!(
        warnings[0],
        "no fee payers left for payments; 2 fallback node(s) not tried, 1.000000 tps unplaced"
    );
    assert_eq!(warnings.len(), 2);
}

#[test]
fn a_permanent_refusal_keeps_the_nodes_reason() {
    let mut placement = placement(4.0, 1.0, 4, 12);
    let wave = placement.next_wave();
    let node = &wave[0].node;
    assert_eq!(
        placement
            .permanent(&wave[0], "unknown key".to_owned())
            .to_string(),
        format!("payments rejected by {node} and the cause is permanent: unknown key")
    );
    let fallback = LoadShare {
        is_fallback: true,
        ..wave[0].clone()
    };
    assert_eq!(
        placement
            .permanent(&fallback, "unknown key".to_owned())
            .to_string(),
        format!(
            "payments rejected by fallback node {node} and the cause is permanent: unknown key"
        )
    );
}

#[test]
fn a_rate_of_nothing_is_refused() {
    for tps in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(Placement::new("payments", tps, 0.01, &nodes(3), 9, &mut chance()).is_err());
    }
}

#[test]
fn no_node_gets_more_than_half_when_half_of_twenty_refuse() {
    let (requests, result) = run(placement(20.0, 1.0, 20, 100), |request| {
        request.batch % 2 == 0
    });
    assert!(requests.iter().all(|request| request.tps <= 10.0));
    assert!(
        requests
            .iter()
            .all(|request| request.fee_payers.len() < 100)
    );
    assert!((result.unwrap().tps - 10.0).abs() < 1e-9);
}

proptest! {
    #[test]
    fn whatever_nodes_answer_the_rules_hold(
        count in 1_usize..40,
        tps in 0.001_f64..20.0,
        min_tps in 0.01_f64..2.0,
        fee_payers in 1_usize..200,
        seed: u64,
        answers in proptest::collection::vec(any::<bool>(), 80),
    ) {
        let mut chance = SeededRng::new(seed, Purpose::Step(0));
        let Ok(placement) =
            Placement::new("payments", tps, min_tps, &nodes(count), fee_payers, &mut chance)
        else {
            return Ok(());
        };
        let everybody: BTreeSet<String> = placement
            .selected
            .iter()
            .chain(&placement.fallback)
            .cloned()
            .collect();
        prop_assert_eq!(everybody.len(), placement.selected.len() + placement.fallback.len());
        prop_assert_eq!(everybody, nodes(count).into_iter().collect());
        let (requests, result) = run(placement, |request| answers[request.batch]);
        let mut end = 0;
        let mut asked = BTreeSet::new();
        for (batch, request) in requests.iter().enumerate() {
            prop_assert_eq!(request.batch, batch);
            prop_assert_eq!(request.fee_payers.start, end);
            prop_assert!(!request.fee_payers.is_empty());
            prop_assert!(request.tps > 0.0 && request.tps <= tps * (1.0 + 1e-9));
            prop_assert!(asked.insert(&request.node));
            end = request.fee_payers.end;
        }
        prop_assert!(end <= fee_payers);
        if let Ok(placed) = result {
            prop_assert!(placed.tps <= tps * (1.0 + 1e-9));
        } else {
            prop_assert!(requests.iter().all(|request| !answers[request.batch]));
        }
    }
}
