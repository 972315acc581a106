use std::sync::Barrier;
use std::thread;

use super::*;
use crate::token::Indexing;

fn token(text: &str) -> Token {
    Token::parse(text).unwrap()
}

/// The tokens by role, as `primary next accepted…`.
fn shape(keyring: &Keyring) -> String {
    let tokens = keyring.tokens();
    let next = tokens.next().map_or("-", |next| next.expose_secret());
    let accepted: Vec<_> = tokens.accepted().iter().map(Token::expose_secret).collect();
    format!("{} {next} {}", tokens.primary().expose_secret(), accepted.join(","))
}

fn accepts(keyring: &Keyring, presented: &str) -> bool {
    keyring.snapshot().accept(presented.as_bytes()).is_some()
}

#[test]
fn a_rotation_accepts_then_sends_then_drops() {
    let keyring = Keyring::new(token("old"));
    let layer = keyring.clone();
    let steps: [(&str, fn(&Keyring) -> Result<Step, KeyringError>, &str, &str); 3] = [
        ("stage", |keyring| keyring.stage(token("new")), "old new ", "Bearer old"),
        ("promote", Keyring::promote, "new - old", "Bearer new"),
        ("retire", Keyring::retire, "new - ", "Bearer new"),
    ];
    for (name, step, after, sent) in steps {
        let before = keyring.generation();
        assert_eq!(step(&keyring), Ok(Step::Done), "{name}");
        assert_eq!(shape(&layer), after, "{name}");
        assert_eq!(layer.snapshot().header_value(Indexing::Never), sent, "{name}");
        assert_eq!(keyring.generation(), before + 1, "{name}");
        assert!(accepts(&layer, "new"), "{name}");
        assert_eq!(accepts(&layer, "old"), name != "retire", "{name}");
    }
}

/// A step, from a keyring of primary `a` and the given others.
type Case = (&'static str, Option<&'static str>, &'static [&'static str], fn(&Keyring) -> Result<Step, KeyringError>);

fn keyring(next: Option<&str>, accepted: &[&str]) -> Keyring {
    let mut tokens = TokenSet::new(token("a"));
    if let Some(next) = next {
        tokens = tokens.with_next(token(next)).unwrap();
    }
    for accept in accepted {
        tokens = tokens.add_accepted(token(accept)).unwrap();
    }
    Keyring::with_tokens(tokens)
}

#[test]
fn a_step_that_would_break_a_cluster_is_refused_and_changes_nothing() {
    let table: [(Case, KeyringError); 8] = [
        (("stage over another", Some("b"), &[], |k| k.stage(token("c"))), KeyringError::AlreadyStaged),
        (("stage the primary", None, &[], |k| k.stage(token("a"))), KeyringError::AlreadyPrimary),
        (("stage before retire", None, &["z"], |k| k.stage(token("b"))), KeyringError::RotationUnfinished),
        (("stage an old token", None, &["z"], |k| k.stage(token("z"))), KeyringError::RotationUnfinished),
        (("promote nothing", None, &["z"], Keyring::promote), KeyringError::NothingStaged),
        (("retire before promote", Some("b"), &["z"], Keyring::retire), KeyringError::StillStaged),
        (
            ("replace by an unknown primary", None, &[], |k| {
                k.replace(TokenSet::new(token("b")).add_accepted(token("a")).unwrap())
            }),
            KeyringError::PrimaryNotAccepted,
        ),
        (
            ("replace and drop the primary", Some("b"), &[], |k| k.replace(TokenSet::new(token("b")))),
            KeyringError::PrimaryDropped,
        ),
    ];
    for ((name, next, accepted, step), error) in table {
        let keyring = keyring(next, accepted);
        let before = (shape(&keyring), keyring.generation());
        assert_eq!(step(&keyring), Err(error), "{name}");
        assert_eq!((shape(&keyring), keyring.generation()), before, "{name}");
    }
}

