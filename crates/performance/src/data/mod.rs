//! The measured data: one JSON file a measurement in `docs/performance/`, written by the command that measures and read
//! by the report.

pub(crate) mod calls;
pub(crate) mod end_to_end;
pub(crate) mod machine;
pub(crate) mod measurement;
pub(crate) mod scale;
pub(crate) mod threads;
pub(crate) mod wire;
