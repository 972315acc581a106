//! An in-memory equivalent of Ray's GCS.
