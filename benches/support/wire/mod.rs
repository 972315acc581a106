//! What the wire bench consists of: who sends calls, the connection they are sent on, and what is seen of it.

pub(crate) mod claims;
pub(crate) mod connection;
mod indexing;
mod recording;
pub(crate) mod replay;
mod representation;
pub(crate) mod seen;
pub(crate) mod sender;
