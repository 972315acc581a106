//! One connection's receiving side without the connection: bytes in, state and replies out.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};

use super::frame::{Frame, FrameBuffer, flags, kind};
use super::outcome::{HeaderList, Outcome, Response};

/// The most a header block of the peer may have, so that CONTINUATION without end is an error.
const MAX_HEADER_BLOCK: usize = 1 << 20;

/// What a GOAWAY said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoAway {
    /// The code in the frame.
    pub error_code: u32,
    /// The last stream that gets an answer.
    pub last_stream: u32,
    /// The peer's words, if any.
    pub debug: Vec<u8>,
}

pub(super) struct Session {
    buffer: FrameBuffer,
    // The table of this decoder changes with every header block, so also blocks that nobody asked for go through it.
    decoder: loona_hpack::Decoder<'static>,
    block: Option<Block>,
    streams: BTreeMap<u32, Exchange>,
    pub(super) goaway: Option<GoAway>,
    pub(super) server_settings: Option<Vec<(u16, u32)>>,
    pub(super) settings_acknowledged: bool,
    pub(super) last_pong: Option<[u8; 8]>,
    acknowledge: bool,
}

/// A header block whose end has not come yet.
struct Block {
    stream: u32,
    end_stream: bool,
    bytes: Vec<u8>,
}

#[derive(Default)]
struct Exchange {
    response: Option<Response>,
    reset: Option<u32>,
}

impl Session {
    /// `acknowledge`: whether the peer's SETTINGS are acknowledged.
    pub(super) fn new(acknowledge: bool) -> Self {
        let mut decoder = loona_hpack::Decoder::new();
        decoder.set_max_allowed_table_size(4096);
        Self {
            buffer: FrameBuffer::default(),
            decoder,
            block: None,
            streams: BTreeMap::new(),
            goaway: None,
            server_settings: None,
            settings_acknowledged: false,
            last_pong: None,
            acknowledge,
        }
    }

