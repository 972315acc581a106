//! The server over loopback, with generated clients and with a raw one.

mod cluster;
mod health;
mod kv;
mod limits;
mod metadata;
mod node;
mod nodes;
mod support;
mod vectors;
mod wire_contract;
