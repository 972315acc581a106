//! Each step on a file: what it makes of it, and with which exit code.

use serde_json::Value;

use super::{NEW, OLD, OTHER, answer, assert_clean, fingerprint, keyring, rotate, tokens};
use crate::support::{Tool, mode, set_mode};

/// How a file begins and ends that the tool wrote.
fn written(lines: &[(&str, &str)]) -> String {
    let [first, rest @ ..] = lines else { panic!("a keyring has a primary") };
    if rest.is_empty() {
        return keyring(lines);
    }
    let count = format!("# ray-auth keyring: {} tokens\n", lines.len());
    [keyring(&[*first]), count.clone(), keyring(rest), count].concat()
}

struct Row {
    name: &'static str,
    before: &'static [(&'static str, &'static str)],
    args: &'static [&'static str],
    code: i32,
    /// What is there afterwards; none when nothing changed.
    after: Option<&'static [(&'static str, &'static str)]>,
    /// What is in the problem, when there is one.
    problem: &'static str,
}

const ONE: &[(&str, &str)] = &[("", OLD)];
const STAGED: &[(&str, &str)] = &[("", OLD), ("next ", NEW)];
const PROMOTED: &[(&str, &str)] = &[("", NEW), ("accept ", OLD)];
const BOTH: &[(&str, &str)] = &[("", OLD), ("next ", NEW), ("accept ", OTHER)];

#[tokio::test]
async fn every_step_from_every_state() {
    let row = |name, before, args, code, after, problem| Row { name, before, args, code, after, problem };
    let from: &[&str] = &["stage", "--from", "new"];
    let table = [
        row("stage", ONE, from, 0, Some(STAGED), ""),
        row("stage, that one is staged", STAGED, from, 0, None, ""),
        row("stage, one is staged", STAGED, &["stage"], 0, None, ""),
        row(
            "stage, another is staged",
            STAGED,
            &["stage", "--from", "other"],
            1,
            None,
            "another token is already staged",
        ),
        row("stage, unfinished", PROMOTED, &["stage"], 1, None, "the last rotation is not finished"),
        row("stage, the primary", ONE, &["stage", "--from", "old"], 1, None, "already the primary"),
        row("promote", STAGED, &["promote"], 0, Some(PROMOTED), ""),
        row("promote, again", PROMOTED, &["promote"], 0, None, ""),
        row("promote, nothing staged", ONE, &["promote"], 1, None, "no token is staged"),
        row("promote that one", STAGED, &["promote", "{new}"], 0, Some(PROMOTED), ""),
        row("promote that one, again", PROMOTED, &["promote", "{new}"], 0, None, ""),
        row("promote another one", STAGED, &["promote", "{other}"], 1, None, "the staged token is not "),
        row("retire", PROMOTED, &["retire"], 0, Some(&[("", NEW)]), ""),
        row("retire, again", ONE, &["retire"], 0, None, ""),
        row("retire, staged", STAGED, &["retire"], 1, None, "promote it on every process, or abort it"),
        row("retire, both", BOTH, &["retire"], 1, None, "promote it on every process, or abort it"),
        row("retire that one", PROMOTED, &["retire", "{old}"], 0, Some(&[("", NEW)]), ""),
        row("retire another one", PROMOTED, &["retire", "{other}"], 0, None, ""),
        row("retire the primary", PROMOTED, &["retire", "{new}"], 1, None, "is the primary"),
        row("abort", STAGED, &["abort"], 0, Some(ONE), ""),
        row("abort, again", ONE, &["abort"], 0, None, ""),
        row("abort, too late", PROMOTED, &["abort"], 0, None, ""),
        row("abort, both", BOTH, &["abort"], 0, Some(&[("", OLD), ("accept ", OTHER)]), ""),
    ];
    for Row { name, before, args, code, after, problem } in table {
        let before = keyring(before);
        let tool = Tool::new().file(".ray/auth_token", &before);
        let tool = tool.file("old", OLD).file("new", format!(" {NEW}\n")).file("other", OTHER);
        let args: Vec<_> = args
            .iter()
            .map(|arg| match *arg {
                "{old}" => fingerprint(OLD),
                "{new}" => fingerprint(NEW).to_uppercase(),
                "{other}" => fingerprint(OTHER),
                arg => arg.to_owned(),
            })
            .collect();
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        let (exit, said) = rotate(&tool, &args).await;
        let now = std::fs::read_to_string(tool.default_file()).unwrap();
        assert_eq!((exit, &now), (code, &after.map_or(before, written)), "{name}");
        assert_eq!((&said["step"], &said["changed"]), (&args[0].into(), &after.is_some().into()), "{name}");
        let told = said["problem"].as_str().unwrap_or_default();
        assert_eq!((told.is_empty(), told.contains(problem)), (problem.is_empty(), true), "{name}: {told}");
        assert_eq!(said["then"].is_string(), code == 0, "{name}");
        assert_eq!(mode(&tool.default_file()), 0o600, "{name}");
    }
}

