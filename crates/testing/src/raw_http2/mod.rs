//! A raw HTTP/2 client: every byte of a request is the caller's choice.
//!
//! A well-behaved stack refuses to send upper-case header names, NUL bytes, half a frame or a 64 KiB token, so it cannot
//! show what a server does with them. This one writes frames itself, checks nothing on the way out, and reports the
//! answer as an [`Outcome`]. On the way in it is strict: a peer that breaks HTTP/2 is an error, not an outcome.
//!
//! - A [`Request`] is a list of header fields, a body and whether the stream ends; [`Request::grpc`] starts from a
//!   sound unary gRPC call, which is then spoilt field by field.
//! - A [`Connection`] opens, sends requests on as many streams as wanted, and waits for each outcome. Every wait takes
//!   its bound from the caller.
//! - [`Frame`] and [`Connection::send_raw`] are for what is not even a request: truncated frames, garbage.
//!
//! What it does not do: flow control for what it sends. The first 65,535 bytes of body on a connection are always
//! allowed, and no request here is longer.
//!
//! ```no_run
//! use ray_auth_testing::raw_http2::{self, Request};
//! use std::time::Duration;
//!
//! # async fn example() -> anyhow::Result<()> {
//! let request = Request::grpc("/ray.rpc.NodeInfoGcsService/GetClusterId").add("AUTHORIZATION", "Bearer secret");
//! let outcome = raw_http2::ask("127.0.0.1:6379", &request, Duration::from_secs(5)).await?;
//! assert_ne!(outcome.grpc_status(), Some(0));
//! # Ok(())
//! # }
//! ```

mod connection;
mod frame;
mod hpack;
mod outcome;
mod request;
mod session;

#[cfg(test)]
mod tests;

pub use connection::{Connection, Handshake, ask};
pub use frame::{Frame, FrameBuffer, MAX_FRAME_SIZE, PREFACE, flags, kind};
pub use outcome::{HeaderList, Outcome, Response};
pub use request::{Request, grpc_frame};
pub use session::GoAway;