#[test]
fn a_step_taken_twice_changes_nothing_the_second_time() {
    let table: [Case; 5] = [
        ("stage", Some("b"), &[], |k| k.stage(token("b"))),
        ("retire", None, &[], Keyring::retire),
        ("abort", None, &["z"], Keyring::abort),
        ("replace", Some("b"), &["z"], |k| k.replace(k.tokens())),
        ("dangerous_replace", Some("b"), &["z"], |k| k.dangerous_replace(k.tokens())),
    ];
    for (name, next, accepted, step) in table {
        let keyring = keyring(next, accepted);
        let before = shape(&keyring);
        assert_eq!(step(&keyring), Ok(Step::AlreadyDone), "{name}");
        assert_eq!((shape(&keyring), keyring.generation()), (before, 1), "{name}");
    }
}

#[test]
fn the_other_changes_do_what_they_say() {
    let table: [(Case, &str); 5] = [
        (("abort", Some("b"), &["z"], Keyring::abort), "a - z"),
        (("promote keeps what was accepted", Some("b"), &["z"], Keyring::promote), "b - a,z"),
        (("replace as stage", None, &[], |k| k.replace(k.tokens().with_next(token("b")).unwrap())), "a b "),
        (
            ("replace as promote", Some("b"), &[], |k| {
                k.replace(TokenSet::new(token("b")).add_accepted(token("a")).unwrap())
            }),
            "b - a",
        ),
        (("dangerous_replace", None, &["z"], |k| k.dangerous_replace(TokenSet::new(token("new")))), "new - "),
    ];
    for ((name, next, accepted, step), after) in table {
        let keyring = keyring(next, accepted);
        assert_eq!(step(&keyring), Ok(Step::Done), "{name}");
        assert_eq!(shape(&keyring), after, "{name}");
    }
}

#[test]
fn calls_are_counted_for_the_token_that_let_them_in_and_counts_survive_a_rotation() {
    let keyring = Keyring::new(token("old"));
    for presented in ["old", "old", "wrong"] {
        accepts(&keyring, presented);
    }
    keyring.stage(token("new")).unwrap();
    accepts(&keyring, "new");
    keyring.promote().unwrap();
    accepts(&keyring, "old");
    let counts: Vec<_> = keyring.status().tokens.iter().map(|token| (token.role, token.accepted_calls)).collect();
    assert_eq!(counts, [(Role::Primary, 1), (Role::Accepted, 3)]);
}

#[test]
fn status_and_debug_name_tokens_by_label_only() {
    let keyring = Keyring::new(token("hunter2hunter2"));
    keyring.stage(token(&"s".repeat(64))).unwrap();
    let fingerprint = token(&"s".repeat(64)).fingerprint();
    assert_eq!(
        format!("{keyring:?}"),
        format!("Keyring {{ generation: 2, tokens: primary weak-primary, next {fingerprint} }}")
    );
    assert!(!format!("{:?}", keyring.status()).contains("hunter2"));
}

#[test]
fn writers_at_once_lose_nothing_and_the_generation_only_grows() {
    const WRITERS: usize = 8;
    const ROUNDS: usize = 200;
    let keyring = Keyring::new(token("0"));
    let barrier = Barrier::new(WRITERS + 1);
    let done: usize = thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (keyring, barrier) = (&keyring, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    let mut done = 0;
                    for round in 0..ROUNDS {
                        let steps =
                            [keyring.stage(token(&format!("{writer}-{round}"))), keyring.promote(), keyring.retire()];
                        done += steps.into_iter().filter(|step| *step == Ok(Step::Done)).count();
                    }
                    done
                })
            })
            .collect();
        barrier.wait();
        let mut last = 0;
        for _ in 0..10_000 {
            let snapshot = keyring.snapshot();
            assert!(snapshot.generation() >= last, "the generation went back");
            last = snapshot.generation();
            let sent = snapshot.header_value(Indexing::Never);
            assert!(
                snapshot.accept(&sent.as_bytes()[7..]).is_some(),
                "the token that is sent is accepted in the same snapshot"
            );
        }
        writers.into_iter().map(|writer| writer.join().unwrap()).sum()
    });
    assert_eq!(keyring.generation(), 1 + done as u64, "every change that was reported is there, and no other");
}
