//! Free text, redacted: tables of lines, each with what is shown of it, and any text at all.
//!
//! Every secret in the tables begins with SECRET, so that none is overlooked.

mod any;
mod filter;
mod named;
mod ray;
mod uris;

use ray_auth_runtime_env::redact::Redactor;

/// What is logged with a token that the redactor was told about.
const KNOWN: &str = "SECRETtoken+known/1==";

fn check(table: &[(&str, &str, &str)]) {
    let redactor = Redactor::new().hide(KNOWN).hide_basic("agent", "SECRET:pass word");
    let mut wrong = Vec::new();
    for (name, line, expected) in table {
        let shown = redactor.redact(line);
        if shown != *expected {
            wrong.push(format!("{name}:\n  {shown}\n  {expected}"));
        }
        assert!(!shown.contains("SECRET"), "{name}: {shown}");
        assert_eq!(redactor.redact(&shown), shown, "{name} changes when it is redacted again");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
