use std::time::SystemTime;

use ray_auth::Keyring;
use ray_auth::status::{Moment, UsageWatch};

use super::*;

const OLD: &str = "01d01d01d01d01d01d01d01d01d01d01d01d";
const NEW: &str = "4e34e34e34e34e34e34e34e34e34e34e34e3";
const OTHER: &str = "07e407e407e407e407e407e407e407e407e4";
const HOUR: Duration = Duration::from_secs(3_600);

fn token(text: &str) -> Token {
    Token::parse(text).unwrap()
}

fn set(primary: &str, next: Option<&str>, accepted: &[&str]) -> TokenSet {
    let tokens = TokenSet::new(token(primary));
    let tokens = next.map_or(tokens.clone(), |next| tokens.with_next(token(next)).unwrap());
    accepted.iter().fold(tokens, |tokens, text| tokens.add_accepted(token(text)).unwrap())
}

/// What a process with these tokens tells that is up for two hours, and in which nobody used them.
fn status(tokens: TokenSet) -> ProcessStatus {
    let mut status = UsageWatch::new(Keyring::with_tokens(tokens)).status();
    status.uptime = HOUR * 2;
    status.keyring.iter_mut().flat_map(|keyring| &mut keyring.tokens).for_each(|token| token.watched = HOUR * 2);
    status
}

fn seen(mut status: ProcessStatus, place: usize, age: Duration) -> ProcessStatus {
    let token = &mut status.keyring.as_mut().unwrap().tokens[place];
    token.last_seen = Some(Moment { age, at: SystemTime::now() - age });
    status
}

#[test]
fn a_process_is_ready_for_the_second_step_when_it_accepts_the_new_token() {
    let before = set(OLD, Some(NEW), &[]);
    let condition = Condition::new(&Change::Promote(None), &before).unwrap();
    let table = [
        ("as here", status(before), Ok(Role::Next)),
        ("ahead", status(set(NEW, None, &[OLD])), Ok(Role::Primary)),
        ("accepted only", status(set(OLD, None, &[NEW])), Ok(Role::Accepted)),
        ("behind", status(set(OLD, None, &[])), Err("does not accept ")),
        ("another is staged", status(set(OLD, Some(OTHER), &[])), Err("does not accept ")),
    ];
    for (name, status, expected) in table {
        let judged = condition.judge(&status, None);
        assert_eq!(judged.as_ref().ok(), expected.as_ref().ok(), "{name}");
        assert!(judged.err().unwrap_or_default().starts_with(expected.err().unwrap_or_default()), "{name}");
    }
}

#[test]
fn a_process_is_ready_for_the_last_step_when_it_sends_the_new_token() {
    let before = set(NEW, None, &[OLD]);
    let condition = Condition::new(&Change::Retire(None), &before).unwrap();
    let kubernetes = {
        let mut status = status(before.clone());
        status.mode = AuthMode::Kubernetes;
        status
    };
    let table = [
        ("as here", status(before), None),
        ("ahead", status(set(NEW, None, &[])), None),
        ("behind", status(set(OLD, Some(NEW), &[])), Some(" as next and not as primary; ")),
        ("back", status(set(OLD, None, &[NEW])), Some(" as accepted and not as primary; ")),
        ("far behind", status(set(OLD, None, &[])), Some("does not accept ")),
        ("another kind", kubernetes, Some("has tokens of Kubernetes")),
    ];
    for (name, status, problem) in table {
        let judged = condition.judge(&status, None);
        assert_eq!(judged.is_err(), problem.is_some(), "{name}");
        assert!(judged.err().unwrap_or_default().contains(problem.unwrap_or_default()), "{name}");
    }
}

#[test]
fn an_old_token_is_unused_when_no_process_has_seen_it_for_so_long() {
    let before = set(NEW, None, &[OLD]);
    let young = {
        let mut status = status(before.clone());
        status.uptime = HOUR - Duration::from_secs(1);
        status
    };
    let learned_late = {
        let mut status = status(before.clone());
        status.keyring.as_mut().unwrap().tokens[1].watched = HOUR / 2;
        status
    };
    let table = [
        ("never", status(before.clone()), None),
        ("long ago", seen(status(before.clone()), 1, HOUR), None),
        ("not long ago", seen(status(before.clone()), 1, HOUR - Duration::from_secs(1)), Some("59m 59s ago; ")),
        ("the new one just now", seen(status(before.clone()), 0, Duration::ZERO), None),
        ("young", young, Some("is up for 59m 59s only, so what came before is not known; run this again in 1s")),
        ("watched for too short a time", learned_late, Some(" for 30m only; ")),
        ("gone", status(set(NEW, None, &[])), None),
        ("another old one", seen(status(set(NEW, None, &[OTHER])), 1, Duration::ZERO), None),
    ];
    let condition = Condition::new(&Change::Retire(None), &before).unwrap();
    for (name, status, problem) in table {
        let judged = condition.judge(&status, Some(HOUR));
        assert_eq!(judged.is_err(), problem.is_some(), "{name}: {judged:?}");
        assert!(judged.err().unwrap_or_default().contains(problem.unwrap_or_default()), "{name}");
        assert!(condition.judge(&status, None).is_ok(), "{name}: nobody asked");
    }
}

#[test]
fn any_short_token_could_be_the_old_one() {
    let condition = Condition::new(&Change::Retire(None), &set(NEW, None, &["hunter2"])).unwrap();
    let used = seen(status(set(NEW, None, &[OTHER, "hunter3"])), 2, Duration::ZERO);
    assert!(condition.judge(&used, Some(HOUR)).is_err());
    let used = seen(status(set(NEW, None, &[OTHER, "hunter3"])), 1, Duration::ZERO);
    assert!(condition.judge(&used, Some(HOUR)).is_ok());
}

#[test]
fn only_what_was_asked_about_is_changed() {
    let names = |change: &Change, before: &TokenSet| -> Vec<String> {
        let changes = Condition::new(change, before).unwrap().changes();
        changes
            .iter()
            .map(|change| match change {
                Change::Promote(Some(selector)) => format!("promote {selector}"),
                Change::Retire(Some(selector)) => format!("retire {selector}"),
                other => panic!("{other:?}"),
            })
            .collect()
    };
    let name = |text| token(text).fingerprint();
    assert_eq!(names(&Change::Promote(None), &set(OLD, Some(NEW), &[])), [format!("promote {}", name(NEW))]);
    assert_eq!(names(&Change::Promote(None), &set(NEW, None, &[OLD])), [format!("promote {}", name(NEW))]);
    let both = set(NEW, None, &[OLD, OTHER]);
    let retired = [format!("retire {}", name(OLD)), format!("retire {}", name(OTHER))];
    assert_eq!(names(&Change::Retire(None), &both), retired);
    let one = Change::Retire(Some(name(OTHER).into()));
    assert_eq!(names(&one, &both), [format!("retire {}", name(OTHER))]);
    assert!(names(&Change::Retire(None), &set(NEW, None, &[])).is_empty());
}

#[test]
fn a_step_that_is_refused_anyway_has_no_condition() {
    assert!(Condition::new(&Change::Promote(None), &set(OLD, None, &[])).is_err());
    assert!(Condition::new(&Change::Retire(None), &set(OLD, Some(NEW), &[])).is_err());
}
