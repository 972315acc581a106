//! What the benches with tables of their own share: what they were asked for, and how they say what came of it.

use std::process::ExitCode;

/// What stands on the command line.
pub(crate) struct Asked {
    /// One object instead of tables.
    pub(crate) json: bool,
    /// `cargo test` asks for this: everything once, unmeasured.
    pub(crate) once: bool,
    /// Only cases with one of these in their name; all, if there are none.
    words: Vec<String>,
}

impl Asked {
    /// Reads the command line.
    ///
    /// # Errors
    ///
    /// The exit code, when there is nothing more to do.
    pub(crate) fn parse() -> Result<Self, ExitCode> {
        // `cargo bench` says so, `cargo test` does not.
        let mut asked = Self { json: false, once: true, words: Vec::new() };
        for argument in std::env::args().skip(1) {
            match argument.as_str() {
                "--bench" => asked.once = false,
                "--json" => asked.json = true,
                "--help" | "-h" => {
                    println!("usage: cargo bench --bench NAME -- [--json] [WORD…]");
                    return Err(ExitCode::SUCCESS);
                }
                option if option.starts_with('-') => {
                    eprintln!("error: there is no option {option:?}; use --json, or words of the cases' names");
                    return Err(ExitCode::from(2));
                }
                word => asked.words.push(word.to_owned()),
            }
        }
        Ok(asked)
    }

    pub(crate) fn wants(&self, name: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| name.contains(word))
    }

    /// The last line, beside the object if there is one.
    pub(crate) fn summary(&self, line: &str) {
        if self.json { eprintln!("{line}") } else { println!("\n{line}") }
    }
}

pub(crate) fn fail(what: &str) -> ExitCode {
    eprintln!("error: {what}");
    ExitCode::FAILURE
}
