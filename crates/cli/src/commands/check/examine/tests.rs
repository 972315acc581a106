use std::collections::VecDeque;

use ray_auth::Token;
use ray_auth_gcs::ClusterId;

use super::*;

const ID: ClusterId = ClusterId::from_bytes([7; ClusterId::LEN]);

/// Answers as the script says, and notes what was presented.
async fn examined(script: &[Answer], ours: Ours) -> (Report, String) {
    let mut script: VecDeque<_> = script.iter().cloned().collect();
    let mut asked = Vec::new();
    let mut report = Report::new(&Address::parse("head:6379", None).unwrap());
    let ask = async |question, credential| {
        let presented = match credential {
            Credential::None => "none",
            Credential::Random => "random",
            Credential::Ours(_) => "ours",
        };
        asked.push(match question {
            Question::ClusterId => presented.to_owned(),
            Question::AgentPids => format!("{presented} of a node"),
        });
        script.pop_front().unwrap()
    };
    examine(ask, ours, &mut report).await;
    assert!(script.is_empty(), "{script:?} was not asked for");
    (report, asked.join(", "))
}

fn token() -> Ours {
    Ours::Token { tokens: TokenSet::new(Token::generate()), origin: "a file".to_owned() }
}

#[tokio::test]
async fn our_token_is_sent_only_when_nothing_and_nonsense_were_refused() {
    use Answer::{Answered, Refused, UnknownMethod};
    let other = || Answer::Other("it answers with status 14".to_owned());
    let id = Some(ID.to_string());
    let table = [
        ("right", vec![Refused, Refused, Answered(Some(ID))], "none, random, ours", Some(true), Some(true), id.clone()),
        ("wrong", vec![Refused, Refused, Refused], "none, random, ours", Some(true), Some(false), None),
        ("open", vec![Answered(Some(ID))], "none", Some(false), None, id.clone()),
        ("takes anything", vec![Refused, Answered(Some(ID))], "none, random", Some(false), None, id),
        ("passes anything on", vec![Refused, UnknownMethod], "none, random", Some(false), None, None),
        ("down", vec![other()], "none", None, None, None),
        ("down later", vec![Refused, other()], "none, random", None, None, None),
        ("down at last", vec![Refused, Refused, other()], "none, random, ours", Some(true), None, None),
        ("node of ours", vec![Refused, Refused, UnknownMethod], "none, random, ours", Some(true), Some(true), None),
        (
            "node of Ray's",
            vec![UnknownMethod, Refused, Refused, Answered(None)],
            "none, none of a node, random of a node, ours of a node",
            Some(true),
            Some(true),
            None,
        ),
        ("open node", vec![UnknownMethod, Answered(None)], "none, none of a node", Some(false), None, None),
        ("another service", vec![UnknownMethod, UnknownMethod], "none, none of a node", None, None, None),
    ];
    for (name, script, expected, enforced, accepted, cluster_id) in table {
        let (report, asked) = examined(&script, token()).await;
        assert_eq!(asked, expected, "{name}");
        assert_eq!((report.enforced, report.accepted), (enforced, accepted), "{name}");
        assert_eq!(report.cluster_id, cluster_id, "{name}");
        assert_eq!(report.is_good(), report.problem.is_none(), "{name}: {:?}", report.problem);
    }
}

#[tokio::test]
async fn without_a_token_of_ours_the_rest_is_still_told() {
    let (report, asked) = examined(&[Answer::Refused, Answer::Refused], Ours::None("there is none".to_owned())).await;
    assert_eq!(asked, "none, random");
    assert_eq!((report.enforced, report.accepted), (Some(true), None));
    assert!(!report.is_good());
    assert_eq!(report.problem.as_deref(), Some("head:6379 requires a token, and ours was not sent: there is none"));
}