#[tokio::test]
async fn people_are_told_what_is_there_now_and_what_to_do_next() {
    let tool = Tool::new().file(".ray/auth_token", OLD).file("new", NEW);
    let file = tool.default_file();
    let (old, new) = (fingerprint(OLD), fingerprint(NEW));
    let head = |step: &str, came_to: &str| format!("file      {file:?}\nstep      {step}: {came_to}\n");
    let give = "then      give this keyring to every other process; ";

    let ran = tool.run(&["rotate", "stage", "--from", "new"]).await;
    let staged = format!(
        "primary   {old}\nnext      {new}\nchecked   this file only; no process was asked\n\
         {give}when all accept {new}: ray-auth rotate promote {new}\n"
    );
    let done = head("stage", "done") + &staged;
    assert_eq!((ran.code, &ran.stdout, ran.stderr.as_str()), (0, &done, ""));
    let ran = tool.run(&["rotate", "stage"]).await;
    let again = head("stage", "was so already, nothing changed") + &staged;
    assert_eq!((ran.code, &ran.stdout, ran.stderr.as_str()), (0, &again, ""));

    let ran = tool.run(&["rotate", "promote"]).await;
    let promoted = head("promote", "done")
        + &format!(
            "primary   {new}\naccepted  {old}\nchecked   this file only; whether every process accepts the new token was \
             not asked, --verify does\n{give}when all have {new} as primary, and the longest time that a call can wait \
             inside a client has passed: ray-auth rotate retire\n"
        );
    assert_eq!((ran.code, &ran.stdout, ran.stderr.as_str()), (0, &promoted, ""));

    let ran = tool.run(&["rotate", "retire"]).await;
    let retired = head("retire", "done")
        + &format!(
            "primary   {new}\ndropped   {old}\nchecked   this file only; whether every process sends the new token was \
             not asked, --verify does\n{give}they then accept {new} only\n"
        );
    assert_eq!((ran.code, &ran.stdout, ran.stderr.as_str()), (0, &retired, ""));

    let ran = tool.run(&["rotate", "promote"]).await;
    let refused = format!("error: {file:?} stays as it is: no token is staged; stage one first, on every process\n");
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr), (1, "", refused));
}

#[tokio::test]
async fn a_new_token_is_random_and_strong() {
    let tool = Tool::new().file(".ray/auth_token", OLD);
    let (code, said) = rotate(&tool, &["stage"]).await;
    assert_eq!((code, said["tokens"][1]["weak"].as_bool()), (0, Some(false)));
    let text = std::fs::read_to_string(tool.default_file()).unwrap();
    let next = text.lines().find_map(|line| line.strip_prefix("next ")).unwrap();
    assert!(next.len() == 64 && next.bytes().all(|digit| digit.is_ascii_hexdigit()), "no generated token");
    assert_eq!(tokens(&said["tokens"])[1], format!("next {}", fingerprint(next)));
}

