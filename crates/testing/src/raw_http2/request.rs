//! What is sent on one stream.

use std::fmt;

use anyhow::Result;

use super::frame::{Frame, MAX_FRAME_SIZE, flags, kind};
use super::hpack;

/// One request: header fields, a body, and whether the stream ends. Fields are sent in their order and unchecked.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    fields: Vec<(Vec<u8>, Vec<u8>)>,
    body: Option<Vec<u8>>,
    end_stream: bool,
    huffman: bool,
    frame_size: usize,
}

impl Request {
    /// A sound unary gRPC call of `path` with one empty message, ready to be spoilt.
    ///
    /// The fields are `:method POST`, `:scheme http`, `:path`, `:authority localhost`, `content-type
    /// application/grpc` and `te trailers`. Ray states the size of a header list in its refusal of a long one, and
    /// these are the fields of the recorded texts: another `:authority` changes them.
    pub fn grpc(path: impl Into<Vec<u8>>) -> Self {
        Self::bare()
            .add(":method", "POST")
            .add(":scheme", "http")
            .add(":path", path)
            .add(":authority", "localhost")
            .add("content-type", "application/grpc")
            .add("te", "trailers")
            .message(&[])
    }

    /// No fields and no body, the stream ended by the headers.
    pub fn bare() -> Self {
        Self { fields: Vec::new(), body: None, end_stream: true, huffman: false, frame_size: MAX_FRAME_SIZE }
    }

    /// Appends a field, whatever is there already. Pseudo-headers are fields like any other.
    #[must_use]
    pub fn add(mut self, name: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        self.fields.push((name.into(), value.into()));
        self
    }

    /// Gives the first field of this name another value in its place, or appends the field.
    #[must_use]
    pub fn set(mut self, name: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        let name = name.into();
        match self.fields.iter_mut().find(|(present, _)| *present == name) {
            Some((_, present)) => *present = value.into(),
            None => self.fields.push((name, value.into())),
        }
        self
    }

    /// Removes every field of this name.
    #[must_use]
    pub fn without(mut self, name: impl AsRef<[u8]>) -> Self {
        self.fields.retain(|(present, _)| present != name.as_ref());
        self
    }

    /// Sends these bytes as the body: gRPC framing, if there is to be any, is the caller's.
    #[must_use]
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = Some(bytes.into());
        self
    }

    /// Sends one gRPC message as the body.
    #[must_use]
    pub fn message(self, message: &[u8]) -> Self {
        self.body(grpc_frame(message))
    }

    /// Sends no DATA at all; the headers end the stream unless it is left open.
    #[must_use]
    pub fn no_body(mut self) -> Self {
        self.body = None;
        self
    }

    /// Leaves the stream open after what is sent.
    #[must_use]
    pub fn leave_open(mut self) -> Self {
        self.end_stream = false;
        self
    }

    /// Huffman-codes names and values, as common clients do, instead of sending their bytes.
    #[must_use]
    pub fn huffman(mut self, huffman: bool) -> Self {
        self.huffman = huffman;
        self
    }

    /// Splits header block and body into frames of at most this size (and at least one byte).
    #[must_use]
    pub fn frame_size(mut self, bytes: usize) -> Self {
        self.frame_size = bytes.max(1);
        self
    }

    /// The fields, in their order.
    pub fn fields(&self) -> &[(Vec<u8>, Vec<u8>)] {
        &self.fields
    }

    /// The body, if one is sent.
    pub fn body_bytes(&self) -> Option<&[u8]> {
        self.body.as_deref()
    }

    /// Whether the stream ends after what is sent.
    pub fn ends_stream(&self) -> bool {
        self.end_stream
    }

    /// The frames of this request on a stream: HEADERS, as many CONTINUATION as it takes, DATA.
    ///
    /// # Errors
    ///
    /// A field that cannot be Huffman-coded.
    pub fn frames(&self, stream: u32) -> Result<Vec<Frame>> {
        let block = hpack::encode(&self.fields, self.huffman)?;
        let mut frames = Vec::new();
        for (at, piece) in pieces(&block, self.frame_size).into_iter().enumerate() {
            let kind = if at == 0 { kind::HEADERS } else { kind::CONTINUATION };
            frames.push(Frame::new(kind, 0, stream, piece));
        }
        if let Some(last) = frames.last_mut() {
            last.flags |= flags::END_HEADERS;
        }
        // END_STREAM of a header block stands on its HEADERS frame, also when CONTINUATION follows.
        if self.body.is_none() && self.end_stream {
            frames[0].flags |= flags::END_STREAM;
        }
        if let Some(body) = &self.body {
            frames.extend(
                pieces(body, self.frame_size).into_iter().map(|piece| Frame::new(kind::DATA, 0, stream, piece)),
            );
            if let (true, Some(last)) = (self.end_stream, frames.last_mut()) {
                last.flags |= flags::END_STREAM;
            }
        }
        Ok(frames)
    }

    /// The bytes of [`frames`](Self::frames), for those who want to send only some of them.
    ///
    /// # Errors
    ///
    /// A field that cannot be Huffman-coded.
    pub fn encode(&self, stream: u32) -> Result<Vec<u8>> {
        Ok(self.frames(stream)?.iter().flat_map(Frame::encode).collect())
    }
}

