//! Events of `tracing`, redacted as they are written: by the subscriber that programs use, in each of its formats.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use ray_auth_runtime_env::RemoteUri;
use ray_auth_runtime_env::logs::{MAX_EVENT, MAX_SHOWN, RedactingMakeWriter};
use ray_auth_runtime_env::redact::Redactor;
use tracing::subscriber::with_default;
use tracing::{Level, Metadata, error, info, info_span};
use tracing_subscriber::fmt::{MakeWriter, SubscriberBuilder};

/// Each thing that was written, in one piece.
#[derive(Clone, Default)]
struct Log {
    pieces: Arc<Mutex<Vec<String>>>,
    flushes: Arc<Mutex<usize>>,
    broken: bool,
}

impl Log {
    fn text(&self) -> String {
        self.pieces.lock().unwrap().concat()
    }

    fn pieces(&self) -> Vec<String> {
        self.pieces.lock().unwrap().clone()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.broken {
            return Err(io::Error::other("broken"));
        }
        self.pieces.lock().unwrap().push(String::from_utf8(bytes.to_vec()).unwrap());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        *self.flushes.lock().unwrap() += 1;
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Self {
        if *meta.level() == Level::ERROR {
            self.pieces.lock().unwrap().push("to the errors: ".to_owned());
        }
        self.clone()
    }
}

const TOKEN: &str = "SECRETtoken\"with\\both";

fn redactor() -> Redactor {
    Redactor::new().hide(TOKEN)
}

fn plain(
    log: &Log,
) -> SubscriberBuilder<
    tracing_subscriber::fmt::format::DefaultFields,
    tracing_subscriber::fmt::format::Format<tracing_subscriber::fmt::format::Full, ()>,
    tracing_subscriber::filter::LevelFilter,
    RedactingMakeWriter<Log>,
> {
    let (writer, _) = RedactingMakeWriter::new(log.clone(), redactor());
    tracing_subscriber::fmt().without_time().with_target(false).with_ansi(false).with_writer(writer)
}

/// Something that shows a secret both ways.
struct Careless;

impl fmt::Display for Careless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(TOKEN)
    }
}

impl fmt::Debug for Careless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Careless").field("token", &TOKEN).finish()
    }
}

fn write_events() {
    let uri = "https://u:SECRET1\"x@h.test/f.zip?sig=SECRET2";
    let _span = info_span!("fetch", uri, debugged = ?uri, token = %Careless).entered();
    info!("Downloading package from {uri}");
    info!(uri, "by value");
    info!(%uri, "by display");
    info!(?uri, "by debug");
    info!(path = %"/f.zip?sig=SECRET7", method = %"GET /x?sig=SECRET8", "paths");
    info!(authorization = "Bearer SECRET3", cookie = %"a=SECRET4", "headers");
    info!(headers = ?[("authorization", "Bearer SECRET3"), ("accept", "x")], "headers");
    info!(token = ?Careless, "{Careless} and {Careless:?} and {:?}", format!("{Careless:?}"));
    error!(RAY_AUTH_TOKEN = "SECRET5", "variables");
    info!(uri = %RemoteUri::parse("https://u:SECRET6@h.test/f.zip").unwrap(), "kept");
}

#[test]
fn nothing_is_left_in_any_format() {
    for ansi in [false, true] {
        for format in ["full", "compact", "pretty"] {
            let log = Log::default();
            let (writer, _) = RedactingMakeWriter::new(log.clone(), redactor());
            let subscriber = tracing_subscriber::fmt().with_ansi(ansi).with_writer(writer);
            match format {
                "full" => with_default(subscriber.finish(), write_events),
                "compact" => with_default(subscriber.compact().finish(), write_events),
                _ => with_default(subscriber.pretty().finish(), write_events),
            }
            let text = log.text();
            assert!(!text.contains("SECRET") && !text.contains("with\\"), "{format} {ansi}: {text}");
            for kept in ["Downloading package from", "by debug", "kept", "h.test/f.zip", "variables"] {
                assert!(text.contains(kept), "{format} {ansi}: no {kept} in {text}");
            }
            assert_eq!(log.pieces().len(), 10 + 1, "one piece for each event, and who was asked for errors");
        }
    }
}

#[test]
fn events_are_redacted_as_they_stand() {
    let log = Log::default();
    with_default(plain(&log).finish(), || {
        info!("got https://u:SECRET1@h.test/f.zip?SECRET2");
        info!(authorization = "Bearer SECRET1", status = 401, "refused");
        info!(uri = ?"https://u:p\"SECRET@h.test", size = 3, "read");
        error!(token = ?TOKEN, "token {TOKEN}");
        info!("nothing to hide");
    });
    let expected = [
        " INFO got https://***@h.test/f.zip?***\n",
        " INFO refused authorization=\"Bearer ***\" status=401\n",
        " INFO read uri=\"https://<unparseable URI>\" size=3\n",
        "to the errors: ",
        "ERROR token *** token=\"***\"\n",
        " INFO nothing to hide\n",
    ];
    assert_eq!(log.pieces(), expected);
}

