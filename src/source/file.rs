//! Reading a token file: one open, and everything judged on what was opened.

use std::fmt;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use super::error::{FileError, FileKind};

/// The largest token file, in bytes. Eight tokens of the greatest length fit with room to spare.
pub const MAX_FILE_LEN: usize = 64 * 1024;

/// What a file with secrets holds, and the file itself. `Debug` shows nothing of what it holds.
#[non_exhaustive]
pub struct Contents {
    /// All of it, wiped when dropped.
    pub bytes: Zeroizing<Vec<u8>>,
    /// Of the file that was opened, whatever its path names by now.
    pub metadata: Metadata,
    /// The open file.
    pub file: File,
}

impl fmt::Debug for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contents").field("file", &self.file).finish_non_exhaustive()
    }
}

pub(crate) fn read(path: &Path) -> Result<Contents, FileError> {
    read_up_to(path, MAX_FILE_LEN)
}

/// Reads a file with secrets: opened once and without waiting, a regular one of at most `max` bytes, into one buffer that
/// never moves and is wiped when dropped. For files that hold something else than tokens.
///
/// # Errors
///
/// [`FileError`]; `FileError::TooLarge` means more than `max` bytes here.
pub fn read_up_to(path: &Path, max: usize) -> Result<Contents, FileError> {
    let file = open(path).map_err(|error| not_opened(path, &error))?;
    let metadata = file.metadata().map_err(|error| FileError::Read(error.into()))?;
    if !metadata.is_file() {
        return Err(FileError::NotRegular(kind(&metadata)));
    }
    if metadata.len() > max as u64 {
        return Err(FileError::TooLarge);
    }
    Ok(Contents { bytes: read_bounded(&file, max)?, metadata, file })
}

/// Opens without waiting for the other end of a FIFO, and without taking a terminal over.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let opened = rustix::io::retry_on_intr(|| rustix::fs::open(path, flags, Mode::empty()))?;
    Ok(opened.into())
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Why there was nothing to open. There is nothing open to look at, so the names are looked at.
pub(crate) fn not_opened(path: &Path, error: &io::Error) -> FileError {
    if error.kind() == io::ErrorKind::NotFound {
        let dangling = path.symlink_metadata().is_ok_and(|named| named.is_symlink());
        return if dangling { FileError::DanglingLink } else { FileError::NotFound };
    }
    match path.metadata().map(|target| kind(&target)) {
        // Sockets cannot be opened, and on Windows neither can folders.
        Ok(kind @ (FileKind::Folder | FileKind::Socket)) => FileError::NotRegular(kind),
        _ => FileError::Open(error.into()),
    }
}

/// Reads the text of a token file to its end, into one buffer that never moves and is wiped when dropped, so that no copy
/// of a secret is left behind. For text that comes from elsewhere than a file, such as the standard input.
///
/// # Errors
///
/// [`FileError::Read`], and [`FileError::TooLarge`] beyond [`MAX_FILE_LEN`], without reading on.
pub fn read_text(from: impl Read) -> Result<Zeroizing<Vec<u8>>, FileError> {
    read_bounded(from, MAX_FILE_LEN)
}

fn read_bounded(mut from: impl Read, max: usize) -> Result<Zeroizing<Vec<u8>>, FileError> {
    // The limit is judged here, too: a file can grow after it was measured, and some that hold text say they are empty.
    let mut buffer = Zeroizing::new(vec![0; max.saturating_add(1)]);
    let mut len = 0;
    while len < buffer.len() {
        match from.read(&mut buffer[len..]) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(FileError::Read((&error).into())),
        }
    }
    if len > max {
        return Err(FileError::TooLarge);
    }
    buffer.truncate(len);
    Ok(buffer)
}

fn kind(metadata: &Metadata) -> FileKind {
    if metadata.is_dir() {
        return FileKind::Folder;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = metadata.file_type();
        if kind.is_fifo() {
            return FileKind::Fifo;
        }
        if kind.is_socket() {
            return FileKind::Socket;
        }
        if kind.is_block_device() || kind.is_char_device() {
            return FileKind::Device;
        }
    }
    FileKind::Other
}

#[cfg(test)]
mod tests;
