//! Puts a keyring into a file, in a process of its own: one that the driver can take the room for it away from.

use std::path::PathBuf;

use anyhow::Result;
use ray_auth::keyring_file::KeyringFile;
use ray_auth::source::{KeyringText, read_text};

/// Puts the keyring on stdin into a file.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Write into the file itself, as an editor may, instead of taking the step as the library does.
    #[arg(long)]
    in_place: bool,
    /// The file.
    file: PathBuf,
}

/// Reads the keyring and puts it in place.
///
/// # Errors
///
/// When it is none, and when it cannot be put there.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let text = read_text(std::io::stdin().lock())?;
    if arguments.in_place {
        std::fs::write(&arguments.file, &*text)?;
    } else {
        KeyringFile::new(&arguments.file).dangerous_install(KeyringText::parse(&*text)?.tokens)?;
    }
    Ok(())
}
