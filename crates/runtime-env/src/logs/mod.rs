//! Redacted logs.
