//! What the model reads: what one call costs, as other commands measured it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;

use crate::data::calls::Instructions;
use crate::data::wire::Wire;

/// Where those files are.
#[derive(Debug, clap::Args)]
pub(crate) struct Files {
    /// The counted instructions of one call.
    #[arg(long, value_name = "FILE", default_value = "docs/performance/instructions.json")]
    instructions: PathBuf,
    /// The bytes of one call's header.
    #[arg(long, value_name = "FILE", default_value = "docs/performance/wire.json")]
    wire: PathBuf,
}

/// What one call costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Inputs {
    /// Instructions to attach the token.
    pub(crate) attach: f64,
    /// Instructions to accept a call with one token …
    pub(crate) accept_1: f64,
    /// … and with three.
    pub(crate) accept_3: f64,
    /// Bytes that the header adds to a call on a connection in use.
    pub(crate) header_bytes: f64,
}

impl Inputs {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, is none of these, or lacks a row.
    pub(crate) fn read(files: &Files) -> Result<Self> {
        let instructions: Instructions = read(&files.instructions, "cargo bench --bench instructions")?;
        let wire: Wire = read(&files.wire, "ray-auth-performance measure")?;
        Self::new(&instructions, &wire)
    }

    fn new(instructions: &Instructions, wire: &Wire) -> Result<Self> {
        let count = |case: &str| {
            let row = instructions.rows.iter().find(|row| row.case == case && !row.peer);
            let count = row.with_context(|| format!("no case {case:?} among the instructions; measure them anew"))?;
            ensure!(count.instructions > 0, "the case {case:?} has no instructions; measure them anew");
            Ok(count.instructions as f64)
        };
        let bytes = |sender: &str| {
            let row = wire.rows.iter().find(|row| row.sender == sender);
            let row = row.with_context(|| format!("no sender {sender:?} on the wire; measure it anew"))?;
            anyhow::Ok(row.headers_bytes as f64)
        };
        Ok(Self {
            attach: count("attach/keyring")?,
            accept_1: count("accept/1 token")?,
            accept_3: count("accept/3 tokens")?,
            header_bytes: bytes("tonic, never indexed")? - bytes("tonic, no token")?,
        })
    }
}

fn read<T: DeserializeOwned>(file: &Path, made_by: &str) -> Result<T> {
    let text = std::fs::read_to_string(file).with_context(|| {
        format!("{} cannot be read; make it with `{made_by}`, or name another file", file.display())
    })?;
    serde_json::from_str(&text)
        .with_context(|| format!("{} is not what was expected; make it anew with `{made_by}`", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSTRUCTIONS: &str = r#"{"rows": [
        {"case": "attach/keyring", "instructions": 275, "budget": 300, "aim": 275, "peer": false},
        {"case": "accept/1 token", "instructions": 360, "budget": 400, "aim": 360, "peer": false},
        {"case": "accept/3 tokens", "instructions": 460, "budget": 520, "aim": 460, "peer": false}
    ], "comparison": []}"#;
    const WIRE: &str = r#"{"rows": [
        {"sender": "tonic, no token", "headers_bytes": 40, "client_instructions": 0, "server_instructions": 0},
        {"sender": "tonic, never indexed", "headers_bytes": 107, "client_instructions": 900, "server_instructions": 800}
    ]}"#;

    fn inputs(instructions: &str, wire: &str) -> Result<Inputs> {
        let folder = tempfile::tempdir()?;
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).map(|()| path)
        };
        Inputs::read(&Files { instructions: file("instructions", instructions)?, wire: file("wire", wire)? })
    }

    #[test]
    fn what_a_call_costs_is_read_by_the_names_of_its_cases() {
        let expected = Inputs { attach: 275.0, accept_1: 360.0, accept_3: 460.0, header_bytes: 67.0 };
        assert_eq!(inputs(INSTRUCTIONS, WIRE).unwrap(), expected);
    }

    #[test]
    fn what_is_missing_is_named_with_how_to_mend_it() {
        let table = [
            (INSTRUCTIONS.replace("accept/3 tokens", "accept/4"), WIRE.to_owned(), "no case \"accept/3 tokens\""),
            (INSTRUCTIONS.replace("275, \"b", "0, \"b"), WIRE.to_owned(), "has no instructions; measure them anew"),
            (INSTRUCTIONS.to_owned(), WIRE.replace("no token", "none"), "no sender \"tonic, no token\""),
            ("{".to_owned(), WIRE.to_owned(), "make it anew with `cargo bench --bench instructions`"),
        ];
        for (instructions, wire, expected) in table {
            let error = format!("{:#}", inputs(&instructions, &wire).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
    }
}
