//! Redaction of URIs and of known secrets in text.
