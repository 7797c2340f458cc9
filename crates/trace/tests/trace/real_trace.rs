//! The figures of the captured trace of a real node.

use trace::{BlockSource, BlockStatus, Compatibility, TracerOptions};

use crate::mirror::{Mirror, traced_in_pieces};

fn real(compatibility: Compatibility) -> Option<Mirror> {
    let text = captured_data::read("internal-trace.jsonl")?;
    let options = TracerOptions {
        status_handling: true,
        compatibility,
    };
    let (mirror, counts) = traced_in_pieces(options, &[&text]);
    assert_eq!(
        (
            counts.lines,
            counts.repeated,
            counts.malformed,
            counts.unknown_controls
        ),
        (4_488, 205, 0, 0)
    );
    Some(mirror)
}

#[test]
fn rows_per_table() {
    let Some(mirror) = real(Compatibility::Corrected) else {
        return;
    };
    assert_eq!(mirror.traces.len(), 12);
    let with = |mark: &str| {
        let rows = mirror.checkpoints.iter();
        rows.filter(|(_, row)| row.contains(mark)).count()
    };
    assert_eq!(mirror.checkpoints.len(), 4_171);
    assert_eq!(
        (with(" control"), with(" gossip"), with(" other ")),
        (1_789, 2_920, 0)
    );
    let action = |action: &str| {
        let rows = mirror.snark_work_events.iter();
        rows.filter(|row| row.split(' ').nth(1) == Some(action))
            .count()
    };
    assert_eq!(mirror.snark_work_events.len(), 1_460);
    assert_eq!(
        (action("received"), action("rejected"), action("accepted")),
        (730, 719, 11)
    );
    assert_eq!(mirror.last_gossip.len(), 2);
    assert_eq!(mirror.transaction_events.len(), 0);
    assert_eq!(mirror.block_transactions.len(), 0);
    assert_eq!(mirror.interruptions.len(), 0);
}

#[test]
#[expect(clippy::too_many_lines, reason = "the table of the figures")]
fn block_traces() {
    let Some(mirror) = real(Compatibility::Corrected) else {
        return;
    };
    let expected = [
        (
            "0",
            BlockSource::Unknown,
            0,
            0,
            1_327,
            1_497,
            0,
            3437.273178100586,
        ),
        (
            "3NKPvaHB",
            BlockSource::External,
            461,
            855,
            59,
            18,
            4,
            0.844959020614624,
        ),
        (
            "3NLuEvjL",
            BlockSource::External,
            461,
            855,
            55,
            18,
            4,
            0.9790477752685547,
        ),
        (
            "3NLuT6ij",
            BlockSource::Internal,
            462,
            857,
            87,
            25,
            5,
            4.971295118331909,
        ),
        (
            "3NKb9KZ1",
            BlockSource::External,
            463,
            858,
            57,
            18,
            4,
            0.5890791416168213,
        ),
        (
            "3NLu5sNR",
            BlockSource::Internal,
            464,
            859,
            87,
            26,
            5,
            5.031040191650391,
        ),
        (
            "3NLQhLAC",
            BlockSource::Internal,
            465,
            864,
            87,
            26,
            5,
            4.9810028076171875,
        ),
        (
            "3NKK7X9R",
            BlockSource::Internal,
            466,
            865,
            275,
            213,
            5,
            4.9569902420043945,
        ),
        (
            "3NLsXCjV",
            BlockSource::Internal,
            467,
            870,
            87,
            26,
            5,
            4.937065362930298,
        ),
        (
            "3NLktCUS",
            BlockSource::Internal,
            468,
            871,
            87,
            25,
            5,
            4.993564128875732,
        ),
        (
            "3NLSD8jt",
            BlockSource::Internal,
            469,
            872,
            87,
            25,
            5,
            5.022494077682495,
        ),
        (
            "3NKMrSub",
            BlockSource::Internal,
            470,
            874,
            87,
            25,
            5,
            4.93359899520874,
        ),
    ];
    assert_eq!(mirror.traces.len(), expected.len());
    // The table counts repeated metadata lines, which are dropped here.
    let mut repeated = 0;
    for (trace, row) in mirror.traces.values().zip(expected) {
        let (id, source, length, slot, checkpoints, metadata, block_metadata, total_time) = row;
        assert!(trace.block_id.starts_with(id), "{}", trace.block_id);
        assert_eq!(trace.source, source, "{id}");
        assert_eq!(
            (trace.blockchain_length, trace.global_slot),
            (length, slot),
            "{id}"
        );
        assert_eq!(trace.total_time.to_bits(), f64::to_bits(total_time), "{id}");
        let success = if id == "0" {
            BlockStatus::Pending
        } else {
            BlockStatus::Success
        };
        assert_eq!(trace.status, success, "{id}");
        let rows = mirror.rows(&trace.block_id);
        let of = |start: &str| rows.iter().filter(|row| row.starts_with(start)).count();
        assert_eq!(
            rows.len() - of("M metadata ") - of("M block_metadata "),
            checkpoints,
            "{id}"
        );
        assert_eq!(of("M block_metadata "), block_metadata, "{id}");
        repeated += metadata - of("M metadata ");
    }
    assert_eq!(repeated, 205);
}

#[test]
fn distributions_as_the_original_computes_them() {
    let Some(mirror) = real(Compatibility::Original) else {
        return;
    };
    let set = mirror.distributions();
    assert_eq!(set.as_slice().len(), 64);
    let count: u64 = set.as_slice().iter().map(|d| d.count).sum();
    assert_eq!(count, 838);
    let get = |name: &str| set.get(name).expect("a distribution");
    let proof = get("Produce_state_transition_proof");
    assert_eq!((proof.count, proof.total_time), (8, 34.79213094711304));
    assert_eq!(proof.one_to_ten_s.mean_time, 4.34901636838913);
    assert_eq!(proof.one_to_ten_s.max_time, 4.414959192276001);
    let validate = get("Validate_transition");
    assert_eq!(validate.total_time, 0.03263282775878906);
    assert_eq!(validate.ten_to_one_hundred_us.count, 7);
    assert_eq!(validate.one_to_ten_ms.mean_time, 0.002873659133911133);
    assert_eq!(get("Hash_new_staged_ledger").total_time, 0.9765145778656006);
    assert_eq!(get("Add_and_finalize_done").total_time, 0.0);
    assert_eq!(set.structured(Compatibility::Original).len(), 15);
}

#[test]
fn the_corrected_table_moves_time_into_the_frontier() {
    let (Some(original), Some(corrected)) = (
        real(Compatibility::Original),
        real(Compatibility::Corrected),
    ) else {
        return;
    };
    let total = |mirror: &Mirror, name: &str| {
        let set = mirror.distributions();
        set.get(name).expect("a distribution").total_time
    };
    for name in ["Add_and_finalize", "Add_breadcrumb_to_frontier"] {
        assert!(
            total(&corrected, name) > 10.0 * total(&original, name),
            "{name}"
        );
    }
    // All else is as before.
    for name in ["Build_breadcrumb", "External_block_received"] {
        assert_eq!(total(&corrected, name), total(&original, name), "{name}");
    }
}
