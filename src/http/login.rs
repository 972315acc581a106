//! The endpoints that a login page talks to.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::SET_COOKIE;
use http::uri::Scheme;
use http::{Extensions, Method, Request, Response, StatusCode};
use http_body_util::Full;
use tower_service::Service;
use zeroize::Zeroizing;

use super::answer::{json, not_allowed, text};
use super::cookie;
use super::settings::Http;
use crate::credential::{Credential, Form};
use crate::keyring::Key;
use crate::reject::Rejection;
use crate::require::{Exempt, Refusals, client_addr, judge};
use crate::verify::{AnyKind, AnyVerifier, Call, Identity, Pending, Verdict};

/// Ray's login endpoints, to be mounted beside what they open:
///
/// - `GET /api/authentication_mode` says whether a token is required: `{"authentication_mode": "token"}` or `"disabled"`;
/// - `POST /api/authenticate` with `Authorization: Bearer …` sets the cookie, if the token is accepted: 200; else 401 or
///   403 with Ray's words. Under a host name that browsers are not let in under it is refused, too.
///
/// Their paths need no token by nature: [`Exempt::login`] or [`Exempt::ray_dashboard`]. Other paths are 404.
///
/// With a [verifier](crate::verify::Verify) of your own in the keyring's place there is no secret that the cookie's code could be made with:
/// logging in then needs [`Http::dangerous_raw_cookie`], and is refused with 503 without it.
///
/// ```
/// use http::Request;
/// use ray_auth::http::{Http, Login};
/// use ray_auth::{Keyring, Token};
/// use tower::ServiceExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let login = Login::new(Keyring::new(Token::parse("open-sesame")?), Http::new());
/// let present = |token: &str| {
///     let request = Request::post("/api/authenticate").header("host", "localhost:8265");
///     request.header("authorization", format!("Bearer {token}")).body(())
/// };
/// let allowed = login.clone().oneshot(present("open-sesame")?).await?;
/// assert_eq!(allowed.status(), 200);
/// assert!(allowed.headers()["set-cookie"].to_str()?.starts_with("ray-authentication-token=v1."));
///
/// let refused = login.oneshot(present("open-sesam")?).await?;
/// assert_eq!(refused.status(), 403);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Login {
    shared: Arc<Shared>,
}

struct Shared {
    verifier: AnyVerifier,
    http: Http,
    strict: bool,
    refusals: Refusals,
}

/// What a login service answers with.
type Answer = Response<Full<Bytes>>;

impl Login {
    /// Logs in whoever presents a token that `verifier` accepts. `http` should be the settings of the layer that the cookie
    /// is to open.
    #[must_use]
    pub fn new(verifier: impl Into<AnyVerifier>, http: Http) -> Self {
        Self::build(verifier.into(), http, false)
    }

    pub(crate) fn build(verifier: AnyVerifier, http: Http, strict: bool) -> Self {
        if matches!(verifier.0, AnyKind::Nobody) || matches!(verifier.0, AnyKind::Other(_)) && !http.raw {
            tracing::error!(
                target: "ray_auth",
                "there is no secret to make cookies with: every login will be refused; give `Login::new` a verifier, and choose \
                 `Http::dangerous_raw_cookie`"
            );
        }
        Self { shared: Arc::new(Shared { verifier, http, strict, refusals: Refusals::default() }) }
    }
}

impl<Q> Service<Request<Q>> for Login {
    type Response = Answer;
    type Error = Infallible;
    type Future = LoginFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        // The body is of no interest, and is not waited for.
        let request = request.map(drop);
        LoginFuture(match (request.uri().path(), request.method()) {
            (Exempt::AUTHENTICATION_MODE, &Method::GET | &Method::HEAD) => Kind::Ready(Some(self.shared.mode())),
            (Exempt::AUTHENTICATION_MODE, _) => Kind::Ready(Some(not_allowed("GET,HEAD"))),
            (Exempt::AUTHENTICATE, &Method::POST) => Shared::authenticate(&self.shared, request),
            (Exempt::AUTHENTICATE, _) => Kind::Ready(Some(not_allowed("POST"))),
            _ => Kind::Ready(Some(text(StatusCode::NOT_FOUND, "404: Not Found"))),
        })
    }
}

impl Shared {
    fn mode(&self) -> Answer {
        if !matches!(self.verifier.0, AnyKind::PassThrough) {
            return json("{\"authentication_mode\": \"token\"}");
        }
        let mut response: Answer = json("{\"authentication_mode\": \"disabled\"}");
        response.headers_mut().insert(SET_COOKIE, cookie::clear());
        response
    }

