//! The variables and files of one row, for real.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use ray_auth_testing::vectors::{PathKind, Places, TokenSourceRow};
use tempfile::TempDir;

use crate::child;

pub(crate) struct Stage {
    folder: TempDir,
    vars: Vec<(&'static str, OsString)>,
    cwd: Option<String>,
    uid: u32,
    /// Keeps what was written to a pipe in it.
    _writer: Option<File>,
}

impl Stage {
    pub(crate) fn new(row: &TokenSourceRow) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let input = &row.input;
        // Another user must be able to come here.
        chmod(folder.path(), 0o755);
        let (home, file) = (folder.path().join("home"), folder.path().join("file"));
        fs::create_dir(&home).expect("a home folder");

        let default = home.join(".ray/auth_token");
        if input.default_is_dir {
            fs::create_dir_all(&default).expect("a folder in the default file's place");
        }
        if let Some(content) = &input.default_file_content {
            fs::create_dir(home.join(".ray")).expect("a .ray folder");
            fs::write(&default, content).expect("the default file");
        }
        if let Some(mode) = input.default_mode {
            chmod(&default, mode);
        }
        let writer = place(&file, &home, input.path_kind, input.path_file_content.as_deref());

        let text = |path: &Path| path.to_str().expect("a temporary path is text").to_owned();
        let (home, file) = (text(&home), text(&file));
        let fill = |text: &String| OsString::from(Places { home: &home, file: &file }.fill(text));
        let vars = [
            ("RAY_AUTH_MODE", input.mode.as_ref().map(OsString::from)),
            ("RAY_ENABLE_K8S_TOKEN_AUTH", input.kubernetes.as_ref().map(OsString::from)),
            ("RAY_AUTH_TOKEN", input.token.clone().map(OsString::from_vec)),
            ("RAY_AUTH_TOKEN_PATH", input.token_path.as_ref().map(fill)),
            ("HOME", input.home.as_ref().map(fill)),
        ];
        Self {
            vars: vars.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
            cwd: input.cwd.as_ref().map(|cwd| Places { home: &home, file: &file }.fill(cwd)),
            uid: input.run_as_uid,
            folder,
            _writer: writer,
        }
    }

    pub(crate) fn var(&self, name: &str) -> Option<OsString> {
        self.vars.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }

    /// The command of a child process, if the row needs one.
    pub(crate) fn child(&self) -> Option<Command> {
        let another_user = self.uid != 0 && rustix::process::geteuid().is_root();
        if !another_user && self.cwd.is_none() {
            return None;
        }
        let mut program = std::env::current_exe().expect("this program has a path");
        if another_user {
            // The build folder may be closed to others.
            let copy = self.folder.path().join("program");
            fs::copy(&program, &copy).expect("a copy of this program");
            chmod(&copy, 0o755);
            program = copy;
        }
        let mut command = child::command(&program, "load");
        command.envs(self.vars.iter().cloned());
        command.current_dir(self.cwd.as_deref().map_or(self.folder.path(), Path::new));
        if another_user {
            command.uid(self.uid).gid(self.uid);
        }
        Some(command)
    }
}

fn place(file: &Path, home: &Path, kind: PathKind, content: Option<&[u8]>) -> Option<File> {
    let write = || fs::write(file, content.expect("a row with a file has its content")).expect("the file");
    match kind {
        PathKind::File => {
            content.is_some().then(write);
        }
        PathKind::Directory => fs::create_dir(file).expect("a folder in the file's place"),
        PathKind::Mode000 | PathKind::Mode644 | PathKind::Mode777 => {
            write();
            chmod(
                file,
                if kind == PathKind::Mode000 {
                    0
                } else if kind == PathKind::Mode644 {
                    0o644
                } else {
                    0o777
                },
            );
        }
        PathKind::DanglingLink => symlink("nothing", file).expect("a link"),
        PathKind::Fifo => {
            let made = Command::new("mkfifo").arg(file).status().expect("mkfifo runs");
            assert!(made.success());
            // Opened for both ways, a pipe waits for nobody.
            let mut pipe = OpenOptions::new().read(true).write(true).open(file).expect("the pipe opens");
            pipe.write_all(content.expect("a row with a pipe has its content")).expect("the pipe takes the content");
            return Some(pipe);
        }
        PathKind::FileInHome => fs::write(home.join("tokfile"), "pathtok").expect("the file in the home folder"),
    }
    None
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("the mode changes");
}
