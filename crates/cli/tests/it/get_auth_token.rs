//! `get-auth-token` in the situations that were observed with `ray get-auth-token` of Ray 2.60, and in those that this
//! tool refuses and Ray does not.

use crate::support::{Tool, mode, set_mode};

/// Ray's words.
const NOT_FOUND: &str = "Error: No authentication token found. Use ray `get-auth-token --generate` to create one.\n";

struct Row {
    name: &'static str,
    vars: &'static [(&'static str, &'static str)],
    /// What the file `.ray/auth_token` in the home folder holds.
    default_file: Option<&'static str>,
    args: &'static [&'static str],
    stdout: &'static str,
    /// `__home__` stands for the home folder.
    stderr: &'static str,
    code: i32,
}

const TOKEN: Row = Row { name: "", vars: &[], default_file: None, args: &[], stdout: "envtok", stderr: "\n", code: 0 };
const NONE: Row = Row { stdout: "", stderr: NOT_FOUND, code: 1, ..TOKEN };

#[tokio::test]
async fn as_ray_does() {
    let table = [
        Row { name: "variable", vars: &[("RAY_AUTH_TOKEN", "envtok")], ..TOKEN },
        Row { name: "variable with blanks around", vars: &[("RAY_AUTH_TOKEN", " \tenvtok \n")], ..TOKEN },
        Row {
            name: "variable before files",
            vars: &[("RAY_AUTH_TOKEN", "envtok"), ("RAY_AUTH_TOKEN_PATH", "/nope")],
            default_file: Some("deftok"),
            ..TOKEN
        },
        Row { name: "variable, generate", vars: &[("RAY_AUTH_TOKEN", "envtok")], args: &["--generate"], ..TOKEN },
        Row { name: "path", vars: &[("RAY_AUTH_TOKEN_PATH", "__home__/file")], stdout: "pathtok", ..TOKEN },
        Row { name: "relative path", vars: &[("RAY_AUTH_TOKEN_PATH", "file")], stdout: "pathtok", ..TOKEN },
        Row {
            name: "path before default file",
            vars: &[("RAY_AUTH_TOKEN_PATH", "__home__/file")],
            default_file: Some("deftok"),
            stdout: "pathtok",
            ..TOKEN
        },
        Row { name: "default file", default_file: Some("deftok\r\nsecond line\n"), stdout: "deftok", ..TOKEN },
        Row {
            name: "default file, generate",
            default_file: Some("deftok"),
            args: &["--generate"],
            stdout: "deftok",
            ..TOKEN
        },
        Row {
            name: "empty variables",
            vars: &[("RAY_AUTH_TOKEN", ""), ("RAY_AUTH_TOKEN_PATH", "")],
            default_file: Some("deftok"),
            stdout: "deftok",
            ..TOKEN
        },
        Row { name: "disabled", vars: &[("RAY_AUTH_MODE", "disabled"), ("RAY_AUTH_TOKEN", "envtok")], ..TOKEN },
        Row { name: "unknown mode", vars: &[("RAY_AUTH_MODE", "foo"), ("RAY_AUTH_TOKEN", "envtok")], ..TOKEN },
        Row { name: "kubernetes", vars: &[("RAY_ENABLE_K8S_TOKEN_AUTH", "1"), ("RAY_AUTH_TOKEN", "envtok")], ..TOKEN },
        Row { name: "nothing", ..NONE },
        Row { name: "nothing, mode token", vars: &[("RAY_AUTH_MODE", "token")], ..NONE },
        Row { name: "nothing, kubernetes", vars: &[("RAY_ENABLE_K8S_TOKEN_AUTH", "1")], ..NONE },
        Row { name: "no home", vars: &[("HOME", "")], ..NONE },
    ];
    run(&table).await;
}

#[tokio::test]
async fn where_ray_finds_nothing_either_and_this_tool_says_why() {
    let table = [
        Row {
            name: "variable of blanks",
            vars: &[("RAY_AUTH_TOKEN", "  ")],
            default_file: Some("deftok"),
            stderr: "Error: No authentication token found. Use ray `get-auth-token --generate` to create one.\n\
                     note: RAY_AUTH_TOKEN is set but holds only blanks; set it to a token, or unset it to use \
                     RAY_AUTH_TOKEN_PATH or ~/.ray/auth_token\n",
            ..NONE
        },
        Row {
            name: "empty default file",
            default_file: Some(""),
            stderr: "Error: No authentication token found. Use ray `get-auth-token --generate` to create one.\n\
                     note: the default token file \"__home__/.ray/auth_token\" is empty, or its first line is blank; \
                     put a token on line 1, for example the output of `ray-auth get-auth-token --generate`\n",
            ..NONE
        },
        Row {
            name: "path to nothing",
            vars: &[("RAY_AUTH_TOKEN_PATH", "/nope")],
            default_file: Some("deftok"),
            stderr: "error: RAY_AUTH_TOKEN_PATH is set but its file \"/nope\" cannot be opened: it does not exist; \
                     create it, or name one that exists\n",
            ..NONE
        },
        Row {
            name: "path to nothing, generate",
            vars: &[("RAY_AUTH_TOKEN_PATH", "/nope")],
            args: &["--generate"],
            stderr: "error: RAY_AUTH_TOKEN_PATH is set but its file \"/nope\" cannot be opened: it does not exist; \
                     create it, or name one that exists\n",
            ..NONE
        },
    ];
    run(&table).await;
}