    fn authenticate(shared: &Arc<Self>, mut request: Request<()>) -> Kind {
        let secure = shared.http.secure || request.uri().scheme() == Some(&Scheme::HTTPS);
        let decided = match &shared.verifier.0 {
            AnyKind::PassThrough => {
                let refused = "Unauthorized: Token authentication is not enabled";
                return Kind::Ready(Some(text(StatusCode::UNAUTHORIZED, refused)));
            }
            AnyKind::Keyring(keyring) => {
                let (credential, strict) = (shared.credential(&mut request), shared.strict);
                judge(keyring, credential, strict, |key, _| shared.cookie_of(key))
                    .map(|value| shared.logged_in(&value, secure))
            }
            AnyKind::Other(verifier) if shared.http.raw => {
                let path = request.uri().clone();
                let client_addr = client_addr(request.extensions());
                let asked = shared.credential(&mut request).map(|credential| {
                    (verifier.verify(Call::new(credential, path.path(), client_addr, None)), raw_cookie(credential))
                });
                match asked {
                    Ok((Verdict::Later(pending), value)) => {
                        return Kind::later(shared, pending, value, secure, request);
                    }
                    Ok((Verdict::Now(decided), value)) => shared.known(decided, value, secure),
                    Err(rejection) => Err(rejection),
                }
            }
            AnyKind::Other(_) | AnyKind::Nobody => Err(Rejection::Unavailable),
        };
        Kind::Ready(Some(shared.answer(decided, request.extensions())))
    }

    /// Ray's login looks at one header only.
    fn credential<'r>(&self, request: &'r mut Request<()>) -> Result<Credential<'r>, Rejection> {
        if !self.http.guard.hosts.allows(request) {
            return Err(Rejection::UntrustedHost);
        }
        if Form::deciding(request.headers()) != Some(Form::Authorization) {
            return Err(Rejection::Missing);
        }
        Credential::from_http(request.headers_mut(), false)
    }

    /// What the cookie holds for a key: Ray's form, if that was chosen and can be, or a session value.
    fn cookie_of(&self, key: &Key) -> Zeroizing<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let raw = self.http.raw.then(|| key.raw_cookie()).filter(|value| cookie::is_possible(value));
        raw.unwrap_or_else(|| key.session(now.saturating_add(self.http.session.as_secs())))
    }

    /// The answer to whom a verifier knows.
    fn known(
        &self,
        decided: Result<Identity, Rejection>,
        value: Option<Zeroizing<String>>,
        secure: bool,
    ) -> Result<Answer, Rejection> {
        let value = decided.and(value.ok_or(Rejection::Unavailable))?;
        Ok(self.logged_in(&value, secure))
    }

    fn logged_in(&self, value: &str, secure: bool) -> Answer {
        let mut response: Answer = json("{\"status\": \"authenticated\", \"message\": \"Token is valid\"}");
        response.headers_mut().insert(SET_COOKIE, cookie::set(value, self.http.session, secure));
        response
    }

    fn answer(&self, decided: Result<Answer, Rejection>, extensions: &Extensions) -> Answer {
        decided.unwrap_or_else(|rejection| {
            self.refusals.record(rejection, Some(Exempt::AUTHENTICATE), extensions);
            let mut response: Answer = text(rejection.http_status(), rejection.http_text());
            response.extensions_mut().insert(rejection);
            response
        })
    }
}

/// The credential as a cookie in Ray's form, if a cookie can carry it.
fn raw_cookie(credential: Credential<'_>) -> Option<Zeroizing<String>> {
    let value = Zeroizing::new(std::str::from_utf8(credential.token()).ok()?.to_owned());
    cookie::is_possible(&value).then_some(value)
}

/// The answer of a [`Login`].
pub struct LoginFuture(Kind);

enum Kind {
    Ready(Option<Answer>),
    /// A verifier that decides later.
    Later(Pin<Box<dyn Future<Output = Answer> + Send>>),
}

impl Kind {
    fn later(
        shared: &Arc<Shared>,
        pending: Pending,
        value: Option<Zeroizing<String>>,
        secure: bool,
        request: Request<()>,
    ) -> Self {
        let shared = Arc::clone(shared);
        Self::Later(Box::pin(async move {
            let answer = shared.known(pending.await, value, secure);
            shared.answer(answer, request.extensions())
        }))
    }
}

impl Future for LoginFuture {
    type Output = Result<Answer, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Kind::Ready(answer) => Poll::Ready(Ok(answer.take().expect("a future is not polled after it is done"))),
            Kind::Later(later) => later.as_mut().poll(context).map(Ok),
        }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("verifier", &self.shared.verifier).field("http", &self.shared.http).finish()
    }
}

impl fmt::Debug for LoginFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Ready(_) => "LoginFuture(ready)",
            Kind::Later(_) => "LoginFuture(later)",
        })
    }
}
