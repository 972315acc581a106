//! The demonstration, in a short form.

use serde_json::Value;

use crate::support::{Ran, Tool};

#[tokio::test]
async fn everything_is_as_it_must_be() {
    // Nothing of this is asked.
    let tool = Tool::new().vars(&[("RAY_AUTH_MODE", "nonsense"), ("RAY_AUTH_TOKEN_PATH", "/nope")]);
    let Ran { code, stdout, stderr } = tool.run(&["demo", "--json", "--calls", "200"]).await;
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["ok"], true);
    assert_eq!(report["problems"], Value::Array(Vec::new()));
    assert_eq!(report["processes"], 4);

    let calls = &report["calls"];
    assert_eq!(calls["failed"], 0);
    let kinds = calls["by_kind"].as_array().unwrap();
    assert_eq!(kinds.len(), 4);
    for kind in kinds {
        for phase in ["before", "staged", "promoted", "retired"] {
            assert!(kind[phase].as_u64().unwrap() > 0, "{kind}: {phase}");
        }
    }
    let sum: u64 = kinds.iter().map(|kind| kind["total"].as_u64().unwrap()).sum();
    assert_eq!(calls["total"], sum);
    assert!(sum >= 200, "{sum}");

    let [from, to] = ["from", "to"].map(|name| &report["rotation"][name]);
    assert_ne!(from["fingerprint"], to["fingerprint"]);
    assert!(from["calls"].as_u64().unwrap() > 0 && to["calls"].as_u64().unwrap() > 0);

    let intruder = &report["intruder"];
    let attempts = intruder["attempts"].as_u64().unwrap();
    assert!(attempts > 500, "{attempts}");
    assert_eq!(intruder["refused"], attempts);
    let by_attempt = intruder["by_attempt"].as_array().unwrap();
    assert!(by_attempt.iter().all(|row| row["attempts"] == row["refused"]));
    let names: Vec<_> = by_attempt.iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"the token that was replaced"), "{names:?}");
    let counted: u64 =
        intruder["counted_by_servers"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(counted, attempts);

    let time = &report["time_per_call"];
    for name in ["with_layers_us", "without_layers_us", "ratio"] {
        assert!(time[name].as_f64().unwrap() > 0.0, "{time}");
    }
}

#[tokio::test]
async fn people_get_a_table_and_nothing_else_in_a_pipe() {
    let Ran { code, stdout, stderr } = Tool::new().run(&["demo", "--calls", "1", "--seconds", "60"]).await;
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    assert!(stdout.starts_with("A GCS and 3 nodes, "), "{stdout}");
    assert!(stdout.ends_with("\nall is as it must be\n"), "{stdout}");
    assert!(stdout.contains("on this machine's wall clock"), "{stdout}");
    let digits = |text: &str| text.len() >= 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(!stdout.split_whitespace().any(digits), "something as long as a token: {stdout}");
}
