//! Rows of `token_sources.json`: where Ray's processes find their mode and their token.

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Deserializer};

use super::bytes::Spelling;

/// One observed environment and what Ray's loader made of it.
#[derive(Clone, Debug)]
pub struct TokenSourceRow {
    /// The row's name, unique in the table.
    pub name: String,
    /// The environment and the files.
    pub input: TokenSourceInput,
    /// What Ray found.
    pub expected: TokenSourceExpected,
    /// The version of Ray it was observed with.
    pub observed_with: String,
}

/// The environment and the files of a row. In texts, `__home__` is the home folder and `__file__` the file that
/// `RAY_AUTH_TOKEN_PATH` usually names; [`Places::fill`] puts real ones in.
#[derive(Clone, Debug)]
pub struct TokenSourceInput {
    /// `RAY_AUTH_MODE`, if it is set.
    pub mode: Option<String>,
    /// `RAY_ENABLE_K8S_TOKEN_AUTH`, if it is set.
    pub kubernetes: Option<String>,
    /// `RAY_AUTH_TOKEN`, if it is set.
    pub token: Option<Vec<u8>>,
    /// `RAY_AUTH_TOKEN_PATH`, if it is set.
    pub token_path: Option<String>,
    /// What `__file__` holds, if it exists.
    pub path_file_content: Option<Vec<u8>>,
    /// What is special about `__file__`.
    pub path_kind: PathKind,
    /// `HOME`, if it is set.
    pub home: Option<String>,
    /// What `__home__/.ray/auth_token` holds, if it exists.
    pub default_file_content: Option<Vec<u8>>,
    /// Whether `__home__/.ray/auth_token` is a folder.
    pub default_is_dir: bool,
    /// The permissions of `__home__/.ray/auth_token`, where they matter.
    pub default_mode: Option<u32>,
    /// The user the loader runs as.
    pub run_as_uid: u32,
    /// The working directory, where it matters.
    pub cwd: Option<String>,
}

/// What is special about the file that `RAY_AUTH_TOKEN_PATH` names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum PathKind {
    /// Nothing: a file with the given content, or nothing at all.
    #[default]
    File,
    /// A folder.
    #[serde(rename = "dir")]
    Directory,
    /// A file nobody may read.
    #[serde(rename = "chmod000")]
    Mode000,
    /// A file everybody may read.
    #[serde(rename = "chmod644")]
    Mode644,
    /// A file everybody may do everything with.
    #[serde(rename = "chmod777")]
    Mode777,
    /// A symbolic link to nothing.
    #[serde(rename = "dangling")]
    DanglingLink,
    /// A FIFO with a writer that writes the given content.
    #[serde(rename = "fifo")]
    Fifo,
    /// There is a file `__home__/tokfile` with `pathtok` in it.
    #[serde(rename = "hometok")]
    FileInHome,
}

/// What Ray found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSourceExpected {
    /// The mode in force, where it was recorded.
    pub mode: Option<String>,
    /// Whether Kubernetes tokens are in force, where it was recorded.
    pub kubernetes: Option<bool>,
    /// Whether there is a token, or the error of asking, where it was recorded.
    pub has_token: Option<Result<bool, Failure>>,
    /// The token; the empty one means none.
    pub token: ExpectedToken,
    /// The token, when the mode is not looked at, where it was recorded.
    pub token_in_any_mode: Option<ExpectedToken>,
    /// A line that is logged.
    pub log: Option<String>,
    /// A remark of those who observed it.
    pub note: Option<String>,
}

/// A token as Ray showed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectedToken {
    /// This one.
    Token(Vec<u8>),
    /// Ray's loader took it, and its Python half could not show it.
    Unshowable,
    /// None, by error.
    Failure(Failure),
}

/// An error of Ray's.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// The class of the exception.
    pub error: String,
    /// Its text; one that ends in `...` is the beginning of a text.
    pub message: String,
}

/// Real folders and files for the placeholders of a row.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// For `__home__`.
    pub home: &'a str,
    /// For `__file__`.
    pub file: &'a str,
}

impl Places<'_> {
    /// The text with real folders and files in it.
    pub fn fill(&self, text: &str) -> String {
        text.replace("__home__", self.home).replace("__file__", self.file)
    }
}

