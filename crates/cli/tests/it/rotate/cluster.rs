//! A rotation of running servers, each of which follows a copy of its own.

use rustix::process::Signal;
use serde_json::Value;

use super::{NEW, OLD, OTHER, answer, fingerprint, keyring, rotate, tokens};
use crate::support::{Serving, Tool};

/// Servers with their own copies of one file, and the operator's.
struct Cluster {
    operator: Tool,
    nodes: Vec<(Tool, Serving)>,
}

impl Cluster {
    async fn start(text: &str) -> Self {
        let mut nodes = Vec::new();
        for _ in 0..3 {
            let tool = Tool::new().file(".ray/auth_token", text);
            let serving = Serving::start(&tool, &["serve", "--listen", "127.0.0.1:0"]).await;
            nodes.push((tool, serving));
        }
        Self { operator: Tool::new().file(".ray/auth_token", text).file("new", NEW), nodes }
    }

    fn addresses(&self) -> String {
        self.nodes.iter().map(|(_, serving)| serving.address.as_str()).collect::<Vec<_>>().join(",")
    }

    /// Takes a step on the operator's copy, after asking every node.
    async fn verified(&self, args: &[&str]) -> (i32, Value) {
        rotate(&self.operator, &[args, &["--verify", &self.addresses()]].concat()).await
    }

    /// Sends the operator's copy to a node, and waits until it has taken it over.
    async fn send(&mut self, node: usize, generation: u64) {
        let text = std::fs::read_to_string(self.operator.default_file()).unwrap();
        let (tool, serving) = &mut self.nodes[node];
        let ran = tool.run_with(&["rotate", "install", "-", "--json"], text).await;
        assert_eq!((ran.code, answer(&ran)["changed"].as_bool()), (0, Some(true)));
        serving.has_generation(generation).await;
    }

    /// Which nodes are ready, and the problem.
    fn ready(said: &Value) -> (Vec<bool>, &str) {
        let processes = said["processes"].as_array().unwrap();
        let ready = processes.iter().map(|process| process["ready"].as_bool().unwrap()).collect();
        (ready, said["problem"].as_str().unwrap_or_default())
    }
}

#[tokio::test]
async fn no_step_is_taken_before_every_process_has_taken_the_last() {
    let mut cluster = Cluster::start(OLD).await;
    let (old, new) = (fingerprint(OLD), fingerprint(NEW));
    let client = |token| Tool::new().var("RAY_AUTH_TOKEN", token);

    let (code, said) = rotate(&cluster.operator, &["stage", "--from", "new"]).await;
    assert_eq!((code, &said["processes"]), (0, &Value::Null));
    for node in 0..3 {
        let (code, said) = cluster.verified(&["promote"]).await;
        let (ready, problem) = Cluster::ready(&said);
        assert_eq!((code, ready), (1, (0..3).map(|other| other < node).collect()), "{problem}");
        let expected = format!("nothing was changed, since {} of 3 processes ", 3 - node);
        assert!(problem.starts_with(&expected), "{problem}");
        assert!(problem.contains(&format!(" does not accept {new}; ")), "{problem}");
        cluster.send(node, 2).await;
    }
    let (code, said) = cluster.verified(&["promote"]).await;
    assert_eq!((code, &said["problem"], said["changed"].as_bool()), (0, &Value::Null, Some(true)));
    assert_eq!(tokens(&said["tokens"]), [format!("primary {new}"), format!("accepted {old}")]);

    for node in 0..3 {
        let (code, said) = cluster.verified(&["retire"]).await;
        let (ready, problem) = Cluster::ready(&said);
        assert_eq!((code, ready), (1, (0..3).map(|other| other < node).collect()), "{problem}");
        assert!(problem.contains(&format!(" has {new} as next and not as primary; ")), "{problem}");
        // Twice changes nothing, and is verified as well.
        let (code, said) = cluster.verified(&["promote", &new]).await;
        assert_eq!((code, said["changed"].as_bool()), (0, Some(false)), "{said}");
        cluster.send(node, 3).await;
    }
    for (_, serving) in &cluster.nodes {
        for token in [OLD, NEW] {
            assert_eq!(client(token).run(&["check", &serving.address]).await.code, 0);
        }
    }
    let (code, said) = cluster.verified(&["retire"]).await;
    assert_eq!((code, tokens(&said["tokens"])), (0, vec![format!("primary {new}")]));
    assert_eq!(tokens(&said["dropped"]), [format!("accepted {old}")]);
    for node in 0..3 {
        cluster.send(node, 4).await;
    }
    for (_, serving) in &cluster.nodes {
        assert_eq!(client(OLD).run(&["check", &serving.address]).await.code, 1);
        assert_eq!(client(NEW).run(&["check", &serving.address]).await.code, 0);
    }
    let (code, said) = cluster.verified(&["retire"]).await;
    assert_eq!((code, said["changed"].as_bool()), (0, Some(false)));

    for (_, serving) in cluster.nodes {
        serving.signal(Signal::TERM);
        let ran = serving.end().await;
        assert_eq!(ran.code, 0);
        super::assert_clean(&ran);
    }
}