/// Names and sizes only: values may be tokens of a real cluster.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields: Vec<String> = self
            .fields
            .iter()
            .map(|(name, value)| format!("{} ({} bytes)", name.escape_ascii(), value.len()))
            .collect();
        f.debug_struct("Request")
            .field("fields", &fields)
            .field("body_bytes", &self.body.as_ref().map(Vec::len))
            .field("end_stream", &self.end_stream)
            .finish_non_exhaustive()
    }
}

/// A gRPC message as it stands in a body: not compressed, its length, its bytes.
pub fn grpc_frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&[0][..], &length.to_be_bytes(), message].concat()
}

/// Like `chunks`, but nothing is one empty piece.
fn pieces(bytes: &[u8], size: usize) -> Vec<&[u8]> {
    if bytes.is_empty() { vec![bytes] } else { bytes.chunks(size).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(request: &Request) -> Vec<(u8, u8, usize)> {
        request.frames(1).unwrap().iter().map(|frame| (frame.kind, frame.flags, frame.payload.len())).collect()
    }

    #[test]
    fn where_the_flags_stand() {
        let long = Request::bare().add("a", vec![b'x'; 20_000]);
        type Flags = &'static [(u8, u8)];
        let cases: [(&str, Request, Flags); 7] = [
            ("headers end all", Request::bare(), &[(kind::HEADERS, 5)]),
            ("headers, left open", Request::bare().leave_open(), &[(kind::HEADERS, 4)]),
            ("one message", Request::bare().message(b"m"), &[(kind::HEADERS, 4), (kind::DATA, 1)]),
            ("message, left open", Request::bare().message(b"m").leave_open(), &[(kind::HEADERS, 4), (kind::DATA, 0)]),
            ("empty body", Request::bare().body([]), &[(kind::HEADERS, 4), (kind::DATA, 1)]),
            ("continued", long.clone(), &[(kind::HEADERS, 1), (kind::CONTINUATION, 4)]),
            (
                "continued, with body",
                long.body(vec![0; 20_000]),
                &[(kind::HEADERS, 0), (kind::CONTINUATION, 4), (kind::DATA, 0), (kind::DATA, 1)],
            ),
        ];
        for (name, request, expected) in cases {
            let seen: Vec<(u8, u8)> = shape(&request).into_iter().map(|(kind, flags, _)| (kind, flags)).collect();
            assert_eq!(seen, expected, "{name}");
        }
    }

    #[test]
    fn frames_are_as_small_as_asked() {
        let request = Request::grpc("/p").frame_size(10);
        assert!(shape(&request).iter().all(|(_, _, size)| *size <= 10));
        assert!(shape(&request).len() > 5);
    }

    #[test]
    fn fields_are_set_in_place_added_and_removed() {
        let request = Request::grpc("/p").set(":path", "/q").set("x", "1").add("x", "2").without("te");
        let names: Vec<&[u8]> = request.fields().iter().map(|(name, _)| &name[..]).collect();
        let expected: [&[u8]; 7] = [b":method", b":scheme", b":path", b":authority", b"content-type", b"x", b"x"];
        assert_eq!(names, expected);
        assert_eq!(request.fields()[2].1, b"/q");
        assert_eq!(request.body_bytes(), Some(&[0_u8; 5][..]));
    }

    #[test]
    fn debug_shows_no_values() {
        let shown = format!("{:?}", Request::grpc("/p").add("authorization", "Bearer hunter2"));
        assert!(shown.contains("authorization (14 bytes)"), "{shown}");
        assert!(!shown.contains("hunter2"));
    }
}
