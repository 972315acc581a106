//! Where to ask.

use std::fmt;

use http::Uri;
use ray_auth::tls::Tls;

use crate::exit::{Exit, Failure};

/// A host and a port, and what is encrypted with, if anything.
#[derive(Debug)]
pub(crate) struct Address {
    host: String,
    port: u16,
    tls: Option<Tls>,
}

/// Why text is no [`Address`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AddressError {
    /// It is shown, unless it may hold a password.
    Invalid(Option<String>),
    Tls,
}

impl Address {
    /// Reads `host:port`, `http://host:port` or `https://host:port`. With `tls`, only the second is plaintext.
    pub(crate) fn parse(text: &str, tls: Option<&Tls>) -> Result<Self, AddressError> {
        let invalid = || AddressError::Invalid((!text.contains('@')).then(|| text.to_owned()));
        let (scheme, rest) = text.split_once("://").unwrap_or((if tls.is_some() { "https" } else { "http" }, text));
        if rest.contains('@') {
            return Err(invalid());
        }
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "http" => None,
            "https" | "grpcs" => Some(tls.ok_or(AddressError::Tls)?.clone()),
            _ => return Err(invalid()),
        };
        let uri: Uri = format!("http://{}", rest.strip_suffix('/').unwrap_or(rest)).parse().map_err(|_| invalid())?;
        let (Some(host), Some(port)) = (uri.host(), uri.port_u16()) else { return Err(invalid()) };
        if host.is_empty() || port == 0 || uri.path() != "/" || uri.query().is_some() {
            return Err(invalid());
        }
        Ok(Self { host: host.to_owned(), port, tls })
    }

    /// Reads each of several.
    ///
    /// # Errors
    ///
    /// The first that is none.
    pub(crate) fn parse_all(texts: &[String]) -> Result<Vec<Self>, Failure> {
        let tls = Tls::from_env().map_err(|error| Failure::new(Exit::BadInput, error))?;
        let parse = |text: &String| Self::parse(text, tls.as_ref());
        texts.iter().map(|text| parse(text).map_err(|error| Failure::new(Exit::BadInput, error))).collect()
    }

    /// What is encrypted with, if anything.
    pub(crate) fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// What to look up and connect to.
    pub(crate) fn to_dial(&self) -> (&str, u16) {
        let host = self.host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(&self.host);
        (host, self.port)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MEND: &str = "write a host and a port, like 127.0.0.1:6379";
        match self {
            Self::Invalid(Some(text)) => write!(f, "{text:?} is no address of a server; {MEND}"),
            Self::Invalid(None) => write!(f, "the address has a user name in it; {MEND}"),
            Self::Tls => write!(
                f,
                "the address asks for TLS, and this process has none; set RAY_USE_TLS=1 with RAY_TLS_SERVER_CERT, \
                 RAY_TLS_SERVER_KEY and RAY_TLS_CA_CERT"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        let table = [
            ("127.0.0.1:6379", Some(("127.0.0.1", 6379))),
            ("http://127.0.0.1:6379", Some(("127.0.0.1", 6379))),
            ("HTTP://head.example:6379/", Some(("head.example", 6379))),
            ("localhost:1", Some(("localhost", 1))),
            ("[::1]:6379", Some(("::1", 6379))),
            ("127.0.0.1", None),
            ("127.0.0.1:", None),
            ("127.0.0.1:0", None),
            ("127.0.0.1:65536", None),
            ("::1:6379", None),
            (":6379", None),
            ("", None),
            ("head example:6379", None),
            ("http://127.0.0.1:6379/path", None),
            ("http://127.0.0.1:6379?query", None),
            ("ray://127.0.0.1:10001", None),
            ("unix:/tmp/socket", None),
        ];
        for (text, expected) in table {
            let parsed = Address::parse(text, None);
            assert_eq!(parsed.as_ref().ok().map(Address::to_dial), expected, "{text}");
        }
    }

    #[test]
    fn a_password_is_not_repeated() {
        for text in ["http://ada:secret@head:6379", "ada:secret@head:6379", "https://ada:secret@head:6379", "secret@"] {
            let error = Address::parse(text, None).unwrap_err();
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        assert_eq!(Address::parse("https://head:6379", None).unwrap_err(), AddressError::Tls);
    }
}
