//! Which netrc file is read.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use ray_auth::source::{Contents, FileError, read_up_to};

use super::exposure::{Owners, exposures};
use super::{Exposure, MAX_FILE_LEN, Netrc, NetrcError, NetrcWarning};

/// The variable that names a netrc file.
const VARIABLE: &str = "NETRC";

/// The variable that names the home folder.
const HOME_VARIABLE: &str = if cfg!(windows) { "USERPROFILE" } else { "HOME" };

/// The files of a home folder, of which the first that exists is read. Ray looks for both on every system.
const HOME_FILES: [&str; 2] = [".netrc", "_netrc"];

/// Where a netrc file is looked for. See the [module](super) for the rules.
///
/// Nothing is opened before [`NetrcSource::load`].
#[derive(Clone, Debug)]
pub struct NetrcSource {
    place: Place,
    strict: bool,
}

#[derive(Clone, Debug)]
enum Place {
    /// Nowhere.
    Off,
    /// A file that somebody named, and that therefore must be usable.
    Named(PathBuf),
    /// What somebody named, and begins with a home folder that is not known.
    UnknownHome(PathBuf),
    /// The files of this folder, none of which need exist.
    Home(PathBuf),
}

/// What [`NetrcSource::load`] found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Loaded {
    /// The netrc file's entries; none when netrc is off, there is no file, or the one in the home folder is not used.
    pub netrc: Option<Netrc>,
    /// The file that decided, also when it is not used.
    pub path: Option<PathBuf>,
    /// What should be mended, with those of [`Netrc::warnings`]. Nothing here logs them: whoever loads decides how often
    /// that is worth it.
    pub warnings: Vec<NetrcWarning>,
}

impl NetrcSource {
    /// The source that this process's environment names. Where `HOME` is not set, as for some services, the home folder is
    /// the one that the database of users has, as in Ray.
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_vars(environment)
    }

    /// The source that the variables found by `lookup` name: `NETRC`, and `HOME` (`USERPROFILE` on Windows).
    #[must_use]
    pub fn from_vars(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        let home = || lookup(HOME_VARIABLE).filter(|home| !home.is_empty()).map(PathBuf::from);
        match lookup(VARIABLE) {
            Some(value) if value.is_empty() => Self::off(),
            Some(value) => Self::at(expanded(value.into(), home)),
            None => home().map_or_else(Self::off, Self::home),
        }
    }

    /// No netrc file.
    #[must_use]
    pub fn off() -> Self {
        Self::at(Place::Off)
    }

    /// A netrc file of the caller's choice, by the rules for one that `NETRC` names. The path is taken as it is, and `~` is
    /// not expanded.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::at(Place::Named(path.into()))
    }

    /// The netrc file in this home folder, if there is one.
    #[must_use]
    pub fn home(folder: impl Into<PathBuf>) -> Self {
        Self::at(Place::Home(folder.into()))
    }

    /// Makes it an [error](NetrcError::Exposed) that others have rights to the file, or that it is another user's. Root may
    /// own a file that was named. Without this, such a file is used with a [warning](NetrcWarning::Exposed) when it was
    /// named, because Kubernetes mounts secrets readable by all, and not used when it is in the home folder.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Reads the netrc file. It is opened and read anew by each call, in the calling thread, so a file that was replaced is
    /// seen. What was read is wiped.
    ///
    /// # Errors
    ///
    /// [`NetrcError`], why a file that was named cannot be used, and with [`NetrcSource::strict`] that any file is exposed.
    /// Otherwise a file in the home folder is no cause of an error.
    pub fn load(&self) -> Result<Loaded, NetrcError> {
        match &self.place {
            Place::Off => Ok(Loaded::nothing()),
            Place::UnknownHome(path) => Err(NetrcError::UnknownHome { path: path.clone() }),
            Place::Named(path) => self.load_named(path),
            Place::Home(folder) => self.load_home(folder),
        }
    }

    /// What the file says, to keep it out of a log: whoever else has rights to it, since what is exposed is in use by others
    /// all the same.
    pub(crate) fn load_to_hide(&self) -> Result<Option<Netrc>, NetrcError> {
        let read = |path: &Path| Opened::read(path, Owners::Oneself)?.parse().map(|loaded| loaded.netrc);
        match &self.place {
            Place::Off => Ok(None),
            Place::UnknownHome(path) => Err(NetrcError::UnknownHome { path: path.clone() }),
            Place::Named(path) => read(path),
            Place::Home(folder) => {
                for path in HOME_FILES.map(|name| folder.join(name)) {
                    match read(&path) {
                        Err(NetrcError::File { error, .. }) if is_absence(error) => {}
                        found => return found,
                    }
                }
                Ok(None)
            }
        }
    }

    fn at(place: Place) -> Self {
        Self { place, strict: false }
    }

    fn load_named(&self, path: &Path) -> Result<Loaded, NetrcError> {
        let file = Opened::read(path, Owners::OneselfAndRoot)?;
        if self.strict {
            file.private()?;
        }
        file.parse()
    }

    fn load_home(&self, folder: &Path) -> Result<Loaded, NetrcError> {
        for path in HOME_FILES.map(|name| folder.join(name)) {
            let loaded = Opened::read(&path, Owners::Oneself).and_then(|file| {
                file.private()?;
                file.parse()
            });
            return match loaded {
                Err(NetrcError::File { error, .. }) if is_absence(error) => continue,
                Err(error @ NetrcError::Exposed { .. }) if self.strict => Err(error),
                Err(error) => Ok(Loaded::not_used(path, error)),
                loaded => loaded,
            };
        }
        Ok(Loaded::nothing())
    }
}