#[tokio::test]
async fn who_does_not_answer_is_not_ready() {
    let text = keyring(&[("", OLD), ("next ", NEW)]);
    let mut cluster = Cluster::start(&text).await;
    let (_, serving) = cluster.nodes.pop().unwrap();
    serving.signal(Signal::TERM);
    let gone = serving.address.clone();
    assert_eq!(serving.end().await.code, 0);
    let open =
        Serving::start(&Tool::new().var("RAY_AUTH_MODE", "disabled"), &["serve", "--listen", "127.0.0.1:0"]).await;
    let strange =
        Serving::start(&Tool::new().var("RAY_AUTH_TOKEN", OTHER), &["serve", "--listen", "127.0.0.1:0"]).await;
    let table = [
        (&gone, "cannot be reached: "),
        (&open.address, "lets every call in, since authentication is disabled there; "),
        (&strange.address, "refuses our token; "),
    ];
    for (address, problem) in table {
        let addresses = format!("{},{address}", cluster.addresses());
        let ran = cluster.operator.run(&["rotate", "promote", "--verify", &addresses]).await;
        let expected = format!("error: nothing was changed, since 1 of 3 processes is not ready: {address} {problem}");
        assert!(ran.stderr.starts_with(&expected), "{}", ran.stderr);
        assert!(
            ran.stdout.contains(&format!("\nprocess   {address} not ready\nchecked   3 processes, and no others\n"))
        );
        assert_eq!(ran.code, 1);
        assert_eq!(std::fs::read_to_string(cluster.operator.default_file()).unwrap(), text);
    }
    let ran = cluster.operator.run(&["rotate", "promote", "--verify", &cluster.addresses()]).await;
    assert!(ran.stdout.contains(" ready, has the token as next\n"), "{}", ran.stdout);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[tokio::test]
async fn a_step_that_is_out_of_turn_asks_nobody() {
    let operator = Tool::new().file(".ray/auth_token", OLD);
    for (step, code) in [("promote", 1), ("retire", 1)] {
        let (exit, said) = rotate(&operator, &[step, "--verify", "127.0.0.1:1"]).await;
        assert_eq!((exit, said["processes"].is_null()), (code, step == "promote"), "{said}");
    }
}

#[tokio::test]
async fn a_token_that_is_still_used_is_not_retired() {
    let cluster = Cluster::start(&keyring(&[("", NEW), ("accept ", OLD)])).await;
    std::fs::write(cluster.operator.default_file(), keyring(&[("", NEW), ("accept ", OLD)])).unwrap();
    let (code, said) = cluster.verified(&["retire", "--unused-for", "1h"]).await;
    let (ready, problem) = Cluster::ready(&said);
    assert_eq!((code, ready), (1, vec![false; 3]));
    assert!(problem.contains(" is up for ") && problem.contains(", so what came before is not known; "), "{problem}");
    assert_eq!(said["changed"].as_bool(), Some(false));
}

#[tokio::test]
async fn several_old_tokens_are_retired_together_or_one_by_one() {
    let text = keyring(&[("", NEW), ("accept ", OLD), ("accept ", OTHER)]);
    let cluster = Cluster::start(&text).await;
    let primary = format!("primary {}", fingerprint(NEW));
    for (args, left) in [
        (&["retire"][..], vec![primary.clone()]),
        (&["retire", &fingerprint(OTHER)], vec![primary, format!("accepted {}", fingerprint(OLD))]),
    ] {
        std::fs::write(cluster.operator.default_file(), &text).unwrap();
        let (code, said) = cluster.verified(args).await;
        assert_eq!((code, tokens(&said["tokens"])), (0, left.clone()));
        assert_eq!(said["dropped"].as_array().unwrap().len(), 3 - left.len());
    }
}

#[tokio::test]
async fn a_filter_can_ask_too() {
    let cluster = Cluster::start(&keyring(&[("", OLD), ("next ", NEW)])).await;
    let addresses = cluster.addresses();
    let args = ["rotate", "promote", "--in", "-", "--out", "-", "--verify", &addresses];
    let ran = cluster.operator.run_with(&args, keyring(&[("", OLD), ("next ", NEW)])).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.starts_with(NEW) && ran.stderr.contains("\nchecked   3 processes, and no others\n"));
    let ran = cluster.operator.run_with(&args, keyring(&[("", OLD), ("next ", OTHER)])).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert_eq!(
        std::fs::read_to_string(cluster.operator.default_file()).unwrap(),
        keyring(&[("", OLD), ("next ", NEW)])
    );
}

#[tokio::test]
async fn short_tokens_cannot_be_verified() {
    let text = keyring(&[("", OLD), ("next ", "hunter2")]);
    let cluster = Cluster::start(&text).await;
    let (code, said) = cluster.verified(&["promote"]).await;
    let (_, problem) = Cluster::ready(&said);
    assert_eq!((code, said["processes"][0]["problem"].is_string()), (1, true));
    assert!(problem.contains(" does not tell short tokens such as "), "{problem}");
    assert_eq!(rotate(&cluster.operator, &["promote"]).await.0, 0);
}
