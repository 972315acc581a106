//! Secrets that come in and go out, through the standard streams or files: never through the command line.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use ray_auth::Token;
use ray_auth::source::{FileError, follow_links, read_text};
use zeroize::Zeroizing;

use crate::exit::{Exit, Failure};
use crate::output;

/// A file, or `-`: stdin or stdout.
#[derive(Clone, Debug)]
pub(super) enum Stream {
    Standard,
    File(PathBuf),
}

impl From<OsString> for Stream {
    fn from(text: OsString) -> Self {
        if text == "-" { Self::Standard } else { Self::File(text.into()) }
    }
}

impl Stream {
    pub(super) fn is_standard(&self) -> bool {
        matches!(self, Self::Standard)
    }

    /// The text, to its end.
    pub(super) fn read(&self) -> Result<Zeroizing<Vec<u8>>, FileError> {
        match self {
            Self::Standard => read_text(io::stdin().lock()),
            Self::File(path) => read_text(Opening(path, None)),
        }
    }

    /// Writes the text: to a file of this user's alone, which is put in the place of an old one whole.
    pub(super) fn write(&self, text: &str) -> Result<(), Failure> {
        let Self::File(path) = self else { return output::answer(text) };
        write(path, text.as_bytes()).map_err(|error| {
            Failure::new(
                Exit::No,
                format_args!("cannot write the keyring to {path:?}: {error}; name a file this user can write"),
            )
        })
    }
}

/// A file that is opened when it is first read, so that both have one kind of error. Also a pipe that a shell names.
struct Opening<'a>(&'a Path, Option<File>);

impl Read for Opening<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let file = match self.1.take() {
            Some(file) => file,
            None => File::open(self.0)?,
        };
        self.1.insert(file).read(buffer)
    }
}

fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    // Behind links, so that they stay; but not behind those of others in a folder that everybody can write.
    let target = match follow_links(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        followed => followed?,
    };
    if let Ok(there) = target.metadata()
        && !there.is_file()
    {
        if belongs_to_others(&there) {
            let text = "it is no file, and belongs to another user who may be reading from it";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
        }
        // A pipe that a shell names, or a device.
        return File::options().write(true).open(&target)?.write_all(text);
    }
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".ray-auth-").tempfile_in(folder)?;
    file.write_all(text)?;
    file.as_file().sync_all()?;
    file.persist(&target)?;
    Ok(())
}

#[cfg(unix)]
fn belongs_to_others(there: &std::fs::Metadata) -> bool {
    let owner = std::os::unix::fs::MetadataExt::uid(there);
    owner != 0 && owner != rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn belongs_to_others(_there: &std::fs::Metadata) -> bool {
    false
}

/// What stands on stdin.
pub(super) fn stdin() -> Result<Zeroizing<Vec<u8>>, Failure> {
    Stream::Standard.read().map_err(|error| Failure::new(Exit::BadInput, format_args!("stdin {error}")))
}

/// The token that a stream holds and nothing else. A path may be a token by mistake, so it is not repeated.
pub(super) fn token(from: &Stream) -> Result<Token, Failure> {
    let bad_input =
        |error: &dyn std::fmt::Display| Failure::new(Exit::BadInput, format_args!("what --from names {error}"));
    let text = from.read().map_err(|error| bad_input(&error))?;
    Token::parse(&*text).map_err(|error| bad_input(&format_args!("is no token: {error}")))
}
