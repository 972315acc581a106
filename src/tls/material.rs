//! What the files come to: the two configurations that every connection is made with.

use std::sync::Arc;

use rustls::client::{Resumption, verify_server_cert_signed_by_trust_anchor};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, ParsedCertificate, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    CertificateError, ClientConfig, Error, InconsistentKeys, RootCertStore, ServerConfig, SupportedProtocolVersion,
};
use zeroize::Zeroizing;

use super::date::date;
use super::error::TlsError;
use super::files::{Contents, TlsFile, TlsFiles};

/// Ray's, too.
const VERSIONS: [&SupportedProtocolVersion; 2] = [&rustls::version::TLS13, &rustls::version::TLS12];

/// HTTP/2, which gRPC is spoken over.
pub(super) const H2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";

/// Everything a connection needs. Made whole and replaced whole: nothing of an authority that was taken away is left.
pub(super) struct Material {
    pub(super) client: Arc<ClientConfig>,
    /// Takes HTTP/2.
    pub(super) server: Arc<ServerConfig>,
    /// Takes HTTP/1.1, too.
    pub(super) server_http1: Arc<ServerConfig>,
    /// What peers will not take this process's certificate for, if anything.
    pub(super) one_sided: Option<&'static str>,
}

impl Material {
    /// Makes it of what was read, after all of it was found to fit together and to be what a peer would accept.
    pub(super) fn new(files: &TlsFiles, contents: &Contents) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let chain = certificates(&files.certificate, &contents.certificate)?;
        let key = certified_key(files, chain, &contents.key)?;
        let roots = Arc::new(authorities(&files.authority, &contents.authority)?);
        let of_authority = |error: &dyn std::fmt::Display| TlsError::Certificate {
            file: files.authority.clone(),
            why: error.to_string(),
        };
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(&provider))
            .build()
            .map_err(|error| of_authority(&error))?;
        let one_sided = accepted_by_peers(files, &key.cert, &roots, &*verifier, &provider)?;

        let key = Arc::new(key);
        let mut client = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&VERSIONS)
            .map_err(|error| of_authority(&error))?
            .with_root_certificates(roots)
            .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::clone(&key))));
        client.alpn_protocols = vec![H2.to_vec()];
        // A resumed session would not be asked for a certificate again, however long ago that expired or its authority
        // was taken away. Connections of gRPC live long, so there is next to nothing to gain.
        client.resumption = Resumption::disabled();
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&VERSIONS)
            .map_err(|error| of_authority(&error))?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(key)));
        server.alpn_protocols = vec![H2.to_vec()];
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.send_tls13_tickets = 0;
        let mut server_http1 = server.clone();
        server_http1.alpn_protocols.push(HTTP1.to_vec());
        Ok(Self { client: Arc::new(client), server: Arc::new(server), server_http1: Arc::new(server_http1), one_sided })
    }
}

fn certificates(file: &TlsFile, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    // The library's own text can hold a line of the file.
    let found = found.map_err(|_| TlsError::NotPem { file: file.clone() })?;
    if found.is_empty() { Err(TlsError::NoCertificate { file: file.clone() }) } else { Ok(found) }
}

fn certified_key(files: &TlsFiles, chain: Vec<CertificateDer<'static>>, pem: &[u8]) -> Result<CertifiedKey, TlsError> {
    let file = || files.key.clone();
    // Wiped here; the library keeps its own copy, which lives as long as the configuration.
    let key = Zeroizing::new(PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        pem::Error::NoItemsFound => TlsError::NoKey { file: file() },
        _ => TlsError::NotPem { file: file() },
    })?);
    let key = ring::sign::any_supported_type(&key).map_err(|_| TlsError::Key { file: file() })?;
    let key = CertifiedKey::new(chain, key);
    match key.keys_match() {
        Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(key),
        Err(Error::InconsistentKeys(_)) => {
            Err(TlsError::Mismatch { key: file(), certificate: files.certificate.clone() })
        }
        Err(error) => Err(TlsError::Certificate { file: files.certificate.clone(), why: error.to_string() }),
    }
}

fn authorities(file: &TlsFile, pem: &[u8]) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file, pem)? {
        roots.add(certificate).map_err(|error| TlsError::Certificate { file: file.clone(), why: error.to_string() })?;
    }
    Ok(roots)
}

/// Judges this process's certificate as its peers will, who have the same authorities: what they would all refuse is an
/// error here, where somebody reads it. What it may not be used for is named; a process may need one side only.
fn accepted_by_peers(
    files: &TlsFiles,
    chain: &[CertificateDer<'static>],
    roots: &RootCertStore,
    verifier: &dyn ClientCertVerifier,
    provider: &CryptoProvider,
) -> Result<Option<&'static str>, TlsError> {
    let (own, intermediates) =
        chain.split_first().ok_or_else(|| TlsError::NoCertificate { file: files.certificate.clone() })?;
    let now = UnixTime::now();
    let as_client = verifier.verify_client_cert(own, intermediates, now).map(|_| ());
    let algorithms = provider.signature_verification_algorithms.all;
    let as_server = ParsedCertificate::try_from(own)
        .and_then(|parsed| verify_server_cert_signed_by_trust_anchor(&parsed, roots, intermediates, now, algorithms));
    match (as_server, as_client) {
        (Ok(()), Ok(())) => Ok(None),
        (Ok(()), Err(error)) if is_purpose(&error) => Ok(Some("connect to others")),
        (Err(error), Ok(())) if is_purpose(&error) => Ok(Some("serve")),
        (Err(error), _) | (_, Err(error)) => Err(refused(files, error)),
    }
}

fn is_purpose(error: &Error) -> bool {
    matches!(
        error,
        Error::InvalidCertificate(CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. })
    )
}

fn refused(files: &TlsFiles, error: Error) -> TlsError {
    let file = files.certificate.clone();
    match error {
        Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. }) => {
            TlsError::Expired { file, date: date(not_after) }
        }
        Error::InvalidCertificate(CertificateError::NotValidYetContext { not_before, .. }) => {
            TlsError::NotYetValid { file, date: date(not_before) }
        }
        Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            TlsError::Issuer { file, authority: files.authority.clone() }
        }
        error => TlsError::Certificate { file, why: error.to_string() },
    }
}
