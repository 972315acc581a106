//! HTTP/2 frames: written whole, read from any split of the bytes.

use anyhow::{Result, ensure};

/// The bytes a client's connection begins with.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The largest payload a peer may send while nobody announced another limit, and what requests are split by.
pub const MAX_FRAME_SIZE: usize = 16_384;

const HEAD: usize = 9;

/// Frame types.
pub mod kind {
    /// A piece of a body.
    pub const DATA: u8 = 0;
    /// A header block, or its beginning.
    pub const HEADERS: u8 = 1;
    /// A stream's weight; ignored.
    pub const PRIORITY: u8 = 2;
    /// The end of a stream by error.
    pub const RST_STREAM: u8 = 3;
    /// The peer's limits, or the acknowledgement of ours.
    pub const SETTINGS: u8 = 4;
    /// A promised stream; never allowed here.
    pub const PUSH_PROMISE: u8 = 5;
    /// A sign of life, or the answer to one.
    pub const PING: u8 = 6;
    /// The end of a connection.
    pub const GOAWAY: u8 = 7;
    /// Leave to send more.
    pub const WINDOW_UPDATE: u8 = 8;
    /// The rest of a header block.
    pub const CONTINUATION: u8 = 9;
}

/// Frame flags; what a bit means depends on the frame's type.
pub mod flags {
    /// Nothing more on this stream (DATA, HEADERS).
    pub const END_STREAM: u8 = 0x1;
    /// An answer to the same frame in the other direction (SETTINGS, PING).
    pub const ACK: u8 = 0x1;
    /// The header block is complete (HEADERS, CONTINUATION).
    pub const END_HEADERS: u8 = 0x4;
    /// The payload is padded (DATA, HEADERS).
    pub const PADDED: u8 = 0x8;
    /// The payload begins with a weight (HEADERS).
    pub const PRIORITY: u8 = 0x20;
}

/// One frame. Nothing about it is checked, so it can be as wrong as a test needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The type, one of [`kind`] or any other byte.
    pub kind: u8,
    /// The flags, see [`flags`].
    pub flags: u8,
    /// The stream; 0 is the connection.
    pub stream: u32,
    /// What follows the frame's head.
    pub payload: Vec<u8>,
}

impl Frame {
    /// A frame of these parts.
    pub fn new(kind: u8, flags: u8, stream: u32, payload: impl Into<Vec<u8>>) -> Self {
        Self { kind, flags, stream, payload: payload.into() }
    }

    /// SETTINGS with these identifiers and values.
    pub fn settings(values: &[(u16, u32)]) -> Self {
        let payload: Vec<u8> =
            values.iter().flat_map(|(id, value)| [&id.to_be_bytes()[..], &value.to_be_bytes()[..]].concat()).collect();
        Self::new(kind::SETTINGS, 0, 0, payload)
    }

    /// The acknowledgement of the peer's SETTINGS.
    pub fn settings_ack() -> Self {
        Self::new(kind::SETTINGS, flags::ACK, 0, [])
    }

    /// PING with these opaque bytes.
    pub fn ping(opaque: [u8; 8]) -> Self {
        Self::new(kind::PING, 0, 0, opaque)
    }

    /// WINDOW_UPDATE for a stream, or the connection as stream 0.
    pub fn window_update(stream: u32, increment: u32) -> Self {
        Self::new(kind::WINDOW_UPDATE, 0, stream, increment.to_be_bytes())
    }

    /// RST_STREAM with this error code.
    pub fn rst_stream(stream: u32, error_code: u32) -> Self {
        Self::new(kind::RST_STREAM, 0, stream, error_code.to_be_bytes())
    }

    /// The frame's bytes. The length field holds what fits in its 24 bits.
    pub fn encode(&self) -> Vec<u8> {
        let length = u32::try_from(self.payload.len()).unwrap_or(u32::MAX).to_be_bytes();
        let mut bytes = Vec::with_capacity(HEAD + self.payload.len());
        bytes.extend_from_slice(&length[1..]);
        bytes.extend_from_slice(&[self.kind, self.flags]);
        bytes.extend_from_slice(&self.stream.to_be_bytes());
        bytes.extend_from_slice(&self.payload);
        bytes
    }

