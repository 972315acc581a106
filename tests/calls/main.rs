//! Both layers around real servers and channels on loopback: every kind of call, every place the server layer can stand,
//! and a rotation under load.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod kinds;
mod placement;
mod rotation;
mod support;
