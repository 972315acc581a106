use super::*;
use crate::wire::Outcomes;

fn good() -> Outcome {
    let mut calls = Counts::default();
    calls.kinds.fill(Outcomes { answered: 25, excused: 0, failed: 0 });
    Outcome {
        rotations: 2,
        processes: ["gcs", "node-1", "node-2"].map(str::to_owned).to_vec(),
        foreign: true,
        took: Duration::from_secs(1),
        calls,
        wanted_calls: 100,
        failures: Vec::new(),
        attempts: Attempts { refused: 7, unanswered: 1, odd: 0, let_in: 0 },
        entries: Entries::default(),
        leaked: 0,
    }
}

#[test]
fn a_run_is_good_only_when_nothing_failed_and_nobody_came_in() {
    assert_eq!(good().faults(), Vec::<String>::new());
    type Spoil = fn(&mut Outcome);
    let table: [(Spoil, &str); 7] = [
        (|outcome| outcome.calls.kinds[2].failed = 1, "1 calls failed"),
        (|outcome| outcome.wanted_calls = 101, "100 calls were answered instead of 101"),
        (
            |outcome| {
                outcome.calls.kinds[3].answered = 0;
                outcome.calls.kinds[0].answered = 50;
            },
            "no call of the kind bidi was made",
        ),
        (|outcome| outcome.calls.kinds[0].excused = 1, "1 calls were lost to kills and 0 may be"),
        (|outcome| outcome.attempts.let_in = 1, "1 calls without a right token were let in"),
        (|outcome| outcome.attempts.odd = 1, "1 calls without a right token ended otherwise than by a refusal"),
        (|outcome| outcome.leaked = 1, "1 tokens stand in logs"),
    ];
    for (spoil, fault) in table {
        let mut outcome = good();
        spoil(&mut outcome);
        assert_eq!(outcome.faults(), [fault]);
    }
}

#[test]
fn each_kill_excuses_one_call_of_each_caller() {
    let mut outcome = good();
    outcome.entries.kills.add(Duration::from_millis(1));
    outcome.entries.kills.add(Duration::from_millis(1));
    assert_eq!(outcome.may_be_excused(), 2 * 2 * 4);
}

#[test]
fn tokens_in_logs_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = [Token::generate(), Token::generate()];
    fs::write(folder.path().join("gcs.log"), format!("said {}\n", tokens[1].expose_secret())).unwrap();
    fs::write(folder.path().join("token"), tokens[0].expose_secret()).unwrap();
    assert_eq!(tokens_in_logs(folder.path(), &tokens).unwrap(), 1);
}
