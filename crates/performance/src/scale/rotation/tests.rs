use proptest::prelude::*;

use super::settings::{Asking, Detection, Pace, Reload, Restarts, Settings, Spread, Sync};
use super::*;
use crate::scale::plan;

const COSTS: Costs = Costs { reload_s: 0.001, ask_s: 0.000_5 };

fn variants(nodes: u32, calls: u32) -> Vec<Variant> {
    plan::variants(nodes, calls).unwrap()
}

#[test]
fn no_call_fails_where_steps_wait_and_the_controls_show_that_some_would() {
    for variant in variants(500, 50_000) {
        let (row, steps) = variant.run(COSTS, 3);
        assert!(is_as_it_must_be(&row), "{row:?}");
        assert_eq!(steps.len(), 3, "{}", variant.name);
        assert!(row.calls > 45_000, "{row:?}");
    }
}

#[test]
fn a_seed_takes_the_same_rotation_again_and_another_one_does_not() {
    for variant in variants(50, 1_000) {
        let shown = |seed| format!("{:?}", variant.run(COSTS, seed));
        assert_eq!(shown(1), shown(1), "{}", variant.name);
        assert_ne!(shown(1), shown(2), "{}", variant.name);
    }
}

#[test]
fn a_step_takes_as_long_as_the_kubelet_and_the_reload_and_not_longer() {
    // variant: the longest time from the change to the last node, in seconds
    let table = [("Watch", 2.0 + 91.0 + 0.2 + 6.1), ("Get", 91.0 + 0.2 + 6.1), ("Cache", 300.0 + 91.0 + 0.2 + 6.1)];
    let variants = variants(3_000, 1_000);
    for (name, longest) in table {
        let variant = variants.iter().find(|variant| variant.name == name).unwrap();
        for step in variant.run(COSTS, 5).1 {
            assert!(step.half_s <= step.nearly_all_s && step.nearly_all_s <= step.all_s, "{step:?}");
            assert!(step.all_s <= longest && step.all_s > longest / 2.0, "{name}: {step:?}");
            assert!(step.confirmed_s.unwrap() >= step.all_s, "{step:?}");
        }
    }
}

#[test]
fn a_watch_sends_each_node_each_change_once_and_get_asks_at_every_sync() {
    let variants = variants(1_000, 1_000);
    let run = |name: &str| variants.iter().find(|variant| variant.name == name).unwrap().run(COSTS, 1).0;
    let watch = run("Watch");
    assert_eq!((watch.api_messages, watch.api_requests, watch.reloads), (3_000, 0, 3_000));
    let get = run("Get");
    // One request a node in 75 s and half a tick on average.
    let expected = 1_000.0 * get.length_s / 75.5;
    let ratio = get.api_requests as f64 / expected;
    assert!((0.95..1.05).contains(&ratio), "{} requests, {expected} expected", get.api_requests);
    assert_eq!(get.reloads, 3_000);
}

#[test]
fn a_node_that_is_away_is_waited_for_and_starts_with_the_current_file() {
    let variants = variants(1_000, 1_000);
    let variant = variants.iter().find(|variant| variant.name == "Watch, 5 nodes go away").unwrap();
    let restarts = variant.settings.restarts.unwrap();
    // Of one node: away for a given time from the first minute on.
    for minutes in [2, 10, 60] {
        let down = Duration::from_secs(60 * minutes);
        let one = Restarts { at: Spread(Duration::ZERO, Duration::ZERO), down: Spread(down, down), ..restarts };
        let settings = Settings { restarts: Some(one), ..variant.settings };
        let (row, steps) = Variant { settings, ..variant.clone() }.run(COSTS, 1);
        assert!(row.restarted > 0 && is_as_it_must_be(&row), "{row:?}");
        let confirmed = steps[0].confirmed_s.unwrap();
        assert!(confirmed >= down.as_secs_f64() && confirmed < down.as_secs_f64() + 130.0, "{minutes}: {confirmed}");
    }
}

fn spread(most: u64) -> impl Strategy<Value = Spread> {
    (0..=most, 0..=most)
        .prop_map(|(one, other)| Spread(Duration::from_millis(one.min(other)), Duration::from_millis(one.max(other))))
}

fn detection() -> impl Strategy<Value = Detection> {
    prop_oneof![
        spread(600_000).prop_map(Detection::Watch),
        (0..600_000_u64).prop_map(|alive| Detection::Cache(Duration::from_millis(alive))),
        Just(Detection::Get),
    ]
}

fn version() -> impl Strategy<Value = Version> {
    prop_oneof![Just(Version::Before), Just(Version::Staged), Just(Version::Promoted), Just(Version::Retired)]
}

fn restarts() -> impl Strategy<Value = Option<Restarts>> {
    proptest::option::of(
        (0_u32..40, spread(900_000), version(), spread(900_000)).prop_map(|(nodes, at, from, down)| Restarts {
            nodes,
            at,
            from,
            down,
            with_current: true,
        }),
    )
}

prop_compose! {
    /// Any cluster whose operator waits, for calls that wait no longer than that.
    fn settings()(
        nodes in 2_u32..40,
        detection in detection(),
        (period, jitter, tick) in (1_u64..120_000, 0.0..2.0, 0_u64..2_000),
        apply in spread(5_000),
        (least, more, most) in (0_u64..5_000, 0_u64..60_000, 0_u64..60_000),
        (without_events, poll) in (0.0..=1.0, 0_u64..60_000),
        restarts in restarts(),
        (pause, hold, wait) in (1_u64..60_000, 0_u64..600_000, 0.0..=1.0),
        (batch, each, round_trips, timeout) in (1_usize..50, 0_u64..100, 0_u64..1_000, 0_u64..30_000),
    ) -> Settings {
        let millis = Duration::from_millis;
        let hold = millis(hold);
        Settings {
            nodes,
            detection,
            sync: Sync { period: millis(period), jitter, tick: millis(tick), apply },
            reload: Reload {
                least: millis(least),
                median: millis(least + more),
                most: millis(least + more + most),
                without_events,
                poll: millis(poll),
            },
            restarts,
            pace: Pace::Confirmed { pause: millis(pause), hold },
            asking: Asking {
                batch,
                start: Duration::ZERO,
                each: millis(each),
                round_trips: millis(round_trips),
                timeout: millis(timeout),
            },
            longest_wait: hold.mul_f64(wait),
            calls: 2_000,
            secret_bytes: [1, 2, 2, 1],
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn no_call_fails_in_any_cluster_where_every_step_waits_for_the_last(settings in settings(), seed in any::<u64>()) {
        let (row, steps) = Variant { name: "any", must_hold: true, settings }.run(COSTS, seed);
        prop_assert!(is_as_it_must_be(&row), "{row:?}");
        prop_assert!(steps.len() == 3 && steps.iter().all(|step| step.confirmed_s.is_some()), "{steps:?}");
    }
}
