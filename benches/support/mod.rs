//! What the benches of one call share: the cases, which are the layers of this crate and those of others that do the same
//! work, each around a service that does nothing.

pub(crate) mod case;
pub(crate) mod no_op;
mod ours;
mod peers;
pub(crate) mod request;
