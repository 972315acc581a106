//! Steps on keyrings that are kept elsewhere: text in, text out.

use std::os::unix::fs::symlink;

use super::{NEW, OLD, answer, assert_clean, fingerprint, keyring};
use crate::support::{Tool, mode, set_mode};

#[tokio::test]
async fn a_whole_rotation_through_pipes() {
    let tool = Tool::new().file("new", NEW);
    let mut text = format!("{OLD}\n");
    let steps: [(&[&str], &[(&str, &str)]); 6] = [
        (&["stage", "--from", "new"], &[("", OLD), ("next ", NEW)]),
        (&["abort"], &[("", OLD)]),
        (&["stage", "--from", "new"], &[("", OLD), ("next ", NEW)]),
        (&["promote"], &[("", NEW), ("accept ", OLD)]),
        (&["promote"], &[("", NEW), ("accept ", OLD)]),
        (&["retire"], &[("", NEW)]),
    ];
    for (step, after) in steps {
        let args = [&["rotate"], step, &["--in", "-", "--out", "-"]].concat();
        let ran = tool.run_with(&args, &text).await;
        assert_eq!(ran.code, 0, "{step:?}: {}", ran.stderr);
        let lines: Vec<_> = ran.stdout.lines().filter(|line| !line.starts_with('#')).collect();
        let expected = keyring(after);
        assert_eq!(lines, expected.lines().collect::<Vec<_>>(), "{step:?}");
        assert!(ran.stderr.contains("\nchecked   this keyring only; "), "{}", ran.stderr);
        assert!(
            ran.stderr.contains("\nthen      put the new keyring where every process reads it; "),
            "{}",
            ran.stderr
        );
        assert!(!ran.stderr.contains(OLD) && !ran.stderr.contains(NEW));
        text = ran.stdout;
    }
    assert!(!tool.default_file().exists());
}

#[tokio::test]
async fn a_refused_step_writes_nothing() {
    let tool = Tool::new().file("in", OLD).file("out", "as it was");
    let ran = tool.run(&["rotate", "promote", "--in", "in", "--out", "-"]).await;
    let refused = "error: no token is staged; stage one first, on every process\n";
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (1, "", refused));
    let ran = tool.run(&["rotate", "promote", "--in", "in", "--out", "out", "--json"]).await;
    let said = answer(&ran);
    assert_eq!((ran.code, said["file"].is_null(), said["changed"].as_bool()), (1, true, Some(false)));
    assert_eq!(std::fs::read_to_string(tool.home().join("out")).unwrap(), "as it was");
}

#[tokio::test]
async fn a_file_that_is_written_is_its_owners_alone_and_links_stay() {
    let tool = Tool::new().file("in", OLD).file("old-out", "something longer than a token\n".repeat(50));
    set_mode(&tool.home().join("old-out"), 0o644);
    symlink("old-out", tool.home().join("link")).unwrap();
    for out in ["new-out", "link", "in"] {
        let ran = tool.run(&["rotate", "stage", "--in", "in", "--out", out]).await;
        assert_clean(&ran);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{out}");
        assert!(ran.stdout.starts_with("step      stage: done\nprimary   "), "{}", ran.stdout);
        let path = tool.home().join(out);
        assert_eq!(mode(&path), 0o600, "{out}");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(&format!("{OLD}\n# ray-auth keyring: 2 tokens\nnext ")), "{out}");
    }
    assert!(tool.home().join("link").is_symlink());
    let mut names: Vec<_> = std::fs::read_dir(tool.home())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["in", "link", "new-out", "old-out"]);

    let ran = tool.run(&["rotate", "stage", "--in", "in", "--out", "nowhere/out"]).await;
    assert!(ran.stderr.starts_with("error: cannot write the keyring to \"nowhere/out\": "), "{}", ran.stderr);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
}

#[tokio::test]
async fn lines_that_are_nothing_are_told_by_their_numbers() {
    let tool = Tool::new();
    let text = format!("{OLD}\nstray-secret\n");
    let ran = tool.run_with(&["rotate", "stage", "--in", "-", "--out", "kept"], text).await;
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.contains("\nwarning   the keyring has lines that are no tokens and are not kept (line 2); "));
    assert!(!ran.stdout.contains("stray") && ran.stdout.contains(&fingerprint(OLD)), "{}", ran.stdout);
}