impl Loaded {
    fn nothing() -> Self {
        Self { netrc: None, path: None, warnings: Vec::new() }
    }

    fn not_used(path: PathBuf, error: NetrcError) -> Self {
        Self { netrc: None, path: Some(path), warnings: vec![NetrcWarning::NotUsed(error)] }
    }
}

/// A file that was read, and what others can do with it.
struct Opened<'a> {
    path: &'a Path,
    contents: Contents,
    exposures: Vec<Exposure>,
}

impl<'a> Opened<'a> {
    /// Everything is judged on the file that was opened: what its path names may have been replaced by now.
    fn read(path: &'a Path, owners: Owners) -> Result<Self, NetrcError> {
        let contents = read_up_to(path, MAX_FILE_LEN).map_err(|error| NetrcError::File { path: path.into(), error })?;
        let exposures = exposures(&contents.metadata, owners);
        Ok(Self { path, contents, exposures })
    }

    fn private(&self) -> Result<(), NetrcError> {
        if self.exposures.is_empty() {
            return Ok(());
        }
        Err(NetrcError::Exposed { path: self.path.into(), exposures: self.exposures.clone() })
    }

    fn parse(self) -> Result<Loaded, NetrcError> {
        let path = || self.path.to_owned();
        let netrc =
            Netrc::parse(&self.contents.bytes).map_err(|error| NetrcError::Malformed { path: path(), error })?;
        let exposed = self.exposures.iter().map(|exposure| NetrcWarning::Exposed { path: path(), exposure: *exposure });
        let of_text = netrc.warnings().iter().map(|warning| warning.clone().at(self.path));
        let warnings = exposed.chain(of_text).collect();
        Ok(Loaded { netrc: Some(netrc), path: Some(path()), warnings })
    }
}

/// A variable of this process's environment, or the home folder of its user.
pub(crate) fn environment(name: &str) -> Option<OsString> {
    let home = || std::env::home_dir().map(PathBuf::into_os_string).filter(|_| name == HOME_VARIABLE);
    std::env::var_os(name).or_else(home)
}

/// Whether there is no such file, in the eyes of Python's `os.path.exists`, which Ray asks.
fn is_absence(error: FileError) -> bool {
    match error {
        FileError::NotFound | FileError::DanglingLink => true,
        // A home "folder" like /dev/null, which service users have.
        FileError::Open(error) => error.kind() == std::io::ErrorKind::NotADirectory,
        _ => false,
    }
}

/// The path that `NETRC` names. Only `~` itself is expanded: whose home `~somebody` is stands in a database of users.
fn expanded(path: PathBuf, home: impl Fn() -> Option<PathBuf>) -> Place {
    if !path.as_os_str().as_encoded_bytes().starts_with(b"~") {
        return Place::Named(path);
    }
    match (path.strip_prefix("~"), home()) {
        (Ok(below), Some(home)) => Place::Named(home.join(below)),
        _ => Place::UnknownHome(path),
    }
}
