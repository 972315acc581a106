//! What a download that fails says: what is wrong, with whom, and how to mend it.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use ray_auth_runtime_env::credentials::Credentials;
use ray_auth_runtime_env::download::{Downloader, FetchError, PathFlaw, Progress, SetupError, TransportKind};
use ray_auth_runtime_env::netrc::NetrcSource;

use crate::server::{Answer, Server};
use crate::support::{Setting, bearer, uri};

#[tokio::test]
async fn when_time_runs_out_the_last_error_is_told() {
    let setting = Setting::new();
    let server = setting
        .server(|_, before| match before {
            0 => Answer::new("503 Service Unavailable", b""),
            _ => Answer::stalled(b"part"),
        })
        .await;
    let limit = Duration::from_secs(2);
    let downloader = setting.downloader(Credentials::none()).timeout(limit).attempts(5, Duration::ZERO);
    let uri = uri(&format!("http://{}/package.zip", server.address));

    let failed = downloader.build().unwrap().fetch(&uri, setting.package()).await.unwrap_err();

    let FetchError::TimedOut { last: Some(last), .. } = &failed else { panic!("{failed:?}") };
    assert!(matches!(&**last, FetchError::Status { status, .. } if status.as_u16() == 503), "{failed:?}");
    let answered = format!("http://{} answered 503 Service Unavailable", server.address);
    assert_eq!(failed.to_string(), format!("not done within 2 s; the last attempt failed: {answered}"));
    assert_eq!((server.asked().len(), setting.left().len()), (2, 0));
    let first = FetchError::TimedOut { limit, last: None };
    assert_eq!(first.to_string(), "not done within 2 s; allow more time, or find out what is slow");
}

#[tokio::test]
async fn a_pause_that_is_longer_than_the_time_left_is_not_made() {
    let setting = Setting::new();
    let busy = Answer::new("503 Service Unavailable", b"").header("retry-after", "60");
    let server = setting.server(move |_, _| busy.clone()).await;
    let downloader = setting.downloader(Credentials::none()).attempts(5, Duration::ZERO).build().unwrap();
    let uri = uri(&format!("http://{}/package.zip", server.address));
    let waits = Mutex::new(0);
    let download = downloader.download(&uri).on_progress(|progress| {
        if matches!(progress, Progress::Waiting { .. }) {
            *waits.lock().unwrap() += 1;
        }
    });
    let failed = download.to(setting.package()).await.unwrap_err();
    assert!(matches!(failed, FetchError::Status { .. }), "{failed:?}");
    assert_eq!((server.asked().len(), *waits.lock().unwrap()), (1, 0));
}

#[tokio::test]
async fn what_the_network_says_is_told_with_a_way_to_mend_it() {
    let setting = Setting::new();
    let stalled = setting.server(|_, _| Answer::stalled(b"part")).await;
    let short = setting.server(|_, _| Answer::cut_short(b"part")).await;
    #[cfg(target_os = "linux")]
    let (full, _first) = full().await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let stranger = Setting::new().server(|_, _| Answer::ok(b"package")).await;
    let (up, tls) = ("see whether the server is up, and the address right", "trust the certificate of its authority");
    // A URI, which kind of failure it is, and how its text goes on after the origin and ends.
    let table = [
        (format!("http://{nobody}/"), TransportKind::Connect, ": cannot connect: Connection refused", up),
        #[cfg(target_os = "linux")]
        (
            format!("http://{}/", full.local_addr().unwrap()),
            TransportKind::Connect,
            ": cannot connect: no connection within 0.2 s; ",
            up,
        ),
        (
            format!("http://{}/", stalled.address),
            TransportKind::Silence,
            ": no answer in time: nothing came for 0.5 s; ",
            "allow more time if the server is known to be slow",
        ),
        (
            format!("http://{}/", short.address),
            TransportKind::Broken,
            ": the connection broke: ",
            "who runs the server",
        ),
        (format!("https://{}/", stranger.address), TransportKind::Tls, ": TLS failed: invalid peer certificate", tls),
    ];
    for (text, expected, begin, end) in table {
        let downloader = setting.downloader(Credentials::none()).idle_timeout(Duration::from_millis(500));
        let downloader = downloader.connect_timeout(Duration::from_millis(200)).build().unwrap();
        let failed = downloader.fetch(&uri(&text), setting.package()).await.unwrap_err();
        assert!(
            matches!(&failed, FetchError::Transport { kind, proxied: false, .. } if *kind == expected),
            "{text}: {failed:?}"
        );
        let said = failed.to_string();
        let begin = format!("{}{begin}", text.trim_end_matches('/'));
        assert!(said.starts_with(&begin) && said.ends_with(end), "{text}: {said}");
    }
}

/// Listens, lets nobody in, and has its queue full: who connects next gets no answer.
#[cfg(target_os = "linux")]
async fn full() -> (tokio::net::TcpListener, tokio::net::TcpStream) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let listener = socket.listen(0).unwrap();
    let first = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (listener, first)
}

