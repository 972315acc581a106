//! `ray-auth secret`: the manifest of a Kubernetes Secret with a fresh token.
//!
//! The token stands on stdout and nowhere else: it is meant for a pipe to `kubectl`.

use std::fmt::Write as _;
use std::io::{self, IsTerminal};

use ray_auth::Token;
use serde::ser::{Serialize, SerializeMap, Serializer};
use zeroize::Zeroizing;

use crate::exit::{Exit, Failure};
use crate::output;

/// What Ray's containers read, and what processes with this project's layers follow.
const KEYS: [&str; 2] = ["auth_token", "keyring"];

/// More than a manifest has without its keys: so that it is never moved, and no copy of the token is left behind.
const SPACE: usize = 2_048;

/// Arguments of `secret`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// The name of the Secret.
    #[arg(long, value_parser = name)]
    name: String,
    /// The namespace it is for.
    #[arg(long, value_name = "NS", value_parser = namespace)]
    namespace: String,
    /// A key that holds the token, instead of auth_token and keyring; for several give it several times.
    #[arg(long = "key", value_name = "KEY", value_parser = key)]
    keys: Vec<String>,
    /// Print it as JSON.
    #[arg(long)]
    json: bool,
}

/// Prints the manifest.
///
/// # Errors
///
/// When a key is named twice, or it cannot be written.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let keys: Vec<_> =
        if args.keys.is_empty() { KEYS.to_vec() } else { args.keys.iter().map(String::as_str).collect() };
    if let Some((_, twice)) = keys.iter().enumerate().find(|(at, key)| keys[..*at].contains(key)) {
        return Err(Failure::new(Exit::BadInput, format_args!("the key {twice:?} is named twice; leave one out")));
    }
    let token = Token::generate();
    let secret = Secret { name: &args.name, namespace: &args.namespace, keys: &keys, token: token.expose_secret() };
    let text = if args.json { secret.json()? } else { secret.yaml() };
    if io::stdout().is_terminal() {
        output::tell(
            "warning: this shows a secret, which now stands on this screen and in what it remembers; \
             pipe it to `kubectl create -f -` instead\n",
        );
    }
    output::answer(&*text)?;
    Ok(Exit::Done)
}

/// What is printed.
struct Secret<'a> {
    name: &'a str,
    namespace: &'a str,
    keys: &'a [&'a str],
    token: &'a str,
}

impl Secret<'_> {
    fn space(&self) -> usize {
        let keys: usize = self.keys.iter().map(|key| key.len() + self.token.len() + 16).sum();
        SPACE + keys
    }

    /// All that is filled in is of characters that need no escape. What could pass for a number stands in quotes.
    fn yaml(&self) -> Zeroizing<Vec<u8>> {
        let mut text = String::with_capacity(self.space());
        // A `String` takes whatever is written to it.
        let _ = write!(
            text,
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"{}\"\n  namespace: \"{}\"\ntype: Opaque\nstringData:\n",
            self.name, self.namespace
        );
        for key in self.keys {
            let _ = writeln!(text, "  \"{key}\": \"{}\"", self.token);
        }
        Zeroizing::new(text.into_bytes())
    }

    fn json(&self) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let mut text = Zeroizing::new(Vec::with_capacity(self.space()));
        serde_json::to_writer_pretty(&mut *text, self)
            .map_err(|error| Failure::new(Exit::No, format_args!("cannot write JSON: {error}; leave --json out")))?;
        text.push(b'\n');
        Ok(text)
    }
}

impl Serialize for Secret<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("apiVersion", "v1")?;
        map.serialize_entry("kind", "Secret")?;
        map.serialize_entry("metadata", &Metadata { name: self.name, namespace: self.namespace })?;
        map.serialize_entry("type", "Opaque")?;
        map.serialize_entry("stringData", &Data(self))?;
        map.end()
    }
}

#[derive(serde::Serialize)]
struct Metadata<'a> {
    name: &'a str,
    namespace: &'a str,
}

/// The keys, each with the token.
struct Data<'a>(&'a Secret<'a>);

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.keys.iter().map(|key| (key, self.0.token)))
    }
}

/// The name of a Secret: a DNS-1123 subdomain.
fn name(text: &str) -> Result<String, &'static str> {
    if text.len() <= 253 && text.split('.').all(is_label) {
        return Ok(text.to_owned());
    }
    Err("not a name of Kubernetes; use lower-case letters, digits, '-' and '.', at most 253, each part between dots \
         beginning and ending with a letter or digit")
}

/// The name of a namespace: a DNS-1123 label.
fn namespace(text: &str) -> Result<String, &'static str> {
    if text.len() <= 63 && is_label(text) {
        return Ok(text.to_owned());
    }
    Err(
        "not a namespace of Kubernetes; use lower-case letters, digits and '-', at most 63, beginning and ending with a \
         letter or digit",
    )
}

/// A key of a Secret.
fn key(text: &str) -> Result<String, &'static str> {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if (1..=253).contains(&text.len()) && text.bytes().all(is_fit) && text != "." && !text.starts_with("..") {
        return Ok(text.to_owned());
    }
    Err("not a key of a Secret; use letters, digits, '-', '_' and '.', at most 253, not beginning with '..'")
}

fn is_label(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(is_inner) && !text.starts_with('-') && !text.ends_with('-')
}

#[cfg(test)]
mod tests;