#[tokio::test]
async fn where_this_tool_is_stricter() {
    let table = [
        Row {
            name: "control character",
            vars: &[("RAY_AUTH_TOKEN", "tok\u{1}en")],
            stderr: "error: RAY_AUTH_TOKEN holds no usable token: the token has the byte 0x01 at position 3, which no \
                     header can carry; use printable ASCII, for example 64 hexadecimal digits\n",
            ..NONE
        },
        Row {
            name: "blanks, generate",
            vars: &[("RAY_AUTH_TOKEN", "  ")],
            args: &["--generate"],
            stderr: "error: RAY_AUTH_TOKEN is set but holds only blanks; set it to a token, or unset it to use \
                     RAY_AUTH_TOKEN_PATH or ~/.ray/auth_token\n",
            ..NONE
        },
        Row {
            name: "empty default file, generate",
            default_file: Some(""),
            args: &["--generate"],
            stderr: "error: the default token file \"__home__/.ray/auth_token\" is empty, or its first line is blank; \
                     put a token on line 1, for example the output of `ray-auth get-auth-token --generate`\n\
                     note: a file that exists is never overwritten; remove it to have one generated\n",
            ..NONE
        },
        Row {
            name: "no home, generate",
            vars: &[("HOME", "")],
            args: &["--generate"],
            stderr: "error: no authentication token was found (no variable names one, and HOME is not set); \
                     write one to ~/.ray/auth_token, or to any file and set RAY_AUTH_TOKEN_PATH to its path, or set \
                     RAY_AUTH_TOKEN to the token itself; to run without authentication set RAY_AUTH_MODE=disabled\n",
            ..NONE
        },
        Row {
            name: "unknown flag",
            vars: &[("RAY_ENABLE_K8S_TOKEN_AUTH", "yes"), ("RAY_AUTH_TOKEN", "envtok")],
            stderr: "error: RAY_ENABLE_K8S_TOKEN_AUTH is \"yes\", which is neither on nor off; \
                     set it to true, 1, false or 0\n",
            code: 2,
            ..NONE
        },
    ];
    run(&table).await;
}

async fn run(table: &[Row]) {
    for row in table {
        let mut tool = Tool::new().file("file", "pathtok\n");
        if let Some(content) = row.default_file {
            tool = tool.file(".ray/auth_token", content);
        }
        let tool = tool.vars(row.vars);
        let ran = tool.run(&[&["get-auth-token"], row.args].concat()).await;
        assert_eq!(ran.stdout, row.stdout, "{}", row.name);
        assert_eq!(ran.stderr, row.stderr.replace("__home__", tool.home().to_str().unwrap()), "{}", row.name);
        assert_eq!(ran.code, row.code, "{}", row.name);
        let left = std::fs::read_to_string(tool.default_file()).ok();
        assert_eq!(left.as_deref(), row.default_file, "{}: a file was made or changed", row.name);
    }
}

#[tokio::test]
async fn a_token_is_made_once() {
    let tool = Tool::new();
    let file = tool.default_file();
    let made = tool.run(&["get-auth-token", "--generate"]).await;
    assert_eq!(made.code, 0);
    assert_eq!(made.stdout.len(), 64);
    assert!(made.stdout.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    let expected = format!(
        "Generating new authentication token...\nGenerated new authentication token and saved to {}\n\n",
        file.display()
    );
    assert_eq!(made.stderr, expected);
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(file.parent().unwrap()), 0o700);

    for args in [&["get-auth-token", "--generate"][..], &["get-auth-token"]] {
        let again = tool.run(args).await;
        assert_eq!((again.code, again.stdout.as_str(), again.stderr.as_str()), (0, made.stdout.as_str(), "\n"));
    }
}

#[tokio::test]
async fn several_at_once_make_one_token() {
    let tool = Tool::new();
    let runs = (0..8).map(|_| tool.run(&["get-auth-token", "--generate"]));
    let made = futures_util::future::join_all(runs).await;
    let token = std::fs::read_to_string(tool.default_file()).unwrap();
    assert!(made.iter().all(|ran| ran.code == 0 && ran.stdout == token.trim_end()));
    assert_eq!(made.iter().filter(|ran| ran.stderr.contains("Generated")).count(), 1);
}

#[tokio::test]
async fn a_file_others_can_read_is_taken_with_a_warning() {
    let tool = Tool::new().file(".ray/auth_token", "deftok");
    set_mode(&tool.default_file(), 0o644);
    let ran = tool.run(&["get-auth-token"]).await;
    let warning = format!(
        "warning: {:?} can be read by every user (mode 0644); take that away with chmod o-r\n\n",
        tool.default_file()
    );
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr), (0, "deftok", warning));
}