    /// Whether this flag is set.
    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag == flag
    }

    /// The payload without padding and weight, for DATA and HEADERS.
    pub(super) fn content(&self) -> Result<&[u8]> {
        let mut content = &self.payload[..];
        let mut padding = 0;
        if self.has(flags::PADDED) {
            let (length, rest) = content.split_first().unwrap_or((&1, &[]));
            (padding, content) = (usize::from(*length), rest);
        }
        if self.kind == kind::HEADERS && self.has(flags::PRIORITY) {
            content = content.get(5..).unwrap_or(&[]);
        }
        ensure!(padding <= content.len(), "a frame on stream {} has more padding than payload", self.stream);
        Ok(&content[..content.len() - padding])
    }
}

/// Bytes as they arrive, handed out as whole frames.
#[derive(Debug, Default)]
pub struct FrameBuffer {
    bytes: Vec<u8>,
}

impl FrameBuffer {
    /// Takes bytes, split anywhere.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole frame, if all of it has arrived.
    ///
    /// # Errors
    ///
    /// A frame longer than [`MAX_FRAME_SIZE`]: nobody allowed the peer that, so most likely it does not speak HTTP/2.
    pub fn next_frame(&mut self) -> Result<Option<Frame>> {
        let Some((head, rest)) = self.bytes.split_first_chunk::<HEAD>() else { return Ok(None) };
        let [l0, l1, l2, kind, flags, s0, s1, s2, s3] = *head;
        let length = u32::from_be_bytes([0, l0, l1, l2]) as usize;
        ensure!(
            length <= MAX_FRAME_SIZE,
            "the peer sent a frame of {length} bytes, over the limit of {MAX_FRAME_SIZE}: does it speak HTTP/2?"
        );
        let Some(payload) = rest.get(..length) else { return Ok(None) };
        // The first bit of a stream's number is reserved and means nothing.
        let stream = u32::from_be_bytes([s0 & 0x7f, s1, s2, s3]);
        let frame = Frame::new(kind, flags, stream, payload);
        self.bytes.drain(..HEAD + length);
        Ok(Some(frame))
    }

    /// Whether bytes are left that make no whole frame yet.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frames() -> impl Strategy<Value = Vec<Frame>> {
        let frame = (any::<u8>(), any::<u8>(), 0..1_u32 << 31, proptest::collection::vec(any::<u8>(), 0..100))
            .prop_map(|(kind, flags, stream, payload)| Frame::new(kind, flags, stream, payload));
        proptest::collection::vec(frame, 0..8)
    }

    proptest! {
        #[test]
        fn frames_survive_any_split_of_the_bytes(frames in frames(), step in 1_usize..40) {
            let bytes: Vec<u8> = frames.iter().flat_map(Frame::encode).collect();
            let mut buffer = FrameBuffer::default();
            let mut seen = Vec::new();
            for piece in bytes.chunks(step) {
                buffer.push(piece);
                while let Some(frame) = buffer.next_frame().unwrap() {
                    seen.push(frame);
                }
            }
            prop_assert_eq!(seen, frames);
            prop_assert!(buffer.is_empty());
        }

        #[test]
        fn reading_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let mut buffer = FrameBuffer::default();
            buffer.push(&bytes);
            while let Ok(Some(frame)) = buffer.next_frame() {
                drop(frame.content());
            }
        }
    }

    #[test]
    fn another_protocol_is_an_error_at_once() {
        let mut buffer = FrameBuffer::default();
        buffer.push(b"HTTP/1.1 400 Bad Request\r\n");
        assert!(buffer.next_frame().unwrap_err().to_string().contains("does it speak HTTP/2?"));
    }

    #[test]
    fn padding_and_weight_are_not_content() {
        let cases: [(&str, Frame, Option<&[u8]>); 6] = [
            ("plain", Frame::new(kind::DATA, 0, 1, *b"ab"), Some(b"ab")),
            ("padded", Frame::new(kind::DATA, flags::PADDED, 1, *b"\x02ab\0\0"), Some(b"ab")),
            ("weighted", Frame::new(kind::HEADERS, flags::PRIORITY, 1, *b"\0\0\0\0\0ab"), Some(b"ab")),
            (
                "both",
                Frame::new(kind::HEADERS, flags::PADDED | flags::PRIORITY, 1, *b"\x01\0\0\0\0\0ab\0"),
                Some(b"ab"),
            ),
            ("too much padding", Frame::new(kind::DATA, flags::PADDED, 1, *b"\x09ab"), None),
            ("padded and empty", Frame::new(kind::DATA, flags::PADDED, 1, []), None),
        ];
        for (name, frame, expected) in cases {
            assert_eq!(frame.content().ok(), expected, "{name}");
        }
    }
}
