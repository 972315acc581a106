use super::*;
use crate::token::Indexing;

const TEXT: &str = "InvalidAuthToken: Authentication token is missing or incorrect";

fn token(text: &str) -> Token {
    Token::parse(text).unwrap()
}

#[test]
fn only_rays_answer_to_a_wrong_token_is_a_refusal() {
    let answer = |http: u16, status: &str, message: &str| {
        let answer = Response::builder().status(http).header("grpc-status", status).header("grpc-message", message);
        answer.body(()).unwrap()
    };
    let encoded = TEXT.replace(' ', "%20");
    let table = [
        ("Ray's", answer(200, "16", TEXT), true),
        ("our server layer's", Rejection::Missing.into_grpc_response(), true),
        ("a tonic interceptor's", answer(200, "16", &encoded), true),
        ("a handler's own", answer(200, "16", "the session has ended"), false),
        ("one without a text", answer(200, "16", ""), false),
        ("another cluster's", answer(200, "16", "WrongClusterID: Perhaps the client is accessing GCS"), false),
        ("one that says more", answer(200, "16", &format!("{TEXT}.")), false),
        ("one that says less", answer(200, "16", "InvalidAuthToken"), false),
        ("another status", answer(200, "7", TEXT), false),
        ("no status of gRPC", answer(200, "016", TEXT), false),
        ("success", answer(200, "0", TEXT), false),
        ("our UNAVAILABLE", Rejection::Unavailable.into_grpc_response(), false),
        ("a proxy's", answer(401, "16", TEXT), false),
        ("no gRPC", Response::new(()), false),
    ];
    for (name, response, expected) in table {
        assert_eq!(is_refusal(&response), expected, "{name}");
    }
}

#[test]
fn the_other_token_is_the_first_in_order_that_was_not_sent() {
    let alone = TokenSet::new(token("primary"));
    let staged = alone.clone().with_next(token("next")).unwrap();
    let promoted = alone.clone().add_accepted(token("latest")).unwrap().add_accepted(token("older")).unwrap();
    let all = promoted.clone().with_next(token("next")).unwrap();
    let table = [
        ("alone", &alone, "primary", None, None),
        ("alone, changed since", &alone, "gone", Some("primary"), Some("primary")),
        ("staged", &staged, "primary", None, Some("next")),
        ("staged, and the next was sent", &staged, "next", Some("primary"), Some("primary")),
        ("promoted", &promoted, "primary", None, Some("latest")),
        ("promoted since", &promoted, "latest", Some("primary"), Some("primary")),
        ("all", &all, "primary", None, Some("next")),
        ("all, changed since", &all, "gone", Some("primary"), Some("primary")),
    ];
    for (name, tokens, sent, primary, held) in table {
        for (policy, expected) in [(Policy::Primary, primary), (Policy::Held, held)] {
            let chosen = choose(tokens, policy, sent.as_bytes()).map(|(token, _)| token.expose_secret());
            assert_eq!(chosen, expected, "{name}, {policy:?}");
        }
    }
    let role = |tokens, sent| choose(tokens, Policy::Held, sent).map(|(_, role)| role);
    assert_eq!(role(&alone, b"gone"), Some(Role::Primary));
    assert_eq!(role(&staged, b"primary"), Some(Role::Next));
    assert_eq!(role(&promoted, b"primary"), Some(Role::Accepted));
}

#[test]
fn an_unchanged_keyring_has_no_other_primary() {
    let keyring = Keyring::new(token("old"));
    let value = token("old").header_value(Indexing::Never);
    let sent = Sent { value: &value, generation: keyring.generation() };
    let other = |policy| another(&keyring, policy, &sent).map(|(token, _)| token.expose_secret().to_owned());
    assert_eq!(other(Policy::Primary), None);
    assert_eq!(other(Policy::Held), None);
    keyring.stage(token("new")).unwrap();
    assert_eq!(other(Policy::Primary), None, "the generation changed and the primary did not");
    assert_eq!(other(Policy::Held).unwrap(), "new");
    keyring.promote().unwrap();
    for policy in [Policy::Primary, Policy::Held] {
        assert_eq!(other(policy).unwrap(), "new");
    }
}
