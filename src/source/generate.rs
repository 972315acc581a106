//! Creating a token file, once, whoever else does the same at the same time.

use std::fs::DirBuilder;
use std::io;
use std::path::Path;

use super::SourceError;
use super::fresh::{FreshFile, folder_of};
use crate::token::Token;

/// Writes a new token to `path`, unless there is something of that name already. Returns whether it did.
///
/// The file has one line, mode 0600 and only ever its whole content: it is written under another name in the same folder,
/// flushed to the disk, and then put in place without overwriting. Of several processes that do this at once one
/// succeeds, and when it does it logs `Generated new authentication token and saved to <path>` at level info. The folder
/// is created with mode 0700 if it is not there, the one above it is not. Ray writes the file with the mode that the
/// process's mask gives, usually 0644, and overwrites.
///
/// # Errors
///
/// [`SourceError::Create`] when the folder or the file cannot be written. No temporary file is left behind.
///
/// # Panics
///
/// As [`Token::generate`].
pub fn create_token_file(path: impl AsRef<Path>) -> Result<bool, SourceError> {
    let path = path.as_ref();
    let folder = folder_of(path);
    create_folder(folder).map_err(|error| SourceError::Create { path: folder.into(), error: error.into() })?;
    let created = write_new(path, &Token::generate());
    let created = created.map_err(|error| SourceError::Create { path: path.into(), error: error.into() })?;
    if created {
        // Ray's own words, which people and tools look for.
        tracing::info!("Generated new authentication token and saved to {}", path.display());
    }
    Ok(created)
}

fn create_folder(folder: &Path) -> io::Result<()> {
    match private_builder().create(folder) {
        // Also where systems name another reason before this one.
        Err(_) if folder.is_dir() => Ok(()),
        result => result,
    }
}

#[cfg(unix)]
fn private_builder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Elsewhere a user's own folder is private by what it inherits.
#[cfg(not(unix))]
fn private_builder() -> DirBuilder {
    DirBuilder::new()
}

fn write_new(path: &Path, token: &Token) -> io::Result<bool> {
    let mut file = FreshFile::create(path)?;
    file.write(&[token.expose_secret(), "\n"])?;
    file.put_new()
}

#[cfg(test)]
mod tests;
