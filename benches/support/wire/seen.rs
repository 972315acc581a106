//! What was seen of one sender's calls.

use super::indexing;
use super::recording::{self, Call};
use super::representation::{self, Fields, Representation};
use super::sender::Sender;

/// The name as HTTP/2 has it.
const AUTHORIZATION: &[u8] = b"authorization";

/// Calls that are looked at: the first, which fills the connection's tables, and some that find them full.
const CALLS: u64 = 4;

/// A sender's first calls on one connection.
pub(crate) struct Seen {
    pub(crate) sender: Sender,
    calls: Vec<Call>,
    fields: Vec<Fields>,
}

impl Seen {
    /// Of every sender, in the order of the rows.
    pub(crate) fn all() -> Vec<Self> {
        Sender::ALL.into_iter().map(Self::of).collect()
    }

    pub(crate) fn of(sender: Sender) -> Self {
        let recorded = if sender.is_tonic() { sender } else { Sender::NeverIndexed };
        let mut calls = recording::record(recorded, CALLS);
        let mut fields = representation::fields(&calls);
        if sender == Sender::Indexing {
            calls = indexing::encode(&calls, &fields);
            fields = representation::fields(&calls);
        }
        Self { sender, calls, fields }
    }

    /// The call that fills the tables.
    pub(crate) fn first(&self) -> &Call {
        &self.calls[0]
    }

    /// One that finds them full, as all others do.
    pub(crate) fn later(&self) -> &Call {
        &self.calls[1]
    }

    /// Whether the calls after the first are all sent with the same bytes.
    pub(crate) fn is_steady(&self) -> bool {
        let parts = |call: &Call| call.frames().map(|frame| (frame.kind, frame.flags, frame.payload.clone())).collect();
        let later: Vec<_> = parts(self.later());
        let same = |call: &Call| parts(call) == later;
        self.calls[1..].iter().all(same)
    }

    /// Whether the value is `expected` in each call; with none, whether the field is not there.
    pub(crate) fn has_value(&self, expected: Option<&[u8]>) -> bool {
        self.fields.iter().all(|fields| {
            let mut named = fields.iter().filter(|(name, _)| name == AUTHORIZATION);
            named.next().map(|(_, value)| &value[..]) == expected && named.next().is_none()
        })
    }

    /// How each call says the field.
    pub(crate) fn representations(&self) -> Vec<Representation> {
        let calls = self.calls.iter().zip(&self.fields);
        calls.map(|(call, fields)| representation::of(AUTHORIZATION, &call.headers.payload, fields)).collect()
    }

    /// Bytes of the HEADERS frame of a call that is not the first, the nine before the block included.
    pub(crate) fn headers_bytes(&self) -> usize {
        self.later().headers.encode().len()
    }
}