#[tokio::test]
async fn a_token_comes_through_stdin_too_and_a_weak_one_is_warned_of() {
    let tool = Tool::new().file(".ray/auth_token", OLD);
    let ran = tool.run_with(&["rotate", "stage", "--from", "-", "--json"], "hunter2\n").await;
    let said = answer(&ran);
    assert_eq!(ran.code, 0);
    let weak = fingerprint("hunter2");
    assert_eq!(tokens(&said["tokens"]), [format!("primary {}", fingerprint(OLD)), format!("next {weak}")]);
    let warning = said["warnings"][0].as_str().unwrap();
    assert!(warning.starts_with("the next token is shorter than 32 characters: "), "{warning}");

    let bad = tool.run_with(&["rotate", "stage", "--from", "-"], "hunter2\nhunter3\n").await;
    let expected =
        "error: what --from names is no token: the token has the byte 0x0a at position 7, which no header can carry";
    assert!(bad.stderr.starts_with(expected), "{}", bad.stderr);
    assert_eq!((bad.code, bad.stdout.as_str()), (2, ""));
}

#[tokio::test]
async fn the_file_is_the_one_named_or_the_one_in_force() {
    let tool = Tool::new().file(".ray/auth_token", OLD).file("named", OLD).file("variable", OLD);
    let tool = tool.vars(&[("RAY_AUTH_TOKEN_PATH", "__home__/variable")]);
    for (args, name) in [(&["stage", "--token-path", "named"][..], "named"), (&["stage"], "variable")] {
        let (code, said) = rotate(&tool, args).await;
        assert_eq!(code, 0);
        assert!(said["file"].as_str().unwrap().ends_with(name), "{said}");
        let lines = std::fs::read_to_string(tool.home().join(name)).unwrap().lines().count();
        assert_eq!(lines, 4, "{name}");
    }
    assert_eq!(std::fs::read_to_string(tool.default_file()).unwrap(), OLD);
    // A variable does not stand in the way of a file that is named.
    let tool = Tool::new().file("named", OLD).var("RAY_AUTH_TOKEN", OTHER);
    assert_eq!(rotate(&tool, &["stage", "--token-path", "named"]).await.0, 0);
}

#[tokio::test]
async fn a_source_that_cannot_be_rewritten_is_named_with_the_way_out() {
    let volume = |tool: Tool| {
        std::os::unix::fs::symlink("version", tool.home().join("volume/..data")).unwrap();
        std::os::unix::fs::symlink("..data/token", tool.home().join("volume/token")).unwrap();
        tool
    };
    let open = |tool: Tool| {
        set_mode(&tool.home().join("open"), 0o666);
        tool
    };
    let path = &[("RAY_AUTH_TOKEN_PATH", "__home__/volume/token")];
    let table = [
        ("a variable", Tool::new().var("RAY_AUTH_TOKEN", OLD), "put it into a file and set RAY_AUTH_TOKEN_PATH"),
        ("no file", Tool::new(), "create it, or name one that exists"),
        ("a volume", volume(Tool::new().file("volume/version/token", OLD).vars(path)), "`--in FILE --out FILE`"),
        (
            "written by others",
            open(Tool::new().file("open", OLD).vars(&[("RAY_AUTH_TOKEN_PATH", "__home__/open")])),
            "chmod go-w",
        ),
        ("malformed", Tool::new().file(".ray/auth_token", keyring(&[("", OLD), ("next", "")])), "line 2"),
    ];
    for (name, tool, way_out) in table {
        let ran = tool.run(&["rotate", "stage"]).await;
        assert_clean(&ran);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{name}: {}", ran.stderr);
        assert!(ran.stderr.starts_with("error: ") && ran.stderr.contains(way_out), "{name}: {}", ran.stderr);
        let (code, said) = rotate(&tool, &["stage"]).await;
        let problem = said["problem"].as_str().unwrap();
        assert_eq!((code, format!("error: {problem}\n")), (2, ran.stderr), "{name}");
        assert_eq!((&said["changed"], &said["then"]), (&Value::Bool(false), &Value::Null), "{name}");
    }
}
