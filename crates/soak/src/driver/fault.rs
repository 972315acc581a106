//! What becomes of a keyring file, by accident or by malice.

use std::fs::{self, OpenOptions, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use fastrand::Rng;
use ray_auth::token::TokenSet;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::file::{TokenFile, Way, cut, text};

/// Bytes of a file that is far too large.
const LARGE: usize = 10 << 20;
/// It repeats so many random ones.
const PIECE: usize = 4 << 10;

/// How long a process may take that has no room to write.
const PUT_LIMIT: Duration = Duration::from_secs(20);

/// What becomes of a keyring file before a step is taken on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Fault {
    /// It is deleted.
    Deleted,
    /// It is cut short.
    Truncated,
    /// A folder takes its place.
    Folder,
    /// A link to itself takes its place.
    Loop,
    /// 10 MiB of random bytes take the place of its content.
    Large,
    /// The process may no longer read it.
    Unreadable,
    /// The library takes the step while the disk is full.
    FullDisk,
    /// A program writes into it while the disk is full.
    FullDiskInPlace,
    /// It is written 1,000 times within a second, and then the step is taken.
    Rewrites,
}

impl Fault {
    pub(super) const ALL: [Self; 9] = [
        Self::Deleted,
        Self::Truncated,
        Self::Folder,
        Self::Loop,
        Self::Large,
        Self::Unreadable,
        Self::FullDisk,
        Self::FullDiskInPlace,
        Self::Rewrites,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Truncated => "truncated",
            Self::Folder => "replaced by a folder",
            Self::Loop => "a link to itself",
            Self::Large => "10 MiB of bytes",
            Self::Unreadable => "unreadable",
            Self::FullDisk => "step on a full disk",
            Self::FullDiskInPlace => "written on a full disk",
            Self::Rewrites => "1,000 rewrites in 1 s",
        }
    }

    /// Whether the process is to show that it cannot use the file, and keep the last good tokens.
    pub(super) fn is_shown(self) -> bool {
        !matches!(self, Self::FullDisk | Self::Rewrites)
    }

    /// The ways in which a good file can take the place of the broken one.
    pub(super) fn ways_out(self) -> &'static [Way] {
        match self {
            // Nobody opens a folder or such a link for writing, and what is written has the rights that are there.
            Self::Folder | Self::Loop | Self::Unreadable => &[Way::Rename],
            Self::Deleted | Self::Truncated | Self::Large | Self::FullDiskInPlace => &[Way::Rename, Way::InPlace],
            Self::FullDisk => &[Way::Step, Way::Rename, Way::InPlace],
            Self::Rewrites => &[Way::Rename, Way::InPlace],
        }
    }

    /// Breaks the file, which is to hold `after` once it is mended. Rewriting belongs to the step itself.
    pub(super) async fn strike(self, file: &TokenFile, after: &TokenSet, program: &Path, rng: &mut Rng) -> Result<()> {
        let path = file.path();
        match self {
            Self::Deleted => fs::remove_file(path)?,
            Self::Truncated => {
                let there = zeroize::Zeroizing::new(fs::read_to_string(&path)?);
                OpenOptions::new().write(true).open(path)?.set_len(cut(&there, rng) as u64)?;
            }
            Self::Folder => {
                fs::remove_file(&path)?;
                fs::create_dir(&path)?;
            }
            Self::Loop => {
                fs::remove_file(&path)?;
                symlink(&path, &path)?;
            }
            Self::Large => {
                let mut piece = [0; PIECE];
                rng.fill(&mut piece);
                fs::write(path, piece.repeat(LARGE / PIECE))?;
            }
            // Root reads everything, so where the driver is root this process is another user's.
            Self::Unreadable => fs::set_permissions(path, Permissions::from_mode(0o000))?,
            Self::FullDisk => {
                let before = Before::of(file)?;
                put_without_room(program, file, after, &[]).await?;
                ensure!(before.is_as(file)?, "a step that failed left something behind in {}", path.display());
            }
            Self::FullDiskInPlace => {
                put_without_room(program, file, after, &["--in-place"]).await?;
                ensure!(fs::metadata(&path)?.len() == 0, "{} was not emptied", path.display());
            }
            Self::Rewrites => {}
        }
        Ok(())
    }
}

/// What was in a folder before a step that must change nothing.
struct Before {
    text: zeroize::Zeroizing<Vec<u8>>,
    names: Vec<std::ffi::OsString>,
}

impl Before {
    fn of(file: &TokenFile) -> Result<Self> {
        let names = fs::read_dir(file.folder())?.map(|entry| Ok(entry?.file_name())).collect::<Result<Vec<_>>>()?;
        // The lock stays by design.
        let mut names: Vec<_> = names.into_iter().filter(|name| name != "token.lock").collect();
        names.sort();
        Ok(Self { text: fs::read(file.path())?.into(), names })
    }

    fn is_as(&self, file: &TokenFile) -> Result<bool> {
        let now = Self::of(file)?;
        Ok(self.text == now.text && self.names == now.names)
    }
}

/// Lets a process put the tokens into the file whose files may have no bytes, which is what a full disk comes to and
/// needs no rights. It must fail, and not by a signal.
async fn put_without_room(program: &Path, file: &TokenFile, after: &TokenSet, options: &[&str]) -> Result<()> {
    let mut put = Command::new("sh")
        .args(["-c", r#"trap '' XFSZ; ulimit -f 0; exec "$0" "$@""#])
        .arg(program)
        .arg("put")
        .args(options)
        .arg(file.path())
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut stdin = put.stdin.take().context("the process has a stdin")?;
    stdin.write_all(text(after)?.as_bytes()).await?;
    drop(stdin);
    let ended = tokio::time::timeout(PUT_LIMIT, put.wait_with_output()).await??;
    match ended.status.code() {
        Some(0) => bail!("{} was written without room", file.path().display()),
        Some(1) => {
            let said = String::from_utf8_lossy(&ended.stderr);
            ensure!(said.contains("File too large"), "a write without room failed for another reason: {said}");
            Ok(())
        }
        _ => bail!("a write without room ended with {}", ended.status),
    }
}
