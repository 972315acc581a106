use proptest::prelude::*;

use super::*;
use crate::token::{Label, Token};

fn moment() -> impl Strategy<Value = Moment> {
    (0..u64::MAX, 0..=MAX_UNIX_MS).prop_map(|(age, unix)| Moment {
        age: Duration::from_millis(age),
        at: SystemTime::UNIX_EPOCH + Duration::from_millis(unix),
    })
}

fn source() -> impl Strategy<Value = SourceReport> {
    let text = || "[ -~]{0,40}";
    prop_oneof![
        Just(SourceReport::Program),
        text().prop_map(|origin| SourceReport::Static { origin }),
        (text(), moment(), any::<u64>(), any::<u64>(), prop::option::of(text())).prop_map(
            |(origin, last_reload, reloads, failures, error)| SourceReport::Followed {
                origin,
                last_reload,
                reloads,
                failures,
                error,
            }
        ),
    ]
}

fn token(role: Role) -> impl Strategy<Value = TokenReport> {
    let label = prop_oneof!["[0-9a-f]{12}", Just("weak-primary".to_owned()), "weak-[2-8]"];
    (label, any::<bool>(), any::<u64>(), prop::option::of(moment()), any::<u64>()).prop_map(
        move |(label, weak, accepted_calls, last_seen, watched)| TokenReport {
            label,
            role,
            weak,
            accepted_calls,
            last_seen,
            watched: Duration::from_millis(watched),
        },
    )
}

fn status() -> impl Strategy<Value = ProcessStatus> {
    let tokens = (
        token(Role::Primary),
        prop::option::of(token(Role::Next)),
        prop::collection::vec(token(Role::Accepted), 0..=6),
    )
        .prop_map(|(primary, next, accepted)| std::iter::once(primary).chain(next).chain(accepted).collect());
    let keyring = (any::<u64>(), source(), tokens).prop_map(|(generation, source, tokens)| KeyringReport {
        generation,
        source,
        tokens,
    });
    let kept = (prop::sample::select(vec![AuthMode::Token, AuthMode::Kubernetes]), keyring)
        .prop_map(|(mode, keyring)| (mode, Some(keyring)));
    (prop_oneof![Just((AuthMode::Disabled, None)), kept], any::<u64>())
        .prop_map(|((mode, keyring), uptime)| ProcessStatus { mode, uptime: Duration::from_millis(uptime), keyring })
}

proptest! {
    #[test]
    fn what_is_told_arrives_as_it_was(status in status()) {
        prop_assert_eq!(decode(encode(status.clone())), Ok(status));
    }

    #[test]
    fn every_label_is_known_as_one(text in "[!-~]{1,80}", place in 1..=TokenSet::MAX_TOKENS) {
        let label = Label::of(&Token::parse(text).unwrap(), place).to_string();
        prop_assert!(is_label(&label), "{}", label);
    }
}

fn good() -> v1::GetStatusReply {
    let token =
        |role: v1::Role, label: &str| v1::Token { label: label.into(), role: role.into(), ..Default::default() };
    let moment = v1::Moment { age_ms: 1, unix_ms: 2 };
    let followed = v1::source::Followed { origin: "a file".into(), last_reload: Some(moment), ..Default::default() };
    v1::GetStatusReply {
        mode: v1::AuthMode::Token.into(),
        uptime_ms: 1,
        keyring: Some(v1::Keyring {
            generation: 2,
            source: Some(v1::Source { kind: Some(v1::source::Kind::Followed(followed)) }),
            tokens: vec![
                token(v1::Role::Primary, "0123456789ab"),
                token(v1::Role::Next, "weak-2"),
                token(v1::Role::Accepted, "ba9876543210"),
            ],
        }),
    }
}

