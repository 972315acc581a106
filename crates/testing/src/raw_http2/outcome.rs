//! What came back.

use std::fmt;

use percent_encoding::percent_decode;

/// Header fields in their order, as bytes.
pub type HeaderList = Vec<(Vec<u8>, Vec<u8>)>;

/// What a stream came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There was a response, or at least its beginning.
    Response(Response),
    /// RST_STREAM before any response.
    Reset {
        /// The code in the frame.
        error_code: u32,
    },
    /// GOAWAY that gives this stream no answer.
    GoAway {
        /// The code in the frame.
        error_code: u32,
    },
    /// The peer closed the connection before any response.
    Closed,
    /// Nothing for this stream within the bound.
    NoAnswer,
}

impl Outcome {
    /// The response, if there was one.
    pub fn response(&self) -> Option<&Response> {
        match self {
            Self::Response(response) => Some(response),
            _ => None,
        }
    }

    /// The response's `grpc-status`, see [`Response::grpc_status`].
    pub fn grpc_status(&self) -> Option<u32> {
        self.response()?.grpc_status()
    }

    /// The response's `grpc-message`, see [`Response::grpc_message`].
    pub fn grpc_message(&self) -> Option<String> {
        self.response()?.grpc_message()
    }
}

/// A response, whole or as far as it came.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// `:status`.
    pub http_status: u16,
    /// The first header list, with `:status`; interim (1xx) ones are passed over.
    pub headers: HeaderList,
    /// Whether the first HEADERS ended the stream: what gRPC calls trailers-only.
    pub end_stream_on_first_headers: bool,
    /// The body as far as it came, at most 16 MiB.
    pub data: Vec<u8>,
    /// The second header list.
    pub trailers: Option<HeaderList>,
    /// The code of RST_STREAM after the first HEADERS. NO_ERROR (0) is how a server ends a stream whose request it did
    /// not need to read to its end.
    pub rst_after: Option<u32>,
    /// Whether END_STREAM was seen. Not so when the bound or the connection ended first, or RST_STREAM did.
    pub ended: bool,
    /// How many header lists came after the end: gRPC's C core repeats some error answers.
    pub repeated: usize,
}

impl Response {
    /// The first value of this header, in the first list.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        find(&self.headers, name)
    }

    /// The first value of this header, in the trailers.
    pub fn trailer(&self, name: &str) -> Option<&[u8]> {
        find(self.trailers.as_ref()?, name)
    }

    /// `grpc-status`, from the trailers or the one header list of a response without.
    pub fn grpc_status(&self) -> Option<u32> {
        std::str::from_utf8(self.last("grpc-status")?).ok()?.parse().ok()
    }

    /// `grpc-message` as a client would show it: percent-decoded.
    pub fn grpc_message(&self) -> Option<String> {
        Some(percent_decode(self.last("grpc-message")?).decode_utf8_lossy().into_owned())
    }

    /// `grpc-message` as it stood on the wire.
    pub fn grpc_message_bytes(&self) -> Option<&[u8]> {
        self.last("grpc-message")
    }

    /// The whole gRPC messages in the body.
    pub fn messages(&self) -> Vec<&[u8]> {
        let mut messages = Vec::new();
        let mut rest = &self.data[..];
        while let Some(([_, l0, l1, l2, l3], after)) = rest.split_first_chunk::<5>() {
            let length = u32::from_be_bytes([*l0, *l1, *l2, *l3]) as usize;
            let Some((message, after)) = after.split_at_checked(length) else { break };
            messages.push(message);
            rest = after;
        }
        messages
    }

    fn last(&self, name: &str) -> Option<&[u8]> {
        find(self.trailers.as_ref().unwrap_or(&self.headers), name)
    }
}

/// Header lists as text, and of the body its size.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |list: &HeaderList| -> Vec<String> {
            list.iter().map(|(name, value)| format!("{}: {}", name.escape_ascii(), value.escape_ascii())).collect()
        };
        // Named in full, so that a new field is not forgotten; `:status` stands in the headers.
        let Self { http_status: _, headers, end_stream_on_first_headers, data, trailers, rst_after, ended, repeated } =
            self;
        f.debug_struct("Response")
            .field("headers", &list(headers))
            .field("end_stream_on_first_headers", end_stream_on_first_headers)
            .field("data_bytes", &data.len())
            .field("trailers", &trailers.as_ref().map(list))
            .field("rst_after", rst_after)
            .field("ended", ended)
            .field("repeated", repeated)
            .finish()
    }
}

fn find<'a>(list: &'a HeaderList, name: &str) -> Option<&'a [u8]> {
    list.iter().find(|(present, _)| present == name.as_bytes()).map(|(_, value)| &value[..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(fields: &[(&str, &str)]) -> HeaderList {
        fields.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).collect()
    }

    #[test]
    fn the_status_is_read_from_where_it_stands() {
        let only = Response {
            headers: list(&[("grpc-status", "16"), ("grpc-message", "no%20%C3%B6")]),
            ..Response::default()
        };
        assert_eq!(Outcome::Response(only.clone()).grpc_status(), Some(16));
        assert_eq!(Outcome::Response(only.clone()).grpc_message().as_deref(), Some("no ö"));
        assert_eq!(only.grpc_message_bytes(), Some(&b"no%20%C3%B6"[..]));

        let trailed = Response { trailers: Some(list(&[("grpc-status", "0")])), ..only };
        assert_eq!(trailed.grpc_status(), Some(0));
        assert_eq!(trailed.grpc_message(), None);
        assert_eq!(Outcome::NoAnswer.grpc_status(), None);
    }

    #[test]
    fn messages_are_only_whole_ones() {
        let data = b"\0\0\0\0\x02ab\0\0\0\0\0\0\0\0\0\x09a".to_vec();
        let expected: [&[u8]; 2] = [b"ab", b""];
        assert_eq!(Response { data, ..Response::default() }.messages(), expected);
    }
}