#[tokio::test]
async fn what_a_server_calls_itself_does_not_fill_an_error() {
    let setting = Setting::new();
    let names: Vec<_> = (0..100).map(|number| format!("{number}.a-name-that-is-not-asked-for.test")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let server = Server::start_as(&setting.authority, &names, |_, _| Answer::ok(b"package")).await;
    let downloader = setting.downloader(Credentials::none()).add_address("a.test", server.address).build().unwrap();
    let uri = uri(&format!("https://a.test:{}/package.zip", server.address.port()));
    let failed = downloader.fetch(&uri, setting.package()).await.unwrap_err();
    let FetchError::Transport { kind: TransportKind::Tls, reason, .. } = failed else { panic!("{failed:?}") };
    assert!(reason.contains("a-name-that-is-not-asked-for"), "{reason}");
    assert_eq!((reason.chars().count(), reason.ends_with("...")), (200, true), "{reason}");
}

#[tokio::test]
async fn a_refusal_after_a_redirect_says_whose_credential_did_not_go_along() {
    type Case = (&'static str, fn(&str, &str) -> [String; 2], bool, &'static str);
    let of_host =
        "; no credential was sent: if it is private, give one in a netrc file, or in RAY_RUNTIME_ENV_BEARER_TOKEN";
    // Where the first server and the second lead to, whether a credential goes to the first, and the advice.
    let table: [Case; 5] = [
        ("no redirect", |_, _| ["".to_owned(), "".to_owned()], false, of_host),
        ("on the same server", |first, _| [format!("{first}/last"), "".to_owned()], false, of_host),
        ("to another", |_, second| [format!("{second}/last"), "".to_owned()], true, "from-first"),
        ("on another", |_, second| [format!("{second}/next"), format!("{second}/last")], true, "from-first"),
        ("and back", |first, second| [format!("{second}/next"), format!("{first}/last")], true, "from-second"),
    ];
    for (name, leads, authorized, advice) in table {
        let setting = Setting::new();
        let ways = std::sync::Arc::new(Mutex::new([String::new(), String::new()]));
        let decide = |number: usize| {
            let ways = std::sync::Arc::clone(&ways);
            move |asked: &crate::server::Asked, _: usize| {
                let way = ways.lock().unwrap()[number].clone();
                let last = way.is_empty() || asked.target == "/last";
                if last { Answer::new("403 Forbidden", b"") } else { Answer::redirect(&way) }
            }
        };
        let (first, second) = (setting.server(decide(0)).await, setting.server(decide(1)).await);
        // The second has another name, so that a netrc entry for the first is none for it.
        let here = format!("https://a.test:{}", first.address.port());
        let there = format!("https://b.test:{}", second.address.port());
        *ways.lock().unwrap() = leads(&here, &there);
        let credentials = if authorized { bearer("correct-horse") } else { Credentials::none() };
        let downloader = setting.downloader(credentials);
        let downloader = downloader.add_address("a.test", first.address).add_address("b.test", second.address);
        let failed = downloader.build().unwrap().fetch(&uri(&format!("{here}/package.zip")), setting.package()).await;
        let failed = failed.unwrap_err().to_string();
        let redirected = |from: &str, host: &str| {
            format!(
                "; no credential was sent: it was redirected there from {from}, whose credentials do not go along; if it is \
                 private, give a netrc entry for {host} itself, which goes over https only"
            )
        };
        let (to, advice) = match advice {
            "from-first" => (&there, redirected(&here, "b.test")),
            "from-second" => (&here, redirected(&there, "a.test")),
            advice => (&here, advice.to_owned()),
        };
        assert_eq!(failed, format!("{to} answered 403 Forbidden{advice}"), "{name}");
    }
}

#[tokio::test]
async fn the_netrc_entry_that_the_advice_asks_for_is_sent() {
    let setting = Setting::new();
    let last = setting
        .server(|asked, _| match asked.authorization.is_empty() {
            true => Answer::new("401 Unauthorized", b""),
            false => Answer::ok(b"package"),
        })
        .await;
    let there = format!("https://b.test:{}/last", last.address.port());
    let first = setting.server(move |_, _| Answer::redirect(&there)).await;
    std::fs::write(setting.path("netrc"), "machine b.test login agent password correct-horse\n").unwrap();
    let credentials = Credentials::none().with_netrc(NetrcSource::file(setting.path("netrc")));
    let downloader = setting.downloader(credentials);
    let downloader = downloader.add_address("a.test", first.address).add_address("b.test", last.address);
    let uri = uri(&format!("https://a.test:{}/package.zip", first.address.port()));
    let fetched = downloader.build().unwrap().fetch(&uri, setting.package()).await;
    assert_eq!(fetched.map(|fetched| fetched.redirects), Ok(1));
}

#[tokio::test]
async fn a_path_that_names_no_file_is_refused_before_anybody_is_asked() {
    let setting = Setting::new();
    let server = setting.server(|_, _| Answer::ok(b"package")).await;
    let downloader = setting.downloader(Credentials::none()).build().unwrap();
    let uri = uri(&format!("http://{}/package.zip", server.address));
    let out = setting.path("out");
    let under = |name: &str| PathBuf::from(format!("{}/{name}", out.display()));
    let long = "n".repeat(256);
    // A path, what is wrong with it, and a part of the sentence.
    let table = [
        (PathBuf::new(), PathFlaw::Empty, "the path of the file to write is empty; name a file"),
        (under(""), PathFlaw::Folder, "out/\" names a folder; add the name of a file"),
        (under("package.zip/"), PathFlaw::Folder, "names a folder"),
        (under("package.zip/."), PathFlaw::Folder, "names a folder"),
        (under(".."), PathFlaw::Folder, "names a folder"),
        (".".into(), PathFlaw::Folder, "names a folder"),
        ("..".into(), PathFlaw::Folder, "names a folder"),
        ("/".into(), PathFlaw::Folder, "names a folder"),
        #[cfg(unix)]
        (under(&long), PathFlaw::LongName, "is longer than 255 bytes; choose a shorter one"),
        #[cfg(unix)]
        (under(&"\u{e9}".repeat(128)), PathFlaw::LongName, "is longer than 255 bytes"),
        (out.clone(), PathFlaw::Taken, "is no regular file; name one, or a name that is free"),
        #[cfg(unix)]
        ("/dev/null".into(), PathFlaw::Taken, "is no regular file"),
    ];
    for (path, expected, sentence) in table {
        let failed = downloader.fetch(&uri, &path).await.unwrap_err();
        assert!(matches!(&failed, FetchError::NotAFile { flaw, .. } if *flaw == expected), "{path:?}: {failed:?}");
        assert!(failed.to_string().contains(sentence), "{path:?}: {failed}");
    }
    assert_eq!((server.asked().len(), setting.left().len()), (0, 0));

    let longest = under(&long[1..]);
    assert_eq!(downloader.fetch(&uri, &longest).await.map(|fetched| fetched.len), Ok(7));
    #[cfg(unix)]
    {
        let (link, target) = (under("link"), under("target"));
        std::fs::write(&target, "the target").unwrap();
        std::os::unix::fs::symlink("target", &link).unwrap();
        assert_eq!(downloader.fetch(&uri, &link).await.map(|fetched| fetched.len), Ok(7));
        assert!(link.symlink_metadata().unwrap().is_file(), "the link itself is replaced");
        assert_eq!(std::fs::read(target).unwrap(), b"the target");
    }
}

#[tokio::test]
async fn a_host_can_have_several_addresses() {
    let setting = Setting::new();
    let server = setting.server(|_, _| Answer::ok(b"package")).await;
    // Nobody listens at the first.
    let addresses = [([127, 0, 0, 2], 0), ([127, 0, 0, 1], 0)].map(std::net::SocketAddr::from);
    let builder = setting.downloader(Credentials::none());
    let builder = addresses.into_iter().fold(builder, |builder, address| builder.add_address("a.test", address));
    let uri = uri(&format!("https://a.test:{}/package.zip", server.address.port()));
    assert_eq!(builder.build().unwrap().fetch(&uri, setting.package()).await.map(|fetched| fetched.len), Ok(7));
    assert_eq!(server.asked().len(), 1);
}

#[cfg(unix)]
#[test]
fn a_file_of_certificates_is_a_small_regular_file_with_some() {
    let setting = Setting::new();
    let path = |name: &str| setting.path(name);
    rustix::fs::mkfifoat(rustix::fs::CWD, path("fifo"), rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
    std::fs::File::create(path("huge")).unwrap().set_len((1 << 20) + 1).unwrap();
    std::fs::write(path("empty"), "").unwrap();
    std::fs::write(path("broken"), "-----BEGIN CERTIFICATE-----\nnothing\n").unwrap();
    std::fs::write(path("other"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    // A file, and how the sentence about it goes on.
    let table = [
        (path("fifo"), "cannot be opened as a file: it is a named pipe; name a regular file"),
        ("/dev/zero".into(), "cannot be opened as a file: it is a device; name a regular file"),
        (path("out"), "cannot be opened as a file: it is a folder; name a regular file"),
        (path("nothing"), "cannot be opened: it does not exist; create it, or name one that exists"),
        (path("huge"), "is larger than 1 MiB; name one that holds only certificates"),
        (path("empty"), "holds no certificate; name one in PEM form"),
        (path("broken"), "is not in PEM form ("),
        (path("other"), "holds a certificate that cannot be read; name an intact one"),
    ];
    for (path, sentence) in table {
        let failed = Downloader::builder().add_certificates(&path).unwrap_err();
        assert!(matches!(failed, SetupError::Certificates { .. }), "{failed:?}");
        let begin = format!("{path:?} cannot be used as a file of certificates: it {sentence}");
        assert!(failed.to_string().starts_with(&begin), "{failed}");
    }
}