#[test]
fn an_answer_that_is_no_status_is_not_taken_for_one() {
    type Spoil = fn(&mut v1::GetStatusReply, &mut v1::Keyring);
    let table: [(&str, Spoil, Malformed); 18] = [
        ("no mode", |reply, _| reply.mode = 0, Malformed::Mode),
        ("another mode", |reply, _| reply.mode = 99, Malformed::Mode),
        ("disabled with tokens", |reply, _| reply.mode = 1, Malformed::Keyring),
        ("no source", |_, keyring| keyring.source = None, Malformed::Source),
        ("another source", |_, keyring| keyring.source = Some(v1::Source { kind: None }), Malformed::Source),
        ("no tokens", |_, keyring| keyring.tokens.clear(), Malformed::Tokens),
        ("no primary", |_, keyring| drop(keyring.tokens.remove(0)), Malformed::Tokens),
        ("two primaries", |_, keyring| keyring.tokens[2].role = 1, Malformed::Tokens),
        ("two next", |_, keyring| keyring.tokens[2].role = 2, Malformed::Tokens),
        ("next last", |_, keyring| keyring.tokens.swap(1, 2), Malformed::Tokens),
        ("no role", |_, keyring| keyring.tokens[1].role = 0, Malformed::Tokens),
        ("another role", |_, keyring| keyring.tokens[1].role = 99, Malformed::Tokens),
        (
            "more than a keyring holds",
            |_, keyring| keyring.tokens = [&keyring.tokens[..1], &vec![keyring.tokens[2].clone(); 8]].concat(),
            Malformed::Tokens,
        ),
        ("no label", |_, keyring| keyring.tokens[0].label.clear(), Malformed::Label),
        ("a forged label", |_, keyring| keyring.tokens[0].label = "0123456789a\n".into(), Malformed::Label),
        ("a label of capitals", |_, keyring| keyring.tokens[0].label = "0123456789AB".into(), Malformed::Label),
        ("a place there is not", |_, keyring| keyring.tokens[0].label = "weak-9".into(), Malformed::Label),
        (
            "beyond all dates",
            |_, keyring| keyring.tokens[0].last_seen = Some(v1::Moment { age_ms: 0, unix_ms: u64::MAX }),
            Malformed::Time,
        ),
    ];
    assert!(decode(good()).is_ok());
    for (name, spoil, error) in table {
        let mut reply = good();
        let mut keyring = reply.keyring.take().unwrap();
        spoil(&mut reply, &mut keyring);
        assert_eq!(decode(v1::GetStatusReply { keyring: Some(keyring), ..reply }), Err(error), "{name}");
    }
    assert_eq!(decode(v1::GetStatusReply { keyring: None, ..good() }), Err(Malformed::Keyring));
}

#[test]
fn texts_of_a_peer_cannot_forge_what_stands_around_them() {
    let long = "x".repeat(100_000);
    let cut = format!("{}…", "x".repeat(MAX_TEXT));
    let table = [
        (r#"the token file "/a/b c\u{e4}""#, r#"the token file "/a/b c\u{e4}""#),
        ("the file 'tök'", "the file 'tök'"),
        ("a\nb\r\t\0", r"a\nb\r\t\0"),
        ("\u{1b}[31mred", r"\u{1b}[31mred"),
        ("\u{202e}sdrawkcab", r"\u{202e}sdrawkcab"),
        (&long, &cut),
    ];
    for (text, expected) in table {
        assert_eq!(shown(text), expected);
    }
}

#[test]
fn a_label_that_two_tokens_share_means_neither() {
    let status = decode(good()).unwrap();
    assert_eq!(status.role_of("0123456789ab"), Some(Role::Primary));
    assert_eq!(status.role_of("ba9876543210"), Some(Role::Accepted));
    assert_eq!(status.role_of("000000000000"), None);
    let mut reply = good();
    reply.keyring.as_mut().unwrap().tokens[2].label = "0123456789ab".into();
    assert_eq!(decode(reply).unwrap().role_of("0123456789ab"), None);
}
