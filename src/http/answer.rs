//! How a refused request is answered.

use bytes::Bytes;
use http::header::{ACCEPT, ALLOW, CONTENT_TYPE, SET_COOKIE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};

use super::settings::Http;
use super::spelling::takes_cookie;
use super::{cookie, page};
use crate::credential::Form;
use crate::reject::Rejection;
use crate::require::{Answer, Content, Grpc};

impl<B: Default + From<Bytes>> Answer<B> for Http {
    fn answer<Q>(&self, rejection: Rejection, request: Request<Q>) -> Response<B> {
        match Content::of(request.headers()) {
            Content::Grpc => Grpc.answer(rejection, request),
            Content::GrpcWeb => {
                let kind = grpc_web(request.headers());
                let mut response: Response<B> = Grpc.answer(rejection, request);
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
                response
            }
            Content::Http => self.answer_http(rejection, &request),
        }
    }
}

impl Http {
    fn answer_http<Q, B: From<Bytes>>(&self, rejection: Rejection, request: &Request<Q>) -> Response<B> {
        let by_cookie = takes_cookie(request);
        let form = Form::deciding(request.headers()).filter(|form| *form != Form::Cookie || by_cookie);
        let mut response = if self.page && by_cookie && wants_page(rejection, form, request) {
            page::response(request.uri()).map(B::from)
        } else {
            text(rejection.http_status(), rejection.http_text())
        };
        *response.status_mut() = rejection.http_status();
        challenge(&mut response);
        if form == Some(Form::Cookie) && is_useless(rejection) {
            response.headers_mut().append(SET_COOKIE, cookie::clear());
        }
        response.extensions_mut().insert(rejection);
        response
    }
}

/// Whether a cookie that was refused for this will be refused again.
fn is_useless(rejection: Rejection) -> bool {
    matches!(rejection, Rejection::WrongToken | Rejection::Malformed)
}

/// Whether the request is that of a browser which wants to show what it gets, and which a token would help.
fn wants_page<Q>(rejection: Rejection, form: Option<Form>, request: &Request<Q>) -> bool {
    let shows = matches!(*request.method(), Method::GET | Method::HEAD) && accepts_html(request.headers());
    let helps = is_useless(rejection) || matches!(rejection, Rejection::Missing | Rejection::Ambiguous);
    shows && helps && matches!(form, None | Some(Form::Cookie))
}

/// Whether HTML is asked for by name: `*/*` says every script.
fn accepts_html(headers: &HeaderMap) -> bool {
    let ranges = headers.get_all(ACCEPT).into_iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    ranges
        .map(|range| range.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii())
        .any(|range| range.eq_ignore_ascii_case(b"text/html"))
}

/// The content type of an answer to gRPC-web: of the kind that was asked in.
fn grpc_web(headers: &HeaderMap) -> &'static str {
    const TEXT: &[u8] = b"application/grpc-web-text";
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.as_bytes().get(..TEXT.len()));
    if kind.is_some_and(|kind| kind.eq_ignore_ascii_case(TEXT)) {
        "application/grpc-web-text+proto"
    } else {
        "application/grpc-web+proto"
    }
}

/// An answer in words.
pub(super) fn text<B: From<Bytes>>(status: StatusCode, text: &'static str) -> Response<B> {
    let mut response = of_type(status, "text/plain; charset=utf-8", text);
    challenge(&mut response);
    response
}

/// Says what is wanted with status 401, as RFC 9110, section 11.6.1, has it. Browsers show no dialog for it.
fn challenge<B>(response: &mut Response<B>) {
    if response.status() == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
}

/// An answer for programs.
pub(super) fn json<B: From<Bytes>>(text: &'static str) -> Response<B> {
    of_type(StatusCode::OK, "application/json; charset=utf-8", text)
}

/// The answer to a method that there is not.
pub(super) fn not_allowed<B: From<Bytes>>(allowed: &'static str) -> Response<B> {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "405: Method Not Allowed");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

fn of_type<B: From<Bytes>>(status: StatusCode, kind: &'static str, text: &'static str) -> Response<B> {
    let mut response = Response::new(B::from(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
