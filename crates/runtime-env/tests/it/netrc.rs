//! What netrc texts mean: every row of the table that was observed on Ray and curl, and what it leaves open.

use ray_auth_runtime_env::Netrc;
use ray_auth_runtime_env::netrc::{Entry, NetrcWarning, ParseError, ParseErrorKind};
use serde::Deserialize;

/// How many rows the table has: none is lost unseen.
const ROWS: usize = 54;

/// A row of the table. What curl did stands there for readers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    netrc_text: String,
    host: String,
    expected: Expected,
    ray_2_60_observed: Observed,
    #[serde(default, rename = "curl_7_88_observed")]
    _curl: Option<String>,
    same_as_ray: bool,
    #[serde(default, rename = "note")]
    _note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "result", rename_all = "lowercase", deny_unknown_fields)]
enum Expected {
    Ok { login: String, password: String, source: Source },
    None,
    Error { error: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Source {
    Machine,
    Default,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Observed {
    result: String,
    login: Option<String>,
    password: Option<String>,
    #[serde(default, rename = "note")]
    _note: Option<String>,
}

fn rows() -> Vec<Row> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/netrc.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_row_of_the_table_means_what_it_says_and_shows_nothing_of_it() {
    let rows = rows();
    assert_eq!(rows.len(), ROWS);
    for row in &rows {
        let parsed = Netrc::parse(row.netrc_text.as_bytes());
        assert_eq!(outcome(&parsed, &row.host), row.expected, "{}", row.name);
        assert_shows_nothing(&parsed, &row.host, &row.name);
    }
}

#[test]
fn the_table_says_itself_where_it_differs_from_ray() {
    for row in rows() {
        let Row { expected, ray_2_60_observed: ray, .. } = &row;
        let same = match expected {
            Expected::Ok { login, password, .. } => {
                ray.login.as_ref() == Some(login) && ray.password.as_ref() == Some(password)
            }
            Expected::None => ray.result == "none",
            Expected::Error { .. } => false,
        };
        assert_eq!(same, row.same_as_ray, "{}", row.name);
    }
}

/// What an initial request would be sent with: the machine's entry, and `default`'s only where there is none.
fn outcome(parsed: &Result<Netrc, ParseError>, host: &str) -> Expected {
    let netrc = match parsed {
        Ok(netrc) => netrc,
        Err(error) => return Expected::Error { error: name(error.kind).to_owned() },
    };
    let machine = netrc.machine(host).map(|entry| (entry, Source::Machine));
    let found = machine.or(netrc.default_entry().map(|entry| (entry, Source::Default)));
    match found.and_then(|(entry, source)| Some((texts(entry)?, source))) {
        Some(((login, password), source)) => Expected::Ok { login, password, source },
        None => Expected::None,
    }
}

/// What is shown is spelt out here, and no word of a netrc text is in it.
fn assert_shows_nothing(parsed: &Result<Netrc, ParseError>, host: &str, name: &str) {
    match parsed {
        Ok(netrc) => {
            let shown = format!("{netrc:?}");
            let count: String = shown.chars().filter(char::is_ascii_digit).collect();
            assert_eq!(shown, format!("Netrc {{ machines: {count}, .. }}"), "{name}");
            for entry in netrc.machine(host).iter().chain(&netrc.default_entry()) {
                assert_eq!(format!("{entry:?}"), "Entry([redacted])", "{name}");
            }
        }
        Err(error) => {
            let ParseError { line, kind, .. } = error;
            assert_eq!(error.to_string(), format!("line {line}: {kind}"), "{name}");
            assert_eq!(format!("{error:?}"), format!("ParseError {{ line: {line}, kind: {kind:?} }}"), "{name}");
        }
    }
}

fn name(kind: ParseErrorKind) -> &'static str {
    match kind {
        ParseErrorKind::UnexpectedToken => "unexpected_token",
        ParseErrorKind::MissingValue => "missing_value",
        ParseErrorKind::UnterminatedQuote => "unterminated_quote",
        ParseErrorKind::UnfinishedEscape => "unfinished_escape",
        ParseErrorKind::ControlCharacter => "control_character",
        ParseErrorKind::ColonInLogin => "colon_in_login",
        ParseErrorKind::UnterminatedMacdef => "unterminated_macdef",
        ParseErrorKind::BadUtf8 => "bad_utf8",
        kind => panic!("{kind:?} has no name here"),
    }
}

fn texts(entry: &Entry) -> Option<(String, String)> {
    let (login, password) = entry.credential()?;
    Some((login.expose_secret().to_owned(), password.expose_secret().to_owned()))
}

#[test]
fn what_the_table_leaves_open_is_said_here() {
    // Name, text, and what `a.test` gets by its own entry: a login and a password, nothing, or a fault and its line.
    let some = |login: &str, password: &str| Ok(Some((login.to_owned(), password.to_owned())));
    let fault = |line, kind| Err((line, kind));
    use ParseErrorKind::*;
    let rows = [
        ("keywords have a case", "Machine a.test", fault(1, UnexpectedToken)),
        ("a value before any machine", "login l", fault(1, UnexpectedToken)),
        ("a value after a macro", "machine a.test\nmacdef m\n\nlogin l", fault(4, UnexpectedToken)),
        ("a keyword between quotes", "\"machine\" a.test", fault(1, UnexpectedToken)),
        ("a keyword with a backslash", "mach\\ine a.test", fault(1, UnexpectedToken)),
        ("a keyword glued to a comment", "machine a.test\nlogin l password#p", fault(2, UnexpectedToken)),
        ("text after a quoted value", "machine a.test password \"a\"b", fault(1, UnexpectedToken)),
        ("a keyword after a quoted value", "machine a.test login \"l\"password p", some("l", "p")),
        ("a comment after a quoted value", "machine a.test login l password \"p\"# machine b", some("l", "p")),
        ("a comment at the end of the text", "machine a.test login l password p #", some("l", "p")),
        ("only comments", "# machine a.test\n#", Ok(None)),
        ("a # as a value", "machine a.test login # password p", some("#", "p")),
        ("values on lines of their own", "machine\n\na.test\nlogin\n l\npassword\n\tp", some("l", "p")),
        ("all on one line", "machine b login x password y machine a.test login l password p", some("l", "p")),
        ("a field twice", "machine a.test login x login l password y password p", some("l", "p")),
        ("a value missing, on its keyword's line", "machine a.test\nlogin\n\n\n", fault(2, MissingValue)),
        ("a machine between empty quotes", "\nmachine \"\" login l", fault(2, MissingValue)),
        ("a macro without a name", "macdef\n", fault(1, MissingValue)),
        ("a macro that ends with its name", "machine a.test\nmacdef m", fault(2, UnterminatedMacdef)),
        ("a macro that only a blank ends", "macdef m\nx\n \n", fault(1, UnterminatedMacdef)),
        ("a macro of no lines", "macdef m\n\nmachine a.test login l", some("l", "")),
        ("a macro with its body after its name", "macdef m x\ny\n\nmachine a.test login l", some("l", "")),
        ("a macro with a fault in it", "macdef m\n\"\\\u{1}\n\nmachine a.test login l", some("l", "")),
        ("an escaped blank", "machine a.test login my\\ user password p\\\"\\\\\\q", some("my user", "p\"\\q")),
        ("an escaped quote at the beginning", "machine a.test login l password \\\"p\\\"", some("l", "\"p\"")),
        ("an escaped letter is itself", "machine a.test login \\n password \"\\t\"", some("n", "t")),
        ("a backslash ends the line", "machine a.test\npassword p\\\n", fault(2, UnfinishedEscape)),
        ("a backslash ends the line, CRLF", "machine a.test\r\npassword p\\\r\n", fault(2, UnfinishedEscape)),
        ("a backslash ends the text", "machine a.test password p\\", fault(1, UnfinishedEscape)),
        ("a quote open over lines", "machine a.test password \"p\n\" login l", fault(1, UnterminatedQuote)),
        ("a quote open before a carriage return", "machine a.test password \"p\r\"", fault(1, UnterminatedQuote)),
        ("a backslash ends a quoted line", "machine a.test password \"p\\\n\"", fault(1, UnterminatedQuote)),
        ("a backslash before the last quote", "machine a.test password \"p\\\"", fault(1, UnterminatedQuote)),
        ("a quote at the end of the text", "machine a.test password \"", fault(1, UnterminatedQuote)),
        ("a tab between quotes", "machine a.test password \"p\tq\"", fault(1, ControlCharacter)),
        ("an escaped tab", "machine a.test password p\\\tq", fault(1, ControlCharacter)),
        ("a control character beyond ASCII", "machine a.test login l\u{85}", fault(1, ControlCharacter)),
        ("a control character in a name", "machine a\u{7f}", fault(1, ControlCharacter)),
        ("a control character in an account", "machine b account \u{1}", fault(1, ControlCharacter)),
        ("a control character in a comment", "# \u{1}\nmachine a.test login l", some("l", "")),
        ("a colon between quotes", "\n\nmachine a.test login \"a:b\"", fault(3, ColonInLogin)),
        ("an escaped colon", "machine a.test user a\\:b", fault(1, ColonInLogin)),
        ("a colon in an account that is the login", "machine a.test\naccount a:b", fault(2, ColonInLogin)),
        ("a colon in an account", "machine a.test account a:b login l", some("l", "")),
        ("an account for an empty login", "machine a.test account a login \"\" password p", some("a", "p")),
        ("an account alone", "machine a.test account a", some("a", "")),
        ("only empty values", "machine a.test login \"\" password \"\"", Ok(None)),
        ("CR alone ends lines", "# x\rmachine a.test login l\rpassword", fault(3, MissingValue)),
        ("CR alone ends macros", "macdef m\rx\r\rmachine a.test login l", some("l", "")),
        ("a mark within the text", "machine a.test login l\n\u{feff}machine b", fault(2, UnexpectedToken)),
        ("two marks", "\u{feff}\u{feff}machine a.test", fault(1, UnexpectedToken)),
        (
            "other blanks are letters",
            "machine a.test login a\u{a0}b\u{2003}c password p",
            some("a\u{a0}b\u{2003}c", "p"),
        ),
        ("a fault after the entry", "machine a.test login l\n\n\nnonsense", fault(4, UnexpectedToken)),
    ];
    for (name, text, expected) in rows {
        let parsed = Netrc::parse(text.as_bytes());
        assert_shows_nothing(&parsed, "a.test", name);
        let outcome = parsed.map(|netrc| netrc.machine("a.test").and_then(texts));
        assert_eq!(outcome.map_err(|error| (error.line, error.kind)), expected, "{name}");
    }
}

#[test]
fn bytes_that_are_not_utf8_are_a_fault_on_their_line() {
    let rows: [(&str, &[u8], usize); 6] = [
        ("at the beginning", b"\xff", 1),
        ("UTF-16", b"\xff\xfem\0a\0", 1),
        ("in a password", b"machine a.test\npassword \xe9\n", 2),
        ("in a comment", b"#\r\n#\r\n# \xe9", 3),
        ("after lines that CR ends", b"#\r#\r\xe9", 3),
        ("cut off", b"\n\n\n\xc3", 4),
    ];
    for (name, text, line) in rows {
        let error = Netrc::parse(text).unwrap_err();
        assert_eq!((error.line, error.kind), (line, ParseErrorKind::BadUtf8), "{name}");
    }
}

#[test]
fn a_name_is_a_host_whole_in_any_case_and_an_address_in_any_spelling() {
    let rows = [
        // the file's name, the URI's host, whether they are the same
        ("a.test", "A.Test", true),
        ("A.TEST", "a.test", true),
        ("a.test", "a.test.", false),
        ("a.test.", "a.test", false),
        ("a.test.", "A.test.", true),
        ("*.a.test", "b.a.test", false),
        ("*", "a.test", false),
        ("default", "default", true),
        ("\"a.test\"", "a.test", true),
        ("a\\.test", "a.test", true),
        ("[a.test]", "a.test", false),
        ("::1", "::1", true),
        ("[::1]", "::1", true),
        ("::1", "[::1]", true),
        ("0:0:0:0:0:0:0:1", "::1", true),
        ("2001:DB8::A", "2001:db8::a", true),
        ("::ffff:127.0.0.1", "::ffff:7f00:1", true),
        ("::ffff:127.0.0.1", "127.0.0.1", false),
        ("[::1", "::1", false),
        ("127.0.0.1", "127.0.0.1", true),
        ("127.1", "127.0.0.1", false),
        ("a.test:443", "a.test", false),
        ("[::1]:443", "::1", false),
        ("É.test", "é.test", false),
    ];
    for (name, host, same) in rows {
        let netrc = Netrc::parse(format!("machine {name} login l password p").as_bytes()).unwrap();
        assert_eq!(netrc.machine(host).is_some(), same, "{name} and {host}");
        assert_eq!(netrc.machine_with_login(host, "l").is_some(), same, "{name} and {host}");
        assert!(netrc.default_entry().is_none(), "{name}");
    }
}

#[test]
fn a_login_finds_its_own_password_and_never_anothers() {
    let netrc = Netrc::parse(
        b"machine a.test login l1 password p1\nmachine b.test login l1 password other\n\
          machine a.test login l2 password old\nmachine a.test login l2 password p2\n\
          machine a.test account acct password p3\nmachine a.test\n\
          default login l4 password p4\n",
    )
    .unwrap();
    let password = |login| netrc.machine_with_login("a.test", login).and_then(texts).map(|(_, password)| password);
    let rows = [
        ("l1", Some("p1")),
        ("l2", Some("p2")),
        ("acct", Some("p3")),
        ("l4", None),
        ("L1", None),
        ("l", None),
        ("", None),
    ];
    for (login, expected) in rows {
        assert_eq!(password(login).as_deref(), expected, "{login:?}");
    }
    assert_eq!(netrc.machine("a.test").map(texts), Some(None), "the last entry is empty, and it counts");
    assert_eq!(format!("{netrc:?}"), "Netrc { machines: 6, .. }");
}

#[test]
fn names_that_match_nothing_and_machines_that_stand_there_twice_are_warned_of_by_line() {
    let repeated = |lines: &[usize]| NetrcWarning::Repeated { path: None, lines: lines.into() };
    let port = |lines: &[usize]| NetrcWarning::Port { path: None, lines: lines.into() };
    let no_host = |lines: &[usize]| NetrcWarning::NotAHost { path: None, lines: lines.into() };
    let rows: [(&str, &str, &[NetrcWarning]); 12] = [
        ("none", "machine a\nmachine b\nmachine ::1\nmachine default\ndefault login l", &[]),
        ("no text", "", &[]),
        ("the same", "machine a\n\nmachine a", &[repeated(&[3])]),
        ("in another case", "machine a.test\nmachine A.test\nmachine a.TEST", &[repeated(&[2, 3])]),
        ("another spelling", "machine ::1\nmachine\n[0::1]", &[repeated(&[2])]),
        ("default", "default login a\nmachine default\ndefault login b", &[repeated(&[3])]),
        ("a port", "machine a:80\nmachine b\nmachine [::1]:443 machine 1.2.3.4:5", &[port(&[1, 3, 3])]),
        ("a port that is missing", "machine a:", &[port(&[1])]),
        ("no port", "machine ::1:80\nmachine 2001:db8::1", &[]),
        ("a URI", "machine https://a.test\nmachine https://a.test:80/\nmachine u@a.test", &[no_host(&[1, 2, 3])]),
        ("a pattern", "machine *.a.test", &[no_host(&[1])]),
        ("all", "machine a\nmachine a\nmachine b:1\nmachine é", &[repeated(&[2]), port(&[3]), no_host(&[4])]),
    ];
    for (name, text, expected) in rows {
        assert_eq!(Netrc::parse(text.as_bytes()).unwrap().warnings(), expected, "{name}");
    }
}

#[test]
fn texts_name_the_line_and_how_to_mend_it() {
    use ParseErrorKind::*;
    let rows = [
        ("x", UnexpectedToken, "line 1: a word that is no keyword"),
        ("machine", MissingValue, "write the value after it"),
        ("machine \"", UnterminatedQuote, "end it with a double quote"),
        ("machine \\", UnfinishedEscape, "write two"),
        ("machine a\u{1}", ControlCharacter, "remove that character"),
        ("default login :", ColonInLogin, "use another login"),
        ("macdef m", UnterminatedMacdef, "add an empty line"),
        ("\u{feff}machine a login l\nx", UnexpectedToken, "line 2: "),
    ];
    for (text, kind, expected) in rows {
        let error = Netrc::parse(text.as_bytes()).unwrap_err();
        assert_eq!(error.kind, kind, "{text}");
        assert!(error.to_string().contains(expected), "{text}: {error}");
    }
    let warnings = Netrc::parse("machine a\n".repeat(10).as_bytes()).unwrap().warnings().to_vec();
    let text = "the netrc text has machines that stand there already (line 2, line 3, line 4, line 5, line 6, line 7, \
                line 8, line 9 and 1 more), of which the last counts unless a URI names the login; remove the others";
    assert_eq!(warnings.iter().map(ToString::to_string).collect::<Vec<_>>(), [text]);
}
