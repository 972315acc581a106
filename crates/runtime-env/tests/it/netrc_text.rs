//! Netrc texts at random: what was written is read, whatever else there is is refused by line and kind, and nothing is shown.

use proptest::prelude::*;
use ray_auth_runtime_env::Netrc;

/// One machine, or `default` without a name, and how its values are written.
#[derive(Clone, Debug)]
struct Written {
    name: Option<String>,
    login: String,
    password: String,
    quoted: bool,
    comment: Option<String>,
}

fn entries() -> impl Strategy<Value = Vec<Written>> {
    let value = r##"[!-~äß€ \\"#]{1,12}"##;
    let written = (
        prop::option::weighted(0.9, "[a-z][a-z0-9.-]{0,8}"),
        value.prop_filter("no colon", |login| !login.contains(':')),
        value,
        any::<bool>(),
        prop::option::of("#[ -~]{0,12}"),
    );
    let written =
        written.prop_map(|(name, login, password, quoted, comment)| Written { name, login, password, quoted, comment });
    prop::collection::vec(written, 0..6)
}

fn value(text: &str, quoted: bool) -> String {
    let quoted = quoted || text.contains(' ');
    let mut written: String = text
        .chars()
        .flat_map(|character| {
            let escaped = matches!(character, '\\' | '"');
            escaped.then_some('\\').into_iter().chain([character])
        })
        .collect();
    if quoted {
        written = format!("\"{written}\"");
    }
    written
}

fn text(entries: &[Written]) -> String {
    let mut text = String::new();
    for Written { name, login, password, quoted, comment } in entries {
        if let Some(comment) = comment {
            text.push_str(&format!("{comment}\n"));
        }
        let who = name.as_ref().map_or("default".to_owned(), |name| format!("machine {name}"));
        text.push_str(&format!("{who}\n  login {} password {}\n", value(login, *quoted), value(password, *quoted)));
    }
    text
}

proptest! {
    #[test]
    fn what_was_written_is_read(entries in entries()) {
        let netrc = Netrc::parse(text(&entries).as_bytes()).unwrap();
        for (index, Written { name, login, password, .. }) in entries.iter().enumerate() {
            // The last of a name counts.
            if entries[index + 1..].iter().any(|later| later.name == *name) {
                continue;
            }
            let entry = match name {
                Some(name) => netrc.machine(&name.to_ascii_uppercase()),
                None => netrc.default_entry(),
            };
            let (read_login, read_password) = entry.and_then(|entry| entry.credential()).unwrap();
            prop_assert_eq!((read_login.expose_secret(), read_password.expose_secret()), (&**login, &**password));
        }
        prop_assert_eq!(netrc.default_entry().is_some(), entries.iter().any(|entry| entry.name.is_none()));
        prop_assert!(netrc.machine("not-there.test").is_none());
    }

    #[test]
    fn line_ends_of_every_system_mean_the_same(entries in entries()) {
        let text = text(&entries);
        for other in [text.replace('\n', "\r\n"), text.replace('\n', "\r"), format!("\u{feff}{text}")] {
            let (one, other) = (Netrc::parse(text.as_bytes()).unwrap(), Netrc::parse(other.as_bytes()).unwrap());
            for name in entries.iter().filter_map(|entry| entry.name.as_ref()) {
                let texts = |netrc: &Netrc| {
                    let (login, password) = netrc.machine(name).and_then(|entry| entry.credential()).unwrap();
                    (login.expose_secret().to_owned(), password.expose_secret().to_owned())
                };
                prop_assert_eq!(texts(&one), texts(&other));
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused_by_line(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Err(error) = Netrc::parse(&bytes) {
            let ends = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
            prop_assert!((1..=ends + 1).contains(&error.line));
        }
    }

    #[test]
    fn any_words_are_read_or_refused_and_never_shown(
        words in prop::collection::vec(
            prop_oneof![
                Just("machine"), Just("default"), Just("login"), Just("user"), Just("account"), Just("password"),
                Just("macdef"), Just("\n"), Just("\n\n"), Just("#"), Just("\""), Just("\\"), Just("Zq7\""), Just("Zq7"),
                Just("\"Zq7 Zq7\""), Just("Zq7:Zq7"), Just("Zq7\u{1}"),
            ],
            0..16,
        ),
    ) {
        let read = Netrc::parse(words.join(" ").as_bytes());
        let told = read.as_ref().map_or_else(ToString::to_string, |netrc| format!("{:?}", netrc.warnings()));
        let shown = format!("{read:?} {told}");
        prop_assert!(!shown.contains("Zq7"), "{}", shown);
    }
}
