//! Whose certificates are trusted: those that the operating system trusts (on Linux the variables `SSL_CERT_FILE` and
//! `SSL_CERT_DIR` name others), and those that a program adds.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls_platform_verifier::Verifier;

use super::SetupError;

/// With ring, explicitly: what else the process has chosen for itself stays as it is.
pub(super) fn config(roots: Vec<CertificateDer<'static>>) -> Result<ClientConfig, SetupError> {
    let failed = |error: rustls::Error| match error {
        // It has no type of its own.
        rustls::Error::General(text) if text.contains("No CA certificates") => SetupError::NoCertificates,
        error => SetupError::Tls(error.to_string()),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Verifier::new_with_extra_roots(roots, Arc::clone(&provider)).map_err(failed)?;
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(failed)?;
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    Ok(builder.with_no_client_auth())
}
