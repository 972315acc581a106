//! What an HTTP request presents.

use http::Request;

use super::settings::Http;
use crate::credential::{self, Credential, Form};
use crate::reject::Rejection;
use crate::require::{Content, Spelling, sealed};

impl sealed::Sealed for Http {}

impl Spelling for Http {
    fn credential<'r, Q>(&self, request: &'r mut Request<Q>) -> Result<Credential<'r>, Rejection> {
        // Also where they are not looked at: the request may go on all the same, on an exempt path.
        credential::mark(request.headers_mut());
        if Content::of(request.headers()) != Content::Http {
            return Credential::from_grpc(request.headers_mut());
        }
        let with_cookie = takes_cookie(request);
        if with_cookie && Form::deciding(request.headers()) == Some(Form::Cookie) {
            // Before the cookie is judged, so that the answer says nothing about it.
            self.guard.check(request)?;
        }
        Credential::from_http(request.headers_mut(), with_cookie)
    }
}

/// Whether a cookie may open what is asked for. Not a gRPC method, whatever the content type says: tonic does not look at it.
pub(super) fn takes_cookie<Q>(request: &Request<Q>) -> bool {
    Content::of(request.headers()) == Content::Http && !is_method(request.uri().path())
}

/// Whether a path ends as that of a gRPC method does, in `/package.Service/Method`: what stands before may be taken away by a
/// router on the way.
fn is_method(path: &str) -> bool {
    let Some((before, method)) = path.rsplit_once('/') else { return false };
    let Some((_, service)) = before.rsplit_once('/') else { return false };
    let mut names = service.split('.');
    is_name(method) && names.clone().count() > 1 && names.all(is_name)
}

/// Whether Protocol Buffers allow the name.
fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_grpc_method_is_known() {
        let table = [
            ("/ray.rpc.NodeInfoGcsService/CheckAlive", true),
            ("/grpc.health.v1.Health/Check", true),
            ("/a.B/c_1", true),
            ("/_a._b/_c", true),
            ("/static/main.js", false),
            ("/v1.0/jobs", false),
            ("/Service/Method", false),
            ("/grpc/ray.rpc.JobInfoGcsService/GetAllJobInfo", true),
            ("//a.B/c", true),
            ("/a.B/c/d", false),
            ("/a.B/", false),
            ("/a.B", false),
            ("/a..B/c", false),
            ("/.a/c", false),
            ("/a.B/c.html", false),
            ("/", false),
            ("", false),
            ("*", false),
        ];
        for (path, expected) in table {
            assert_eq!(is_method(path), expected, "{path}");
        }
    }
}