    /// Takes bytes of the peer and returns those to be sent back.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> Result<Vec<u8>> {
        self.buffer.push(bytes);
        let mut reply = Vec::new();
        while let Some(frame) = self.buffer.next_frame()? {
            if let Some(answer) = self.frame(&frame)? {
                reply.extend_from_slice(&answer.encode());
            }
        }
        Ok(reply)
    }

    fn frame(&mut self, frame: &Frame) -> Result<Option<Frame>> {
        ensure!(
            self.block.is_none() || frame.kind == kind::CONTINUATION,
            "the peer sent a frame of type {} inside a header block",
            frame.kind
        );
        match frame.kind {
            kind::DATA => self.data(frame)?,
            kind::HEADERS => {
                let block = Block {
                    stream: frame.stream,
                    end_stream: frame.has(flags::END_STREAM),
                    bytes: frame.content()?.to_vec(),
                };
                self.block(block, frame.has(flags::END_HEADERS))?;
            }
            kind::CONTINUATION => {
                let mut block = self.block.take().context("the peer sent CONTINUATION outside a header block")?;
                ensure!(block.stream == frame.stream, "the peer sent CONTINUATION on another stream");
                block.bytes.extend_from_slice(&frame.payload);
                self.block(block, frame.has(flags::END_HEADERS))?;
            }
            kind::RST_STREAM => self.reset(frame.stream, number(&frame.payload)?),
            kind::SETTINGS => return self.settings(frame),
            kind::PING => return self.ping(frame),
            kind::GOAWAY => self.goaway(&frame.payload)?,
            kind::PUSH_PROMISE => bail!("the peer pushes, though it was told not to"),
            // PRIORITY, WINDOW_UPDATE, and what extensions define: nothing here depends on them.
            _ => {}
        }
        Ok(None)
    }

    fn block(&mut self, block: Block, complete: bool) -> Result<()> {
        ensure!(block.bytes.len() <= MAX_HEADER_BLOCK, "the peer's header block has no end");
        if !complete {
            self.block = Some(block);
            return Ok(());
        }
        let list = self.decoder.decode(&block.bytes).context("the peer's header block cannot be decoded")?;
        self.headers(block.stream, list, block.end_stream)
    }

    fn headers(&mut self, stream: u32, list: HeaderList, end_stream: bool) -> Result<()> {
        let exchange = self.streams.entry(stream).or_default();
        match &mut exchange.response {
            // After RST_STREAM a stream gets no answer, whatever follows.
            None if exchange.reset.is_some() => {}
            None => {
                let http_status = http_status(&list)
                    .with_context(|| format!("the response on stream {stream} has no valid :status"))?;
                if (100..200).contains(&http_status) && !end_stream {
                    return Ok(());
                }
                exchange.response = Some(Response {
                    http_status,
                    headers: list,
                    end_stream_on_first_headers: end_stream,
                    ended: end_stream,
                    ..Response::default()
                });
            }
            Some(response) if response.ended || response.rst_after.is_some() || response.trailers.is_some() => {
                response.repeated += 1;
            }
            Some(response) => {
                response.trailers = Some(list);
                response.ended = end_stream;
            }
        }
        Ok(())
    }

    fn data(&mut self, frame: &Frame) -> Result<()> {
        let content = frame.content()?;
        let response = self.streams.get_mut(&frame.stream).and_then(|exchange| exchange.response.as_mut());
        if let Some(response) = response.filter(|response| !response.ended) {
            response.data.extend_from_slice(content);
            response.ended = frame.has(flags::END_STREAM);
        }
        Ok(())
    }

    fn reset(&mut self, stream: u32, error_code: u32) {
        let exchange = self.streams.entry(stream).or_default();
        let first = match &mut exchange.response {
            Some(response) => &mut response.rst_after,
            None => &mut exchange.reset,
        };
        first.get_or_insert(error_code);
    }

    fn settings(&mut self, frame: &Frame) -> Result<Option<Frame>> {
        if frame.has(flags::ACK) {
            self.settings_acknowledged = true;
            return Ok(None);
        }
        let (values, []) = frame.payload.as_chunks::<6>() else { bail!("the peer's SETTINGS are cut short") };
        let values = values
            .iter()
            .map(|[i0, i1, v0, v1, v2, v3]| (u16::from_be_bytes([*i0, *i1]), u32::from_be_bytes([*v0, *v1, *v2, *v3])));
        self.server_settings.get_or_insert_default().extend(values);
        Ok(self.acknowledge.then(Frame::settings_ack))
    }

    fn ping(&mut self, frame: &Frame) -> Result<Option<Frame>> {
        let opaque = <[u8; 8]>::try_from(&frame.payload[..]).context("the peer's PING has no 8 bytes")?;
        if frame.has(flags::ACK) {
            self.last_pong = Some(opaque);
            return Ok(None);
        }
        Ok(Some(Frame { flags: flags::ACK, ..Frame::ping(opaque) }))
    }

    fn goaway(&mut self, payload: &[u8]) -> Result<()> {
        let (head, debug) = payload.split_at_checked(8).context("the peer's GOAWAY is cut short")?;
        let (last_stream, error_code) = (number(&head[..4])? & 0x7fff_ffff, number(&head[4..])?);
        // A server that goes away in peace may say so twice; what it says last holds.
        self.goaway = Some(GoAway { error_code, last_stream, debug: debug.to_vec() });
        Ok(())
    }

    /// The response on this stream as far as it came.
    pub(super) fn response(&self, stream: u32) -> Option<&Response> {
        self.streams.get(&stream)?.response.as_ref()
    }

    /// What the stream came to, if nothing more can be expected.
    pub(super) fn settled(&self, stream: u32) -> Option<Outcome> {
        if let Some(error_code) = self.streams.get(&stream).and_then(|exchange| exchange.reset) {
            return Some(Outcome::Reset { error_code });
        }
        match (self.response(stream), &self.goaway) {
            (Some(response), _) if response.ended || response.rst_after.is_some() => {
                Some(Outcome::Response(response.clone()))
            }
            (response, Some(GoAway { error_code, last_stream, .. })) if *error_code != 0 || *last_stream < stream => {
                Some(response.cloned().map_or(Outcome::GoAway { error_code: *error_code }, Outcome::Response))
            }
            _ => None,
        }
    }

    /// What the stream came to when nothing more will arrive: the beginning of a response, else this.
    pub(super) fn unsettled(&self, stream: u32, otherwise: Outcome) -> Outcome {
        self.response(stream).cloned().map_or(otherwise, Outcome::Response)
    }
}

fn http_status(list: &HeaderList) -> Option<u16> {
    let (_, value) = list.iter().find(|(name, _)| name == b":status")?;
    std::str::from_utf8(value).ok()?.parse().ok()
}

fn number(bytes: &[u8]) -> Result<u32> {
    Ok(u32::from_be_bytes(bytes.try_into().context("the peer's frame has no 4 bytes where a number belongs")?))
}