#[test]
fn lines_of_json_stay_json() {
    let log = Log::default();
    let (writer, _) = RedactingMakeWriter::new(log.clone(), redactor());
    let event = serde_json::json!({
        "fields": {"message": "got https://u:SECRET1@h.test/f.zip?SECRET2", "authorization": "Bearer SECRET3", "token": TOKEN},
        "target": "agent",
    });
    writer.make_writer().write_all(format!("{event}\n").as_bytes()).unwrap();
    let shown: serde_json::Value = serde_json::from_str(&log.text()).unwrap();
    let expected = serde_json::json!({
        "fields": {"message": "got https://***@h.test/f.zip?***", "authorization": "Bearer ***", "token": "***"},
        "target": "agent",
    });
    assert_eq!(shown, expected);
}

#[test]
fn the_redactor_can_be_replaced() {
    let log = Log::default();
    let (writer, handle) = RedactingMakeWriter::new(log.clone(), Redactor::new());
    assert_eq!(format!("{handle:?}").matches("secrets: 0").count(), 1);
    let begun = writer.make_writer();
    handle.replace(Redactor::new().hide("SECRET1"));
    assert_eq!(handle.current().redact("SECRET1"), "***");
    for (mut writer, text) in [(begun, "SECRET0 "), (writer.make_writer(), "SECRET1 ")] {
        writer.write_all(text.as_bytes()).unwrap();
    }
    handle.replace(Redactor::new().hide("SECRET2"));
    writer.make_writer().write_all(b"SECRET2").unwrap();
    assert_eq!(log.text(), "SECRET0 *** ***");
}

#[test]
fn what_is_written_in_pieces_is_redacted_as_one() {
    let log = Log::default();
    let (writer, _) = RedactingMakeWriter::new(log.clone(), Redactor::new().hide("SECRET1"));
    let mut event = writer.make_writer();
    for piece in ["a SEC", "RET1", " https://u:SEC"] {
        assert_eq!(event.write(piece.as_bytes()).unwrap(), piece.len());
    }
    write!(event, "RET{}@h.test", 2).unwrap();
    assert_eq!(log.pieces(), [""; 0], "nothing comes out before the end");
    event.flush().unwrap();
    assert_eq!((log.text().as_str(), *log.flushes.lock().unwrap()), ("a *** https://***@h.test", 1));
    writeln!(event, " SECRET{}", 1).unwrap();
    assert_eq!(log.pieces().len(), 2, "a line feed ends an event");
    event.write_all(b"SECRET1").unwrap();
    drop(event);
    assert_eq!(log.pieces(), ["a *** https://***@h.test", " ***\n", "***"]);
}

#[test]
fn a_long_event_is_cut_after_it_was_redacted() {
    let write = |event: String| {
        let log = Log::default();
        let (writer, _) = RedactingMakeWriter::new(log.clone(), Redactor::new().hide("SECRET1SECRET1"));
        writer.make_writer().write_all(event.as_bytes()).unwrap();
        log.pieces().concat()
    };
    let cut = " [rest of the event left out]\n";
    // The secret, or the URI, begins at each place before the border, and ends behind it.
    for before in MAX_SHOWN - 20..MAX_SHOWN + 2 {
        for secret in ["SECRET1SECRET1", "https://u:SECRET1@h.test/f.zip", "\u{e9}\u{4e16}SECRET1SECRET1"] {
            let shown = write(format!("{}{secret} and more{}\n", "x".repeat(before), "y".repeat(40)));
            assert!(!shown.contains("SEC") && shown.ends_with(cut) && shown.len() <= MAX_SHOWN + cut.len(), "{before}");
        }
    }
    assert_eq!(write("x".repeat(MAX_SHOWN)), "x".repeat(MAX_SHOWN));
    assert_eq!(write("SECRET1SECRET1".repeat(10_000)), "***");
    assert_eq!(write("x".repeat(MAX_EVENT + 1)), "[event of more than 1 MiB left out]\n");
}

#[test]
fn a_line_feed_stays_where_nothing_else_does() {
    let log = Log::default();
    // Each round leaves the next secret, until the redactor gives up.
    let (writer, _) = RedactingMakeWriter::new(log.clone(), Redactor::with_secrets(["SECRET1", "***a"]));
    writer.make_writer().write_all(b"SECRET1aaaaaaaaaaaa\n").unwrap();
    writer.make_writer().write_all(b"next\n").unwrap();
    assert_eq!(log.pieces(), ["***\n", "next\n"]);
}

#[test]
fn an_error_of_the_log_comes_back_and_nothing_panics() {
    let (writer, _) = RedactingMakeWriter::new(Log { broken: true, ..Log::default() }, redactor());
    let mut event = writer.make_writer();
    assert_eq!(event.write_all(b"x\n").unwrap_err().to_string(), "broken");
    event.write_all(b"x").unwrap();
    assert_eq!(event.flush().unwrap_err().to_string(), "broken");
    event.flush().unwrap();
    event.write_all(b"x").unwrap();
    drop(event);
    struct Failing;
    impl fmt::Display for Failing {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            Err(fmt::Error)
        }
    }
    assert!(write!(writer.make_writer(), "{Failing}").is_err());
    with_default(tracing_subscriber::fmt().with_writer(writer).finish(), || info!("x"));
}

#[test]
fn a_writer_shows_nothing_of_what_it_holds() {
    let (writer, _) = RedactingMakeWriter::new(io::sink, Redactor::new().hide("SECRET1"));
    let mut event = writer.make_writer();
    event.write_all(b"SECRET1").unwrap();
    assert_eq!(format!("{event:?}"), "RedactingWriter { redactor: Redactor { secrets: 1 }, .. }");
}
