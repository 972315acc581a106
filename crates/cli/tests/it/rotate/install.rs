//! A whole keyring from stdin.

use super::{NEW, OLD, OTHER, answer, assert_clean, fingerprint, keyring, tokens};
use crate::support::{Tool, mode};

const INSTALL: &[&str] = &["rotate", "install", "-", "--json"];
const FORCE: &[&str] = &["rotate", "install", "-", "--force", "--json"];

#[tokio::test]
async fn what_skips_no_step_is_taken_and_what_does_needs_force() {
    let (one, staged) = (keyring(&[("", OLD)]), keyring(&[("", OLD), ("next ", NEW)]));
    let (promoted, retired) = (keyring(&[("", NEW), ("accept ", OLD)]), keyring(&[("", NEW)]));
    let other = keyring(&[("", OTHER)]);
    let table = [
        ("stage", &one, &staged, None),
        ("promote", &staged, &promoted, None),
        ("retire", &promoted, &retired, None),
        ("abort", &staged, &one, None),
        ("back", &promoted, &staged, None),
        ("the same", &staged, &staged, None),
        ("stage and promote at once", &one, &promoted, Some("the new primary is not accepted yet")),
        ("promote and retire at once", &staged, &retired, Some("would no longer be accepted")),
        ("another", &one, &other, Some("the new primary is not accepted yet")),
    ];
    for (name, before, sent, refused) in table {
        let tool = Tool::new().file(".ray/auth_token", before);
        let ran = tool.run_with(INSTALL, sent).await;
        let said = answer(&ran);
        let problem = said["problem"].as_str().unwrap_or_default();
        assert_eq!(ran.code, i32::from(refused.is_some()), "{name}: {problem}");
        let now = || -> Vec<String> {
            let text = std::fs::read_to_string(tool.default_file()).unwrap();
            text.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect()
        };
        let Some(refused) = refused else {
            assert_eq!((now().concat(), said["changed"].as_bool()), (sent.clone(), Some(before != sent)), "{name}");
            continue;
        };
        assert!(problem.contains(refused), "{name}: {problem}");
        assert_eq!(&now().concat(), before, "{name}");

        let ran = tool.run_with(FORCE, sent).await;
        let said = answer(&ran);
        assert_eq!((ran.code, now().concat(), said["changed"].as_bool()), (0, sent.clone(), Some(true)), "{name}");
        let warning = said["warnings"][0].as_str().unwrap();
        assert!(warning.starts_with("a step was skipped, so calls can fail until every process has this keyring ("));
        assert!(warning.contains(refused), "{name}: {warning}");
        assert_eq!(mode(&tool.default_file()), 0o600, "{name}");
    }
}

#[tokio::test]
async fn where_there_is_no_usable_file_only_force_makes_one() {
    let malformed = keyring(&[("", OLD), ("next", "")]);
    for (name, before) in [("no file", None), ("malformed", Some(&malformed))] {
        let tool = Tool::new().file("keyring", "").vars(&[("RAY_AUTH_TOKEN_PATH", "__home__/token")]);
        let tool = before.map_or(tool.file("other", ""), |_| Tool::new().file("token", &malformed));
        let tool = tool.vars(&[("RAY_AUTH_TOKEN_PATH", "__home__/token")]);
        let ran = tool.run_with(&["rotate", "install", "-"], keyring(&[("", NEW)])).await;
        assert_clean(&ran);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{name}");
        assert!(ran.stderr.ends_with("; to put this keyring there whatever is there, add --force\n"), "{}", ran.stderr);

        let ran = tool.run_with(FORCE, keyring(&[("", NEW)])).await;
        let said = answer(&ran);
        assert_eq!((ran.code, tokens(&said["tokens"])), (0, vec![format!("primary {}", fingerprint(NEW))]), "{name}");
        let path = tool.home().join("token");
        assert_eq!((std::fs::read_to_string(&path).unwrap(), mode(&path)), (format!("{NEW}\n"), 0o600), "{name}");
    }
}

#[tokio::test]
async fn what_is_cut_short_is_not_taken() {
    let tool = Tool::new().file(".ray/auth_token", OLD).file("new", NEW);
    let whole = tool.run_with(&["rotate", "stage", "--from", "new", "--in", "-", "--out", "-"], OLD).await.stdout;
    for len in OLD.len() + 2..whole.len() - 1 {
        let cut = ray_auth::source::KeyringText::parse(&whole[..len]);
        assert!(cut.is_err(), "{len} bytes are taken for a keyring");
    }
    let ran = tool.run_with(&["rotate", "install", "-"], &whole[..whole.len() - 5]).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.starts_with("error: the keyring on stdin is malformed: "), "{}", ran.stderr);
    assert_eq!(std::fs::read_to_string(tool.default_file()).unwrap(), OLD);
    assert_eq!(tool.run_with(&["rotate", "install", "-"], &whole).await.code, 0);
}

#[tokio::test]
async fn lines_that_are_nothing_are_told_by_their_numbers() {
    let tool = Tool::new().file(".ray/auth_token", OLD);
    let ran = tool.run_with(INSTALL, keyring(&[("", OLD), ("stray ", NEW)])).await;
    let said = answer(&ran);
    let warning = said["warnings"][0].as_str().unwrap();
    assert!(warning.starts_with("stdin has lines that are no tokens and are not kept (line 2); "), "{warning}");
    assert_eq!((ran.code, tokens(&said["tokens"]).len()), (0, 1));
}
