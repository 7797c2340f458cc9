//! Results equal what happened: every fate, rate, latency, count of blocks.

use results::Verdict;
use results::answers::{Results, RoundResult};
use results::figures::quantiles;
use store::results::ScopeQuery;
use store::testing::TestDatabase;

use crate::ingest::store;
use crate::observed::{Sent, Truth};
use crate::scene::Scene;

/// How many networks there are, unless [`SEEDS_VARIABLE`] says so.
const SEEDS: u64 = 20;
/// Names how many networks to look at.
const SEEDS_VARIABLE: &str = "LOADLAB_SIMULATED_NETWORKS";
/// Tests that share the networks, so that they run side by side.
const TESTS: u64 = 4;
/// Times of traces have microseconds. A difference of two, as seconds since 1970, is off by less than
/// this.
const RESOLUTION_S: f64 = 5e-7;

#[track_caller]
fn near(found: Option<f64>, expected: Option<f64>, what: &str) {
    match (found, expected) {
        (Some(found), Some(expected)) => assert!(
            (found - expected).abs() <= RESOLUTION_S + 1e-9 * expected.abs(),
            "{what}: {found} instead of {expected}"
        ),
        (None, None) => {}
        _ => panic!("{what}: {found:?} instead of {expected:?}"),
    }
}

fn count(number: usize) -> u64 {
    number as u64
}

/// Compares a round, or the run, with the loads that belong to it.
#[expect(clippy::too_many_lines, reason = "one comparison after another")]
fn check_part(part: &RoundResult, scene: &Scene, truth: &Truth, place: &str) {
    let is_of = |round: i32| part.round.is_none_or(|of| of == round);
    let loads: Vec<usize> = (0..scene.loads.len())
        .filter(|load| is_of(scene.loads[*load].round))
        .collect();
    let sent: Vec<&Sent> = truth
        .transactions
        .values()
        .filter(|sent| loads.contains(&sent.load))
        .collect();
    let counted =
        |is_it: &dyn Fn(&Sent) -> bool| count(sent.iter().filter(|sent| is_it(sent)).count());
    let sum = |value: &dyn Fn(usize) -> u64| loads.iter().map(|load| value(*load)).sum::<u64>();
    let seen_of = |load: usize| count(sent.iter().filter(|sent| sent.load == load).count());
    let intended = sum(&|load| scene.loads[load].intended);
    let refused = sum(&|load| {
        let load = &scene.loads[load];
        if load.is_refused { load.intended } else { 0 }
    });
    let never_seen = sum(&|load| {
        let facts = &scene.loads[load];
        if facts.is_refused {
            0
        } else {
            facts.intended.saturating_sub(seen_of(load))
        }
    });
    let unexpected = sum(&|load| seen_of(load).saturating_sub(scene.loads[load].intended));
    let found = [
        part.intended.unwrap(),
        part.accepted.unwrap(),
        part.refused,
        part.seen,
        part.applied,
        part.failed,
        part.missed,
        part.never_seen,
        part.unexpected,
        part.waiting,
        part.unknown,
    ];
    let applied = counted(&|sent| sent.failed == Some(false));
    let failed = counted(&|sent| sent.failed == Some(true));
    let expected = [
        intended,
        intended - refused,
        refused,
        count(sent.len()),
        applied,
        failed,
        counted(&|sent| sent.failed.is_none()),
        never_seen,
        unexpected,
        0,
        0,
    ];
    assert_eq!(
        found, expected,
        "{place}: intended, accepted, refused, seen, applied, failed, missed, never seen, \
         unexpected, waiting, unknown"
    );
    let reasons: u64 = part.failures.iter().map(|failure| failure.count).sum();
    assert_eq!(reasons, failed, "{place}");
    let causes: u64 = part.never_seen_causes.iter().map(|cause| cause.count).sum();
    assert_eq!(causes, never_seen, "{place}");

    let mut latencies: Vec<f64> = sent
        .iter()
        .filter_map(|sent| Some(sent.received? - sent.first_seen?))
        .collect();
    latencies.sort_by(f64::total_cmp);
    let latency = quantiles(&latencies);
    for (name, found, true_value) in [
        ("p50", part.latency_s.p50, latency.p50),
        ("p90", part.latency_s.p90, latency.p90),
        ("p95", part.latency_s.p95, latency.p95),
        ("p99", part.latency_s.p99, latency.p99),
        ("max", part.latency_s.max, latency.max),
    ] {
        near(found, true_value, &format!("{place}: latency {name}"));
    }

    let times = || sent.iter().filter_map(|sent| sent.first_seen);
    let first = times().reduce(f64::min).unwrap();
    let last_sent = times().reduce(f64::max).unwrap();
    let until = sent
        .iter()
        .filter_map(|sent| sent.received)
        .fold(last_sent, f64::max);
    if part.round.is_some() {
        let rate = |transactions: u64| {
            #[expect(clippy::cast_precision_loss, reason = "small counts")]
            let transactions = transactions as f64;
            Some(transactions * 60.0 / (last_sent - first))
        };
        near(
            part.rate.intended,
            rate(intended),
            &format!("{place}: rate intended"),
        );
        near(
            part.rate.accepted,
            rate(intended - refused),
            &format!("{place}: rate accepted"),
        );
        near(
            part.rate.included,
            rate(applied + failed),
            &format!("{place}: rate included"),
        );
        near(
            part.rate.applied,
            rate(applied),
            &format!("{place}: rate applied"),
        );
    }

    let within = || {
        let blocks = truth.blocks.iter();
        blocks.filter(|block| block.first_seen >= first && block.first_seen <= until)
    };
    let slots: std::collections::BTreeSet<u32> = within().map(|block| block.slot).collect();
    let missed_slots = slots
        .first()
        .zip(slots.last())
        .map(|(first, last)| u64::from(last - first + 1) - count(slots.len()));
    let orphans = within().filter(|block| block.is_orphan).count();
    assert_eq!(
        (part.blocks, part.orphans, part.missed_slots),
        (count(within().count()), count(orphans), missed_slots),
        "{place}: blocks, orphans, missed slots"
    );
    let restarts = match part.round {
        None | Some(1) => scene.restarts.len(),
        _ => 0,
    };
    assert_eq!(part.restarts, count(restarts), "{place}: restarts");
}

