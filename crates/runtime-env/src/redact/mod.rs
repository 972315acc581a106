//! Redaction of URIs and of known secrets in text.

pub(crate) mod parts;
mod single;

pub use self::single::redact_uri;
