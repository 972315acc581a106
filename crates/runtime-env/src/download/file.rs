//! The one way a downloaded file is written: whole, under another name in the same folder, flushed to the disk, and only then
//! put in place.

use std::path::{Path, PathBuf};

use ray_auth::source::OsError;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use super::{FetchError, PathFlaw};

/// The longest name that a file can have, in bytes; on Windows it is counted otherwise.
const LONGEST_NAME: usize = 255;

/// A file that is being written, readable by its owner only. Removed when dropped before it is put in place.
pub(super) struct PartFile {
    file: File,
    name: NamedTempFile,
    destination: PathBuf,
    digest: Sha256,
    len: u64,
    limit: u64,
}

impl PartFile {
    /// An empty file in the folder of `destination`, of a name that cannot be guessed.
    pub(super) fn create(destination: &Path, limit: u64) -> Result<Self, FetchError> {
        let failed = |error: std::io::Error| FetchError::destination(destination, error);
        if let Some(flaw) = flaw(destination) {
            return Err(FetchError::NotAFile { path: destination.to_owned(), flaw });
        }
        let mut builder = tempfile::Builder::new();
        builder.prefix(".ray-auth-").suffix(".part");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600));
        let name = builder.tempfile_in(folder_of(destination)).map_err(failed)?;
        let file = File::from_std(name.as_file().try_clone().map_err(failed)?);
        Ok(Self { file, name, destination: destination.to_owned(), digest: Sha256::new(), len: 0, limit })
    }

    /// Adds to its end, as long as it stays within the limit.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        self.len = self.len.saturating_add(bytes.len() as u64);
        if self.len > self.limit {
            return Err(FetchError::TooLarge { limit: self.limit });
        }
        self.digest.update(bytes);
        self.file.write_all(bytes).await.map_err(|error| FetchError::destination(&self.destination, error))
    }

    /// How much there is, in bytes.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Puts it in place, if its digest is the expected one. Returns the digest.
    pub(super) async fn finish(mut self, expected: Option<[u8; 32]>) -> Result<[u8; 32], FetchError> {
        let actual: [u8; 32] = self.digest.finalize().into();
        if let Some(expected) = expected.filter(|expected| *expected != actual) {
            return Err(FetchError::Checksum { expected: hex(&expected), actual: hex(&actual) });
        }
        let destination = self.destination;
        let failed = |error: OsError| FetchError::destination(&destination, error);
        self.file.flush().await.map_err(|error| failed(error.into()))?;
        self.file.sync_all().await.map_err(|error| failed(error.into()))?;
        let (name, to) = (self.name, destination.clone());
        // In one piece: whoever gives up the download meanwhile finds either nothing or all of it.
        let put = tokio::task::spawn_blocking(move || put(name, &to)).await;
        put.unwrap_or_else(|lost| Err(OsError::from(std::io::Error::from(lost)))).map_err(failed)?;
        Ok(actual)
    }
}

/// Why there could be no file of this path in the end, as far as that can be known before.
fn flaw(destination: &Path) -> Option<PathFlaw> {
    let text = destination.as_os_str().as_encoded_bytes();
    // `Path` leaves a slash and a dot at the end away, and would take what stands before for the file.
    let last = text.rsplit(|byte| std::path::is_separator(char::from(*byte))).next().unwrap_or_default();
    if text.is_empty() {
        Some(PathFlaw::Empty)
    } else if matches!(last, b"" | b"." | b"..") || destination.file_name().is_none() {
        Some(PathFlaw::Folder)
    } else if cfg!(unix) && last.len() > LONGEST_NAME {
        Some(PathFlaw::LongName)
    } else {
        // Not `/dev/stdout`, for example, which would be gone afterwards.
        destination.metadata().is_ok_and(|taken| !taken.is_file()).then_some(PathFlaw::Taken)
    }
}

fn put(name: NamedTempFile, destination: &Path) -> Result<(), OsError> {
    name.persist(destination).map_err(|refused| refused.error)?;
    // Makes the new name outlive a loss of power. Where a file system cannot, the file is in place all the same.
    #[cfg(unix)]
    if let Err(error) = std::fs::File::open(folder_of(destination)).and_then(|folder| folder.sync_all()) {
        tracing::debug!(%error, "the folder of a downloaded file cannot be flushed");
    }
    Ok(())
}

/// The folder that a path names its last part in.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

pub(super) fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
