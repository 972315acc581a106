//! Whole logs, redacted line by line.

use std::io::{self, BufReader, Read, Write};

use proptest::prelude::*;
use ray_auth_runtime_env::redact::{MAX_LINE, Redactor, filter};

use super::any::any_text;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn a_filter_does_to_each_line_what_the_redactor_does(
        lines in prop::collection::vec((any_text().prop_map(|text| text.replace('\n', " ")), "\n|\r\n"), 0..5),
        last in "[a-z]{0,3}",
        capacity in 1..40_usize,
    ) {
        let redactor = Redactor::new().hide("SECRET1");
        let mut input = String::new();
        let mut expected = String::new();
        for (line, end) in &lines {
            let line = line.trim_end_matches('\r');
            input.push_str(&format!("{line}{end}"));
            expected.push_str(&format!("{}{end}", redactor.redact(line)));
        }
        let mut shown = Vec::new();
        filter(&redactor, BufReader::with_capacity(capacity, format!("{input}{last}").as_bytes()), &mut shown).unwrap();
        prop_assert_eq!(String::from_utf8(shown).unwrap(), format!("{}{}", expected, last));
    }
}

#[test]
fn lines_are_filtered_as_they_are() {
    let long = "SECRET".repeat(MAX_LINE / 6 + 1);
    let longest = "x".repeat(MAX_LINE);
    let table: [(&str, Vec<u8>, Vec<u8>); 10] = [
        ("nothing", b"".to_vec(), b"".to_vec()),
        ("no line feed", b"https://u:SECRET1@h.test".to_vec(), b"https://***@h.test".to_vec()),
        ("line feeds", b"\n\r\n\nx\n".to_vec(), b"\n\r\n\nx\n".to_vec()),
        ("the ends of lines", b"a SECRET1\r\nb SECRET1\n\rc".to_vec(), b"a ***\r\nb ***\n\rc".to_vec()),
        ("not UTF-8", b"\xff SECRET1 \xc3\n".to_vec(), "\u{fffd} *** \u{fffd}\n".into()),
        ("too long", format!("a\n{long}\nb\n").into(), b"a\n<line of more than 1 MiB left out>\nb\n".to_vec()),
        (
            "too long, at the end",
            format!("a\r\n{long}\r\n{long}").into(),
            b"a\r\n<line of more than 1 MiB left out>\r\n<line of more than 1 MiB left out>".to_vec(),
        ),
        ("as long as can be", format!("{longest}\r\n").into(), format!("{longest}\r\n").into()),
        ("one more", format!("{longest}x\n").into(), b"<line of more than 1 MiB left out>\n".to_vec()),
        ("and one more", format!("{longest}xx").into(), b"<line of more than 1 MiB left out>".to_vec()),
    ];
    for (name, input, expected) in table {
        for capacity in [3, 8192] {
            let mut shown = Vec::new();
            filter(&Redactor::new().hide("SECRET1"), BufReader::with_capacity(capacity, &*input), &mut shown).unwrap();
            assert!(shown == expected, "{name}: {}", String::from_utf8_lossy(&shown[..shown.len().min(200)]));
        }
    }
}

/// Gives one line at a time, and asks each time whether the one before has come out.
struct Followed<'a> {
    lines: Vec<&'static [u8]>,
    shown: &'a std::sync::Mutex<Vec<u8>>,
    given: usize,
}

impl Read for Followed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let shown = self.shown.lock().unwrap();
        assert_eq!(shown.iter().filter(|byte| **byte == b'\n').count(), self.given, "a line waits for the next one");
        let Some(line) = self.lines.get(self.given) else { return Ok(0) };
        self.given += 1;
        buffer[..line.len()].copy_from_slice(line);
        Ok(line.len())
    }
}

/// Holds everything back until it is flushed.
struct Held<'a>(Vec<u8>, &'a std::sync::Mutex<Vec<u8>>);

impl Write for Held<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.1.lock().unwrap().append(&mut self.0);
        Ok(())
    }
}

#[test]
fn a_line_comes_out_before_the_next_one_is_waited_for() {
    let shown = std::sync::Mutex::new(Vec::new());
    let lines: Vec<&[u8]> = vec![b"a SECRET1\n", b"b\n", b"c\n"];
    let input = BufReader::new(Followed { lines, shown: &shown, given: 0 });
    filter(&Redactor::new().hide("SECRET1"), input, Held(Vec::new(), &shown)).unwrap();
    assert_eq!(*shown.lock().unwrap(), b"a ***\nb\nc\n");
}

#[test]
fn an_error_ends_the_filter() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("broken"))
        }
    }
    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other("broken"))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let redactor = Redactor::new();
    assert_eq!(filter(&redactor, BufReader::new(Broken), Vec::new()).unwrap_err().to_string(), "broken");
    assert_eq!(filter(&redactor, &b"x"[..], Broken).unwrap_err().to_string(), "broken");
}

#[test]
fn utf_16_is_refused() {
    for input in [&b"\xff\xfeh\0t\0"[..], b"\xfe\xff\0h\0t"] {
        for capacity in [1, 8192] {
            let input = BufReader::with_capacity(capacity, input);
            let mut shown = Vec::new();
            assert_eq!(filter(&Redactor::new(), input, &mut shown).unwrap_err().kind(), io::ErrorKind::InvalidData);
            assert!(shown.is_empty());
        }
    }
}
