use std::fs;

use super::super::TokenSource;
use super::*;

#[test]
fn a_file_of_the_limit_is_read_and_one_byte_more_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("token");
    let mut bytes = b"tok\n".to_vec();
    bytes.resize(MAX_FILE_LEN, b'#');
    fs::write(&path, &bytes).unwrap();
    assert!(TokenSource::file(&path).load().unwrap().tokens.primary().matches("tok"));
    bytes.push(b'#');
    fs::write(&path, &bytes).unwrap();
    assert_eq!(read(&path).err(), Some(FileError::TooLarge));
}

#[test]
fn a_file_that_grows_while_it_is_read_is_refused_without_reading_on() {
    let mut endless = io::repeat(b'a').take(u64::MAX);
    assert_eq!(read_text(&mut endless).err(), Some(FileError::TooLarge));
    assert_eq!(u64::MAX - endless.limit(), MAX_FILE_LEN as u64 + 1);
}

#[test]
fn reading_goes_on_after_an_interruption_and_reports_a_failure() {
    struct Steps(Vec<io::Result<&'static [u8]>>);
    impl Read for Steps {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let step = self.0.pop().unwrap_or(Ok(b""))?;
            buffer[..step.len()].copy_from_slice(step);
            Ok(step.len())
        }
    }
    let interrupted = || Err(io::ErrorKind::Interrupted.into());
    let bytes = read_text(Steps(vec![Ok(b"k"), interrupted(), Ok(b"to"), interrupted()])).unwrap();
    assert_eq!(bytes.as_slice(), b"tok");

    let failed = read_text(Steps(vec![Err(io::ErrorKind::TimedOut.into()), Ok(b"to")])).unwrap_err();
    assert_eq!(failed, FileError::Read(io::Error::from(io::ErrorKind::TimedOut).into()));
}

#[cfg(unix)]
mod unix {
    use std::io::ErrorKind;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    fn refused(path: &Path) -> FileError {
        read(path).err().unwrap_or_else(|| panic!("{} was read", path.display()))
    }

    #[test]
    fn what_is_no_regular_file_is_named_for_what_it_is() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        fs::create_dir(path("folder")).unwrap();
        let _listener = UnixListener::bind(path("socket")).unwrap();
        fs::write(path("file"), "tok").unwrap();
        symlink("nothing", path("dangling")).unwrap();
        symlink("folder", path("to folder")).unwrap();
        symlink("socket", path("to socket")).unwrap();

        assert_eq!(refused(&path("folder")), FileError::NotRegular(FileKind::Folder));
        assert_eq!(refused(&path("to folder")), FileError::NotRegular(FileKind::Folder));
        assert_eq!(refused(&path("socket")), FileError::NotRegular(FileKind::Socket));
        assert_eq!(refused(&path("to socket")), FileError::NotRegular(FileKind::Socket));
        assert_eq!(refused(Path::new("/dev/null")), FileError::NotRegular(FileKind::Device));
        assert_eq!(refused(&path("missing")), FileError::NotFound);
        assert_eq!(refused(&path("dangling")), FileError::DanglingLink);
        assert_eq!(refused(Path::new("")), FileError::NotFound);

        let kind = |path: &Path| match refused(path) {
            FileError::Open(error) => error,
            other => panic!("{other:?}"),
        };
        assert_eq!(kind(&path("file/below")).kind(), ErrorKind::NotADirectory);
        assert_eq!(kind(&path("file/")).kind(), ErrorKind::NotADirectory);
        assert_eq!(kind(&path("a\0b")).kind(), ErrorKind::InvalidInput);
        symlink("loop", path("loop")).unwrap();
        assert_eq!(kind(&path("loop")).code(), Some(rustix::io::Errno::LOOP.raw_os_error()));
    }

    #[test]
    fn links_are_followed_to_a_regular_file() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        fs::create_dir(path("..2026_01")).unwrap();
        fs::write(path("..2026_01/token"), "tok\n").unwrap();
        symlink("..2026_01", path("..data")).unwrap();
        symlink("..data/token", path("token")).unwrap();
        assert_eq!(read(&path("token")).unwrap().bytes.as_slice(), b"tok\n");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_pipe_without_a_writer_is_refused_at_once() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR).unwrap();
        let (done, answer) = std::sync::mpsc::channel();
        std::thread::spawn(move || done.send(refused(&path)));
        let refused = answer.recv_timeout(std::time::Duration::from_secs(60)).expect("it does not wait for a writer");
        assert_eq!(refused, FileError::NotRegular(FileKind::Fifo));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_says_it_is_empty_is_read_to_its_end() {
        assert_eq!(fs::metadata("/proc/self/comm").unwrap().len(), 0);
        assert!(read(Path::new("/proc/self/comm")).unwrap().bytes.ends_with(b"\n"));
    }
}
