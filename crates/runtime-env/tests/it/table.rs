//! The table of remote URIs, `tests/vectors/runtime_env.json`, in which real Ray and curl were observed. What its fields mean
//! stands in `interop/tests/support/runtime_env.py`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ray_auth_runtime_env::credentials::{BEARER_VARIABLE, CredentialError, Credentials, NETRC_VARIABLE};
use ray_auth_runtime_env::netrc::NetrcSource;
use serde::Deserialize;

/// How many questions the table answers, each in one case or several.
pub(crate) const ROWS: usize = 38;

/// What stands in every login, password and token of the table, so that any of them is found wherever it shows.
pub(crate) const MARKER: &str = "s3cr3t";

/// A download in its environment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) row: usize,
    #[serde(rename = "what")]
    _what: String,
    pub(crate) uri: String,
    pub(crate) bearer: Option<String>,
    netrc: Option<String>,
    netrc_encoding: Option<String>,
    netrc_variable: Option<String>,
    #[serde(default)]
    home: BTreeMap<String, String>,
    mode: Option<String>,
    #[serde(default)]
    strict: bool,
    #[serde(default)]
    allow_plaintext: bool,
    /// What is answered with `302 <location>`; all else is answered with the package.
    #[serde(default)]
    pub(crate) redirects: BTreeMap<String, String>,
    ours: Outcome,
    #[serde(rename = "ray")]
    _ray: serde_json::Value,
    #[serde(rename = "curl")]
    _curl: Option<serde_json::Value>,
    #[serde(rename = "differs")]
    _differs: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Outcome {
    requests: Vec<Requests>,
    error: Option<String>,
    warning: Option<String>,
}

/// The same request, once or again and again.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Requests {
    at: String,
    authorization: Vec<String>,
    #[serde(default = "once")]
    times: usize,
}

fn once() -> usize {
    1
}

/// One request: the URI that was asked for, and every `Authorization` header, readable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) at: String,
    pub(crate) authorization: Vec<String>,
}

impl Case {
    /// All of them, for servers at these ports.
    pub(crate) fn all(port: u16, other: u16) -> Vec<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/runtime_env.json");
        let text = fs::read_to_string(path).unwrap();
        let text = text.replace("{port}", &port.to_string()).replace("{other}", &other.to_string());
        serde_json::from_str(&text).unwrap()
    }

    /// What is expected to be sent.
    pub(crate) fn expected(&self) -> Vec<Sent> {
        let each = |requests: &Requests| {
            let sent = Sent { at: requests.at.clone(), authorization: requests.authorization.clone() };
            std::iter::repeat_n(sent, requests.times)
        };
        self.ours.requests.iter().flat_map(each).collect()
    }

    /// The word for how it is expected to fail.
    pub(crate) fn expected_error(&self) -> Option<&str> {
        self.ours.error.as_deref()
    }

    /// A part of the one warning that is expected.
    pub(crate) fn expected_warning(&self) -> Option<&str> {
        self.ours.warning.as_deref()
    }

    /// Where a server sends whoever asks for this.
    pub(crate) fn redirect(&self, at: &str) -> Option<(&str, &str)> {
        self.redirects.get(at).and_then(|redirect| redirect.split_once(' '))
    }

    /// The credentials of its environment, whose files are put into this folder.
    pub(crate) fn credentials(&self, folder: &Path) -> Result<Credentials, CredentialError> {
        let home = folder.join("home");
        fs::create_dir(&home).unwrap();
        for (name, text) in &self.home {
            self.write(&home.join(name), text);
        }
        let mut variables = BTreeMap::from([("HOME", home.clone().into_os_string())]);
        if let Some(text) = &self.netrc {
            let named = folder.join("named-netrc");
            self.write(&named, text);
            variables.insert(NETRC_VARIABLE, named.into());
        }
        if let Some(value) = &self.netrc_variable {
            variables.insert(NETRC_VARIABLE, value.replace("{home}", home.to_str().unwrap()).into());
        }
        if let Some(value) = &self.bearer {
            variables.insert(BEARER_VARIABLE, OsString::from(value));
        }
        let lookup = |name: &str| variables.get(name).cloned();
        let mut credentials = Credentials::from_vars(lookup)?;
        if self.strict {
            credentials = credentials.with_netrc(NetrcSource::from_vars(lookup).strict());
        }
        if self.allow_plaintext {
            credentials = credentials.dangerously_allow_plaintext();
        }
        Ok(credentials)
    }

    fn write(&self, path: &Path, text: &str) {
        let bytes = match self.netrc_encoding.as_deref() {
            None => text.as_bytes().to_vec(),
            Some("latin-1") => text.chars().map(|character| u8::try_from(character).unwrap()).collect(),
            Some(other) => panic!("{other} is no encoding that is known here"),
        };
        fs::write(path, bytes).unwrap();
        let mode = u32::from_str_radix(self.mode.as_deref().unwrap_or("0600"), 8).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
}

/// What a text holds that shows a secret of the table: the marker as it is, in hexadecimal digits, and as it looks in base64,
/// which depends on how many bytes stand before it.
pub(crate) fn spellings() -> Vec<String> {
    let hex = MARKER.bytes().map(|byte| format!("{byte:02x}")).collect();
    let encoded = [(0, 0), (1, 2), (2, 3)].map(|(before, first)| {
        let bytes = [vec![0; before], MARKER.as_bytes().to_vec()].concat();
        STANDARD.encode(&bytes)[first..bytes.len() * 8 / 6].to_owned()
    });
    [vec![MARKER.to_owned(), hex], encoded.to_vec()].concat()
}
