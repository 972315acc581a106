//! Every outcome, against a real server and against bytes that no real server would send twice the same way.

mod against_bytes;
mod against_h2;