impl TokenSourceRow {
    pub(super) fn from_table(raw: RawRow) -> Result<Self> {
        let name = raw.name.clone();
        raw.row().with_context(|| format!("row {name:?}"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRow {
    name: String,
    input: RawInput,
    expected: RawExpected,
    observed_with: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawInput {
    #[serde(rename = "RAY_AUTH_MODE")]
    mode: Option<String>,
    #[serde(rename = "RAY_ENABLE_K8S_TOKEN_AUTH")]
    kubernetes: Option<String>,
    #[serde(rename = "RAY_AUTH_TOKEN")]
    token: Option<Spelling>,
    #[serde(rename = "RAY_AUTH_TOKEN_PATH")]
    token_path: Option<String>,
    path_file_content: Option<Spelling>,
    path_kind: Option<PathKind>,
    // A row that says nothing of HOME has an empty one; a row that says null has none.
    #[serde(rename = "HOME", default = "home")]
    home: Option<String>,
    default_file_content: Option<Spelling>,
    #[serde(default)]
    default_is_dir: bool,
    #[serde(default, deserialize_with = "octal")]
    default_mode: Option<u32>,
    #[serde(default)]
    run_as_uid: u32,
    cwd: Option<String>,
}

fn home() -> Option<String> {
    Some("__home__".to_owned())
}

fn octal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let digits = text.strip_prefix("0o").ok_or_else(|| serde::de::Error::custom("permissions without 0o"))?;
    u32::from_str_radix(digits, 8).map(Some).map_err(serde::de::Error::custom)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExpected {
    mode: Option<String>,
    k8s_enabled: Option<bool>,
    has_token: Option<RawHasToken>,
    get_raw_token: Option<RawToken>,
    get_raw_token_ignore_auth_mode: Option<RawToken>,
    // Some rows have no calls but one token or one error.
    token: Option<String>,
    error: Option<String>,
    message: Option<String>,
    log: Option<String>,
    note: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawHasToken {
    Value(RawValue),
    Failure(Failure),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawValue {
    value: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawToken {
    Token(RawShown),
    Unshowable(RawUnshowable),
    Failure(Failure),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawShown {
    token: Spelling,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawUnshowable {
    accepted_by_loader: bool,
    #[serde(rename = "python_binding_error")]
    _python_binding_error: String,
    #[serde(rename = "note")]
    _note: String,
}

impl RawToken {
    fn expected(self) -> Result<ExpectedToken> {
        Ok(match self {
            Self::Token(RawShown { token }) => ExpectedToken::Token(token.bytes()?),
            Self::Unshowable(RawUnshowable { accepted_by_loader: true, .. }) => ExpectedToken::Unshowable,
            Self::Unshowable(_) => bail!("a token that the loader did not accept and no error"),
            Self::Failure(failure) => ExpectedToken::Failure(failure),
        })
    }
}

impl RawExpected {
    fn expected(self) -> Result<TokenSourceExpected> {
        let token = match (self.get_raw_token, self.token, self.error, self.message) {
            (Some(token), None, None, None) => token.expected()?,
            (None, Some(token), None, None) => ExpectedToken::Token(token.into_bytes()),
            (None, None, Some(error), Some(message)) => ExpectedToken::Failure(Failure { error, message }),
            _ => bail!("no token, or more than one"),
        };
        Ok(TokenSourceExpected {
            mode: self.mode,
            kubernetes: self.k8s_enabled,
            has_token: self.has_token.map(|has_token| match has_token {
                RawHasToken::Value(RawValue { value }) => Ok(value),
                RawHasToken::Failure(failure) => Err(failure),
            }),
            token,
            token_in_any_mode: self.get_raw_token_ignore_auth_mode.map(RawToken::expected).transpose()?,
            log: self.log,
            note: self.note,
        })
    }
}

impl RawRow {
    fn row(self) -> Result<TokenSourceRow> {
        let input = self.input;
        let bytes = |spelling: Option<Spelling>| spelling.map(|spelling| spelling.bytes()).transpose();
        Ok(TokenSourceRow {
            name: self.name,
            input: TokenSourceInput {
                mode: input.mode,
                kubernetes: input.kubernetes,
                token: bytes(input.token)?,
                token_path: input.token_path,
                path_file_content: bytes(input.path_file_content)?,
                path_kind: input.path_kind.unwrap_or_default(),
                home: input.home,
                default_file_content: bytes(input.default_file_content)?,
                default_is_dir: input.default_is_dir,
                default_mode: input.default_mode,
                run_as_uid: input.run_as_uid,
                cwd: input.cwd,
            },
            expected: self.expected.expected()?,
            observed_with: self.observed_with,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::token_sources;

    fn row(name: &str) -> TokenSourceRow {
        token_sources().unwrap().into_iter().find(|row| row.name == name).unwrap()
    }

    fn token(text: &str) -> ExpectedToken {
        ExpectedToken::Token(text.as_bytes().to_vec())
    }

    #[test]
    fn tokens_in_their_spellings() {
        let cases = [
            ("env_only", token("envtok")),
            ("env_inner_crlf", token("env\r\ntok")),
            ("path_1MiB", token(&"a".repeat(1 << 20))),
            ("default_nul_trailing", token("deftok\0")),
            ("path_utf8_bom", token("\u{feff}pathtok")),
            ("env_non_utf8", ExpectedToken::Unshowable),
            ("mode_'foo'_with_env", token("")),
            ("k8s_flag_1_env", token("envtok")),
        ];
        for (name, expected) in cases {
            assert!(row(name).expected.token == expected, "{name}");
        }
        assert_eq!(row("env_64KiB").input.token.unwrap().len(), 65_536);
        assert_eq!(row("mode_'foo'_with_env").expected.token_in_any_mode, Some(token("envtok")));
    }

    #[test]
    fn errors_are_the_same_however_asked() {
        for name in ["no_source_at_all", "path_directory", "k8s_flag_1_no_source"] {
            let expected = row(name).expected;
            let ExpectedToken::Failure(failure) = expected.token else { panic!("{name}") };
            assert_eq!(failure.error, "AuthenticationError", "{name}");
            assert!(expected.has_token.is_none_or(|asked| asked == Err(failure)), "{name}");
        }
    }

    #[test]
    fn absent_and_null_are_told_apart() {
        assert_eq!(row("home_unset_path").input.home, None);
        assert_eq!(row("home_empty_string").input.home.as_deref(), Some(""));
        assert_eq!(row("k8s_flag_1_env").input.home.as_deref(), Some("__home__"));
        assert_eq!(row("mode_unset_no_source").input.mode, None);
        assert_eq!(row("path_empty_string").input.token_path.as_deref(), Some(""));
    }

    #[test]
    fn what_is_special_about_files() {
        let cases = [
            ("path_file_only", PathKind::File),
            ("path_directory", PathKind::Directory),
            ("path_unreadable_as_nonroot_with_default", PathKind::Mode000),
            ("path_world_readable_0644", PathKind::Mode644),
            ("path_0777", PathKind::Mode777),
            ("path_dangling_symlink", PathKind::DanglingLink),
            ("path_fifo_with_writer", PathKind::Fifo),
            ("path_tilde", PathKind::FileInHome),
        ];
        for (name, expected) in cases {
            assert_eq!(row(name).input.path_kind, expected, "{name}");
        }
        let unreadable = row("default_unreadable_as_nonroot").input;
        assert_eq!((unreadable.default_mode, unreadable.run_as_uid), (Some(0), 65_534));
    }

    #[test]
    fn places_are_filled_in() {
        let places = Places { home: "/h", file: "/f" };
        assert_eq!(places.fill("file://__file__ __home__/x"), "file:///f /h/x");
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        let json = r#"{"name": "n", "input": {}, "expected": {"token": "t"}, "observed_with": "r"}"#;
        assert!(serde_json::from_str::<RawRow>(json).is_ok());
        for (before, after) in [
            ("\"name\"", "\"new\": 1, \"name\""),
            ("{}", "{\"new\": 1}"),
            ("\"token\": \"t\"", "\"token\": \"t\", \"new\": 1"),
        ] {
            assert!(serde_json::from_str::<RawRow>(&json.replace(before, after)).is_err(), "{after}");
        }
    }
}
