//! Commands that measure: started in the project's folder, their progress on our standard error.

use std::fmt;
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

use super::tree::Tree;

pub(super) struct Invocation {
    command: Command,
    /// How people would write it, without paths of this machine.
    shown: String,
}

impl Invocation {
    /// A program of the project's, by its path in it, or one of the machine's by name.
    pub(super) fn new(tree: &Tree, program: &str, arguments: &[&str]) -> Self {
        let path = if program.contains('/') { tree.root.join(program) } else { program.into() };
        let mut command = Command::new(path);
        command.args(arguments).current_dir(&tree.root).stdin(Stdio::null());
        Self { command, shown: [&[program], arguments].concat().join(" ") }
    }

    pub(super) fn cargo(tree: &Tree, arguments: &[&str]) -> Self {
        Self::new(tree, "cargo", arguments)
    }

    pub(super) fn argument(mut self, path: &Path) -> Self {
        self.command.arg(path);
        self.shown.push_str(" FILE");
        self
    }

    /// Runs it for what it leaves behind.
    pub(super) fn run(mut self) -> Result<()> {
        let status = self.command.stdout(io::stderr()).status();
        let status = status.with_context(|| self.not_started())?;
        self.succeeded(status)
    }

    /// Runs it for what it prints on standard output.
    pub(super) fn output(mut self) -> Result<String> {
        let output = self.command.stderr(Stdio::inherit()).output();
        let output = output.with_context(|| self.not_started())?;
        if let Err(error) = self.succeeded(output.status) {
            // What it had to say is lost otherwise.
            eprint!("{}", String::from_utf8_lossy(&output.stdout));
            return Err(error);
        }
        String::from_utf8(output.stdout).with_context(|| format!("{self} printed what is not UTF-8"))
    }

    fn not_started(&self) -> String {
        format!("{self} could not be started; see that its program is there")
    }

    fn succeeded(&self, status: ExitStatus) -> Result<()> {
        if !status.success() {
            bail!("{self} failed ({status}); what it printed above says why");
        }
        Ok(())
    }
}

impl fmt::Display for Invocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}`", self.shown)
    }
}
