//! The keyring under every order of threads, up to a number of preemptions that ends in seconds.
#![cfg(loom)]

use loom::model::Builder;
use loom::thread;
use ray_auth_model::token::TokenSet;
use ray_auth_model::{Change, Keyring, OpenCall, Outcome, Token, serial_outcomes};

/// Runs `model` with every order of its threads in which at most `preemptions` times a thread that could go on is made to
/// wait for another.
fn explore(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(model);
}

fn token(text: &str) -> Token {
    Token::parse(text).expect("a token")
}

/// The tokens in the middle of a rotation: `new` is sent, `old` still accepted.
fn promoted() -> TokenSet {
    TokenSet::new(token("new")).add_accepted(token("old")).expect("two tokens")
}

#[test]
fn stage_promote_retire_and_reload_at_once_lose_nothing_and_the_generation_only_grows() {
    let first = TokenSet::new(token("a"));
    let reloaded = TokenSet::new(token("a")).add_accepted(token("c")).expect("two tokens");
    let threads =
        [vec![Change::Stage(token("b")), Change::Promote], vec![Change::Reload(reloaded)], vec![Change::Retire]];
    let allowed = serial_outcomes(&first, &threads);
    explore(3, move || {
        let keyring = Keyring::with_tokens(first.clone());
        let writers: Vec<_> = threads[1..]
            .iter()
            .map(|changes| {
                let (keyring, changes) = (keyring.clone(), changes.clone());
                thread::spawn(move || changes.iter().map(|change| change.apply(&keyring)).collect::<Vec<_>>())
            })
            .collect();
        let reader = {
            let keyring = keyring.clone();
            thread::spawn(move || {
                let seen = [(); 3].map(|()| keyring.generation());
                assert!(seen.is_sorted(), "the generation went back: {seen:?}");
            })
        };
        let mut results = vec![threads[0].iter().map(|change| change.apply(&keyring)).collect::<Vec<_>>()];
        results.extend(writers.into_iter().map(|writer| writer.join().expect("a writer does not panic")));
        reader.join().expect("the reader does not panic");
        let outcome = Outcome::of(&keyring, results);
        assert!(allowed.contains(&outcome), "no order gives {outcome:?}");
    });
}

#[test]
fn a_call_that_waits_is_woken_when_its_token_leaves_however_it_was_opened() {
    explore(4, || {
        let keyring = Keyring::with_tokens(promoted());
        let callers = [(); 2].map(|()| {
            let keyring = keyring.clone();
            // A wake-up that is missed leaves a thread that waits for ever, which loom reports.
            thread::spawn(move || OpenCall::open(&keyring, "old").map(OpenCall::wait))
        });
        keyring.retire().expect("the old token can go");
        assert!(OpenCall::open(&keyring, "old").is_none(), "a token that left opens no call");
        for caller in callers {
            caller.join().expect("a caller does not panic");
        }
    });
}

#[test]
fn calls_of_a_token_that_stays_go_on_while_others_come_and_leave() {
    explore(4, || {
        let keyring = Keyring::with_tokens(promoted());
        let early = OpenCall::open(&keyring, "new").expect("accepted");
        let late = {
            let keyring = keyring.clone();
            thread::spawn(move || OpenCall::open(&keyring, "new").expect("accepted throughout"))
        };
        keyring.retire().expect("the old token can go");
        keyring.stage(token("next")).expect("nothing is staged");
        keyring.promote().expect("a token is staged");
        let late = late.join().expect("the caller does not panic");
        assert!(!early.is_revoked() && !late.is_revoked(), "the token has not left");
        keyring.retire().expect("the last token can go");
        assert!(early.is_revoked() && late.is_revoked(), "now it has");
    });
}

#[test]
fn a_token_that_comes_back_brings_back_no_call_and_its_new_calls_are_its_own() {
    explore(4, || {
        let keyring = Keyring::with_tokens(promoted());
        let before = OpenCall::open(&keyring, "old").expect("accepted");
        let caller = {
            let keyring = keyring.clone();
            // Whichever of its two times in the keyring lets it in, it ends with that one.
            thread::spawn(move || OpenCall::open(&keyring, "old").map(OpenCall::wait))
        };
        keyring.retire().expect("the old token can go");
        keyring.stage(token("old")).expect("and come back");
        let after = OpenCall::open(&keyring, "old").expect("accepted again");
        assert!(before.is_revoked() && !after.is_revoked());
        keyring.abort().expect("and go again");
        assert!(after.is_revoked());
        caller.join().expect("the caller does not panic");
    });
}

#[test]
fn counts_lose_nothing_over_a_swap() {
    explore(3, || {
        let keyring = Keyring::with_tokens(TokenSet::new(token("a")));
        let callers = [(); 2].map(|()| {
            let keyring = keyring.clone();
            thread::spawn(move || {
                for _ in 0..2 {
                    assert!(OpenCall::open(&keyring, "a").is_some(), "accepted throughout");
                }
            })
        });
        keyring.stage(token("b")).expect("nothing is staged");
        keyring.promote().expect("a token is staged");
        for caller in callers {
            caller.join().expect("a caller does not panic");
        }
        let counts: Vec<_> = keyring.status().tokens.iter().map(|token| token.accepted_calls).collect();
        assert_eq!(counts, [0, 4]);
    });
}
