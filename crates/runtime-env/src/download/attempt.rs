//! One attempt: a request, those that redirects make of it, and what comes at last.

use std::path::Path;
use std::time::Duration;

use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, LOCATION};
use http::{HeaderValue, Method, StatusCode};
use reqwest::{Request, Response, Url};

use super::file::PartFile;
use super::{FetchError, Progress, Shared, retry, transport};
use crate::credentials::{AuthorizedRequest, CredentialKind, is_redirect};
use crate::uri::{Origin, RemoteUri, Scheme};

/// What came, before it is put in place.
pub(super) struct Received {
    pub(super) part: PartFile,
    pub(super) redirects: usize,
    pub(super) sent: Option<CredentialKind>,
}

/// Why nothing came, and how long the server wants to be left alone.
pub(super) struct Failed {
    pub(super) error: FetchError,
    pub(super) asked: Option<Duration>,
}

/// How a request goes to whom.
struct Way<'a> {
    client: &'a reqwest::Client,
    origin: Origin,
    proxied: bool,
}

impl<E: Into<FetchError>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self { error: error.into(), asked: None }
    }
}

impl Shared {
    /// Credentials are looked for anew: what was wrong with them may have been mended since the last attempt.
    pub(super) async fn attempt(
        &self,
        uri: &RemoteUri,
        destination: &Path,
        number: u32,
        progress: &(impl Fn(&Progress) + Sync),
    ) -> Result<Received, Failed> {
        let mut request = self.credentials.begin(uri).map_err(FetchError::from)?;
        // Before anybody is asked: a place that cannot be written to is no reason to send a credential.
        let part = PartFile::create(destination, self.limits.max_len)?;
        if number == 1 {
            for warning in request.warnings() {
                tracing::warn!(%uri, %warning, "credentials of a download");
            }
        }
        let sent = request.kind();
        let mut from = None;
        loop {
            let origin = request.uri().origin().cloned();
            // Only http and https get as far as this.
            let origin = origin.ok_or(FetchError::NotHandled { scheme: request.uri().scheme() })?;
            let way = self.way(request.uri(), origin);
            let response = self.send(&request, &way).await?;
            let status = response.status();
            if status == StatusCode::OK {
                let part = self.receive(response, &way, part, progress).await?;
                return Ok(Received { part, redirects: request.redirects(), sent });
            }
            let Way { origin, proxied, .. } = way;
            // Over https the proxy only passes on what it cannot read, so that there it is the server who says this.
            if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED && proxied && origin.scheme() == Scheme::Http {
                return Err(FetchError::ProxyLogin { origin }.into());
            }
            if !is_redirect(status) {
                let asked = retry::asked(response.headers());
                let error = FetchError::Status { origin, status, sent: request.kind(), from };
                return Err(Failed { error, asked });
            }
            let location = response.headers().get(LOCATION);
            let location = location.ok_or_else(|| FetchError::NoLocation { origin: origin.clone(), status })?;
            request = request.redirect(location.as_bytes()).map_err(FetchError::from)?;
            if request.uri().origin() != Some(&origin) {
                from = Some(origin);
            }
            tracing::debug!(%uri, to = %request.uri(), status = status.as_u16(), "a download is redirected");
        }
    }

    /// What is allowed in the clear on this machine must not leave it.
    fn way(&self, uri: &RemoteUri, origin: Origin) -> Way<'_> {
        let (client, proxied) =
            if uri.is_loopback() { (&self.direct, false) } else { (&self.proxied, self.proxies.take(&origin)) };
        Way { client, origin, proxied }
    }

    async fn send(&self, request: &AuthorizedRequest, way: &Way<'_>) -> Result<Response, FetchError> {
        let uri = request.uri();
        // `RemoteUri` has this text from the same parser.
        let url = Url::parse(uri.expose_request_uri()).expect("it was parsed before");
        let mut sent = Request::new(Method::GET, url);
        // What is stored is what the server has, and its length is that of `Content-Length`.
        sent.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if let Some(authorization) = request.authorization() {
            sent.headers_mut().insert(AUTHORIZATION, authorization.clone());
        }
        way.client.execute(sent).await.map_err(|error| self.broken(way, error))
    }

    async fn receive(
        &self,
        mut response: Response,
        way: &Way<'_>,
        mut part: PartFile,
        progress: &(impl Fn(&Progress) + Sync),
    ) -> Result<PartFile, FetchError> {
        let length = response.headers().get(CONTENT_LENGTH);
        let total: Option<u64> = length.and_then(|length| length.to_str().ok()?.parse().ok());
        let limit = self.limits.max_len;
        if total.is_some_and(|total| total > limit) {
            return Err(FetchError::TooLarge { limit });
        }
        progress(&Progress::Received { bytes: 0, total });
        while let Some(bytes) = response.chunk().await.map_err(|error| self.broken(way, error))? {
            part.write(&bytes).await?;
            progress(&Progress::Received { bytes: part.len(), total });
        }
        Ok(part)
    }

    fn broken(&self, way: &Way<'_>, error: reqwest::Error) -> FetchError {
        transport::failed(&way.origin, way.proxied, &self.limits, error)
    }
}
