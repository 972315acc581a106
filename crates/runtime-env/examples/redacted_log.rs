//! A log that is redacted as it is written, whatever a program or its dependencies put into it, and a token that rotates.
//!
//! ```text
//! cargo run -p ray-auth-runtime-env --example redacted_log
//! ```

use ray_auth_runtime_env::credentials::Credentials;
use ray_auth_runtime_env::logs::RedactingMakeWriter;
use ray_auth_runtime_env::redact::Redactor;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The bearer token and the netrc file's passwords of this environment, and a token of the program's own.
    let (of_environment, error) = Credentials::from_env()?.hide_in(Redactor::new());
    if let Some(error) = error {
        eprintln!("warning: {error}; its passwords are not looked for in the log");
    }
    let (stderr, handle) = RedactingMakeWriter::new(std::io::stderr, of_environment.clone().hide("first-token"));
    tracing_subscriber::fmt().with_writer(stderr).init();

    tracing::info!(uri = "https://me:secret@packages.example/p.zip?sig=secret", "downloading");
    tracing::warn!("the server does not know first-token");

    // Hidden before it is used, and the old one for as long as somebody may have it.
    handle.replace(of_environment.hide("first-token").hide("second-token"));
    tracing::info!("retired first-token, sending second-token");
    Ok(())
}