fn check_all(results: &Results, scene: &Scene, truth: &Truth) {
    let place = |round: Option<i32>| format!("{}, round {round:?}", scene.name);
    assert_eq!(results.rounds.len(), 3);
    for round in results.rounds.iter().chain([&results.run]) {
        check_part(round, scene, truth, &place(round.round));
        assert_eq!(round.completeness, Some(1.0), "{}", place(round.round));
    }
    let run = &results.run;
    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    let applied = run.applied as f64 / run.total as f64;
    let expected = if applied >= 0.99 {
        Verdict::Pass
    } else {
        Verdict::Fail
    };
    assert_eq!(
        results.verdict,
        Some(expected),
        "{}: {:?}",
        scene.name,
        results.reason
    );
}

async fn deployment(test: &TestDatabase) -> i32 {
    let made = test
        .texts("INSERT INTO deployment (metadata_json) VALUES ('{}') RETURNING deployment_id::text")
        .await
        .unwrap();
    made[0].parse().unwrap()
}

/// Stored and lost entries of a whole deployment.
async fn fetched(test: &TestDatabase, deployment_id: i32) -> (i64, i64) {
    let query = ScopeQuery {
        deployment: Some(deployment_id),
        ..ScopeQuery::default()
    };
    let scope = test.database().results_scope(query).await.unwrap().unwrap();
    let meta = test.database().results_meta(&scope).await.unwrap();
    (
        meta.completeness.stored_entries,
        meta.completeness.lost_entries,
    )
}

