//! Both layers around real servers and channels on loopback: every kind of call, every place the server layer can stand,
//! and a rotation under load.

mod kinds;
mod placement;
mod rotation;
mod support;
