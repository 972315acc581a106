//! Read, decide, compare, write: a change of a keyring file from its beginning to its end, under one lock.

use std::fs::Metadata;
use std::path::Path;
use std::time::Duration;

use super::change::Decision;
use super::lock::Lock;
use super::place::Place;
use super::{Changed, FilterError, KeyringFileError, rights};
use crate::keyring::Step;
use crate::source::{self, Contents, FileError, FileWarning, FreshFile, Origin, SourceError};

/// Changes the file at `named` to what `decide` makes of its text; of none when there is no file and it need not exist.
pub(super) fn change(
    named: &Path,
    lock_wait: Duration,
    must_exist: bool,
    decide: impl FnOnce(Option<&[u8]>) -> Result<Decision, FilterError>,
) -> Result<Changed, KeyringFileError> {
    let place = Place::resolve(named, must_exist)?;
    let _lock = Lock::take(&place.target, lock_wait)?;
    FreshFile::remove_stale(&place.target);
    let old = place.read(must_exist)?;
    let decision = decide(old.as_ref().map(|old| old.bytes.as_slice())).map_err(|error| place.refused(error))?;
    let mut warnings = old.as_ref().map_or_else(Vec::new, |old| source::examine(named, &old.metadata));
    if decision.step == Step::Done {
        place.write(old.as_ref(), &decision)?;
    }
    if !decision.ignored.is_empty() {
        warnings.push(FileWarning::IgnoredLines { path: named.to_owned(), lines: decision.ignored });
    }
    Ok(Changed { step: decision.step, before: decision.before, tokens: decision.tokens, warnings })
}

impl Place {
    fn read(&self, must_exist: bool) -> Result<Option<Contents>, KeyringFileError> {
        match source::read(&self.target) {
            Ok(contents) => Ok(Some(contents)),
            Err(FileError::NotFound) if !must_exist => Ok(None),
            Err(error) => Err(SourceError::File { origin: self.origin(), error }.into()),
        }
    }

    fn origin(&self) -> Origin {
        Origin::File(self.named.clone())
    }

    fn refused(&self, error: FilterError) -> KeyringFileError {
        match error {
            FilterError::Text(error) => SourceError::of_text(self.origin(), error).into(),
            FilterError::Refused(error) => KeyringFileError::Refused { path: self.named.clone(), error },
        }
    }

    /// That the processes which follow the file would use tokens below its first line. They are taken to be its owner's.
    fn check_exposure(&self, metadata: &Metadata) -> Result<(), KeyringFileError> {
        let mut warnings = source::examine_as_owner(&self.named, metadata);
        warnings.retain(FileWarning::lets_others_write);
        let path = self.named.clone();
        if warnings.is_empty() { Ok(()) } else { Err(KeyringFileError::Exposed { path, warnings }) }
    }

    fn write(&self, old: Option<&Contents>, decision: &Decision) -> Result<(), KeyringFileError> {
        let failed = |error| self.not_written(&error);
        let mut fresh = FreshFile::create(&self.target).map_err(failed)?;
        if let Some(old) = old {
            rights::keep(&old.file, &old.metadata, fresh.file())
                .map_err(|error| KeyringFileError::Rights { path: self.named.clone(), error: error.into() })?;
        }
        if decision.tokens.iter().count() > 1 {
            self.check_exposure(&fresh.file().metadata().map_err(failed)?)?;
        }
        fresh.write(&[&decision.text]).map_err(failed)?;
        // The last look: whoever does not ask for the lock could have written since the first.
        let unchanged = match (old, source::read(&self.target)) {
            (Some(old), Ok(now)) => now.bytes == old.bytes && is_same(&old.metadata, &now.metadata),
            (None, Err(FileError::NotFound)) => true,
            _ => false,
        };
        let put = unchanged
            && match old {
                Some(_) => fresh.replace().map(|()| true).map_err(failed)?,
                None => fresh.put_new().map_err(failed)?,
            };
        if put { Ok(()) } else { Err(KeyringFileError::ChangedMeanwhile { path: self.named.clone() }) }
    }
}

/// Whether it is the same file, with the same rights.
#[cfg(unix)]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    let facts = |metadata: &Metadata| (metadata.dev(), metadata.ino(), metadata.uid(), metadata.gid(), metadata.mode());
    facts(one) == facts(other)
}

#[cfg(not(unix))]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    one.modified().ok() == other.modified().ok()
}

#[cfg(test)]
mod tests;
