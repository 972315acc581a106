//! Events of `tracing`, redacted as they are written.