/// The same, but for a part of what two nodes wrote: completeness is exact, there is no verdict any
/// more, and what may be in the lost part is not said to have happened, nor not to have happened.
async fn check_loss(test: &TestDatabase, scene: &Scene, truth: &Truth) {
    let id = deployment(test).await;
    let fifth = |log: &Vec<_>| log.len() * 2 / 5..log.len() * 3 / 5;
    let lost = vec![(0, fifth(&scene.logs[0])), (2, fifth(&scene.logs[2]))];
    let stored = store(test, id, &scene.names, &scene.logs, &lost).await;
    let place = &scene.name;
    assert!(stored.lost > 500, "{place}: {}", stored.lost);
    let counts = fetched(test, id).await;
    assert_eq!(counts, (stored.stored, stored.lost), "{place}");
    let results = test.database().run_results(place, Some(id)).await;
    let results = results.unwrap().unwrap();
    let run = &results.run;
    let share = stored.share(run.from.unwrap(), run.until.unwrap());
    assert_eq!(run.completeness, Some(share), "{place}");
    assert!(share < 0.99, "{place}: {share}");
    assert_eq!(results.verdict, Some(Verdict::NotEnoughData), "{place}");
    let reason = results.reason.unwrap();
    assert!(reason.contains("of the log entries are stored"), "{reason}");

    let known = run.refused + run.never_seen + run.waiting + run.missed + run.failed + run.applied;
    assert_eq!(known + run.unknown, run.total, "{place}");
    assert_eq!(run.total, run.intended.unwrap() + run.unexpected, "{place}");
    let sent = || truth.transactions.values();
    let with = |failed| count(sent().filter(|sent| sent.failed == failed).count());
    let never_seen: u64 = (0..scene.loads.len())
        .filter(|load| !scene.loads[*load].is_refused)
        .map(|load| {
            let seen = count(sent().filter(|sent| sent.load == load).count());
            scene.loads[load].intended.saturating_sub(seen)
        })
        .sum();
    for (what, found, most) in [
        ("applied", run.applied, with(Some(false))),
        ("failed", run.failed, with(Some(true))),
        ("missed", run.missed, with(None)),
        ("never seen", run.never_seen, never_seen),
    ] {
        assert!(found <= most, "{place}: {found} of {most} {what}");
    }
}

/// Looks at the networks of one of the tests.
async fn check(part: u64) {
    let seeds = std::env::var(SEEDS_VARIABLE).map_or(SEEDS, |count| count.parse().unwrap());
    let test = TestDatabase::create().await.unwrap();
    let (mut orphans, mut failed, mut never_seen) = (0, 0, 0);
    for seed in (0..seeds).filter(|seed| seed % TESTS == part) {
        let scene = Scene::play(seed);
        let truth = Truth::of(&scene);
        let id = deployment(&test).await;
        let stored = store(&test, id, &scene.names, &scene.logs, &Vec::new()).await;
        test.execute(&scene.sql(id)).await.unwrap();
        let results = test.database().run_results(&scene.name, Some(id)).await;
        let results = results.unwrap().unwrap();
        check_all(&results, &scene, &truth);
        assert_eq!(fetched(&test, id).await, (stored.stored, 0));
        if (seed / TESTS).is_multiple_of(3) {
            check_loss(&test, &scene, &truth).await;
        }
        orphans += results.run.orphans;
        failed += results.run.failed;
        never_seen += results.run.never_seen;
    }
    // What was to go wrong did.
    assert!(
        orphans > 5 && failed > 5 && never_seen > 5,
        "{orphans} orphans, {failed} failed, {never_seen} never seen"
    );
}

#[tokio::test]
async fn results_equal_what_happened_in_the_first_networks() {
    check(0).await;
}

#[tokio::test]
async fn results_equal_what_happened_in_the_second_networks() {
    check(1).await;
}

#[tokio::test]
async fn results_equal_what_happened_in_the_third_networks() {
    check(2).await;
}

#[tokio::test]
async fn results_equal_what_happened_in_the_fourth_networks() {
    check(3).await;
}
