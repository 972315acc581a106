use super::*;

const LONG: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

#[test]
fn names_are_those_that_kubernetes_takes() {
    // Text, whether it is a name of a Secret, of a namespace, of a key.
    let table = [
        ("ray-token", true, true, true),
        ("0", true, true, true),
        (LONG, true, true, true),
        (&format!("{LONG}a"), true, false, true),
        (&"a".repeat(253), true, false, true),
        (&"a".repeat(254), false, false, false),
        ("a.b", true, false, true),
        ("a..b", false, false, true),
        (".a", false, false, true),
        ("..a", false, false, false),
        (".", false, false, false),
        ("a-", false, false, true),
        ("-a", false, false, true),
        ("Ray", false, false, true),
        ("auth_token", false, false, true),
        ("", false, false, false),
        ("a b", false, false, false),
        ("a\n", false, false, false),
        ("a\"", false, false, false),
        ("ä", false, false, false),
    ];
    for (text, is_name, is_namespace, is_key) in table {
        let found = (name(text).is_ok(), namespace(text).is_ok(), key(text).is_ok());
        assert_eq!(found, (is_name, is_namespace, is_key), "{text:?}");
    }
}

#[test]
fn both_forms_say_the_same_and_are_never_moved_while_they_are_written() {
    let long: Vec<String> = (0..40).map(|number| format!("{number:03}{LONG}")).collect();
    let keys: Vec<&str> = KEYS.into_iter().chain(long.iter().map(String::as_str)).collect();
    let (name, namespace) = ("n".repeat(253), "s".repeat(63));
    let secret = Secret { name: &name, namespace: &namespace, keys: &keys, token: "12345e6" };
    let json = secret.json().unwrap();
    let yaml = secret.yaml();
    assert!(json.len() <= secret.space() && yaml.len() <= secret.space());
    let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(value["metadata"]["name"], name.as_str());
    let yaml = std::str::from_utf8(&yaml).unwrap();
    for key in keys {
        assert_eq!(value["stringData"][key], "12345e6");
        assert!(yaml.contains(&format!("\n  \"{key}\": \"12345e6\"\n")), "{key}");
    }
}
