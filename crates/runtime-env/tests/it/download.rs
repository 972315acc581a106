//! What a download leaves behind, and what it asks for again.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use ray_auth_runtime_env::credentials::{CredentialError, CredentialKind, Credentials, MAX_REDIRECTS, RedirectError};
use ray_auth_runtime_env::download::{FetchError, Progress, TransportKind};
use ray_auth_runtime_env::netrc::NetrcSource;

use crate::server::{Answer, readable};
use crate::support::{Setting, bearer, uri};

const SHA256_OF_PACKAGE: &str = "bc4a71180870f7945155fbb02f4b0a2e3faa2a62d6d31b7039013055ed19869a";

#[tokio::test]
async fn a_package_comes_whole_and_private() {
    let setting = Setting::new();
    let body: Vec<u8> = (0..=255).cycle().take(3 << 20).collect();
    let expected = body.clone();
    let server = setting.server(move |_, _| Answer::ok(&body)).await;
    let downloader = setting.downloader(bearer("correct-horse")).build().unwrap();
    let uri = uri(&format!("https://{}/package.zip?part=1#top", server.address));

    let fetched = downloader.fetch(&uri, setting.package()).await.unwrap();

    assert_eq!((fetched.len, fetched.redirects, fetched.attempts), (3 << 20, 0, 1));
    assert_eq!(fetched.sent, Some(CredentialKind::Bearer));
    assert!(std::fs::read(setting.package()).unwrap() == expected);
    assert_eq!(setting.left(), ["package.zip"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(setting.package().metadata().unwrap().permissions().mode() & 0o7777, 0o600);
    }
    let asked = &server.asked()[0];
    assert_eq!((asked.target.as_str(), asked.scheme), ("/package.zip?part=1", "https"));
    assert_eq!(asked.authorization, ["Bearer correct-horse"]);
    assert_eq!(asked.host, server.address.to_string());
}

#[tokio::test]
async fn a_package_that_does_not_come_whole_leaves_what_was_there() {
    type Case = (&'static str, Answer, fn(&FetchError) -> bool);
    let table: [Case; 8] = [
        (
            "401",
            Answer::new("401 Unauthorized", b"no"),
            |error| matches!(error, FetchError::Status { status, .. } if status.as_u16() == 401),
        ),
        ("204", Answer::new("204 No Content", b""), |error| matches!(error, FetchError::Status { .. })),
        ("206", Answer::new("206 Partial Content", b"part"), |error| matches!(error, FetchError::Status { .. })),
        ("cut short", Answer::cut_short(b"part"), |error| {
            matches!(error, FetchError::Transport { kind: TransportKind::Broken, .. })
        }),
        ("stalled", Answer::stalled(b"part"), |error| {
            matches!(error, FetchError::Transport { kind: TransportKind::Silence, .. })
        }),
        ("says it is too large", Answer::ok(&[0; 101]), |error| *error == FetchError::TooLarge { limit: 100 }),
        ("is too large", Answer::unmeasured(&[0; 101]), |error| *error == FetchError::TooLarge { limit: 100 }),
        ("no place to go", Answer::new("302 Found", b""), |error| matches!(error, FetchError::NoLocation { .. })),
    ];
    for (name, answer, is_expected) in table {
        let setting = Setting::new();
        std::fs::write(setting.package(), "the old one").unwrap();
        let server = setting.server(move |_, _| answer.clone()).await;
        let downloader = setting.downloader(Credentials::none()).max_len(100).idle_timeout(Duration::from_millis(200));
        let uri = uri(&format!("http://{}/package.zip", server.address));

        let failed = downloader.build().unwrap().fetch(&uri, setting.package()).await.unwrap_err();

        assert!(is_expected(&failed), "{name}: {failed:?}");
        assert_eq!(setting.left(), ["package.zip"], "{name}");
        assert_eq!(std::fs::read(setting.package()).unwrap(), b"the old one", "{name}");
    }
}

#[tokio::test]
async fn a_download_that_is_given_up_leaves_nothing() {
    let setting = Setting::new();
    let server = setting.server(|_, _| Answer::stalled(b"part")).await;
    let downloader = setting.downloader(Credentials::none()).build().unwrap();
    let uri = uri(&format!("http://{}/package.zip", server.address));
    let (came, mut comes) = tokio::sync::watch::channel(0);
    let download = downloader.download(&uri).on_progress(|progress| {
        if let Progress::Received { bytes, .. } = progress {
            came.send_replace(*bytes);
        }
    });
    let package = setting.package();
    {
        let mut download = Box::pin(download.to(&package));
        tokio::select! {
            done = &mut download => panic!("{done:?}"),
            part = comes.wait_for(|bytes| *bytes == 4) => assert!(part.is_ok()),
        }
        assert_eq!(setting.left().len(), 1, "what is unfinished has a name of its own");
        assert!(!package.exists());
    }
    assert_eq!(setting.left(), [""; 0]);
}

#[tokio::test]
async fn a_download_ends_with_its_time() {
    let setting = Setting::new();
    let server = setting.server(|_, _| Answer::stalled(b"part")).await;
    let limit = Duration::from_millis(200);
    let downloader =
        setting.downloader(Credentials::none()).timeout(limit).attempts(5, Duration::ZERO).build().unwrap();
    let uri = uri(&format!("http://{}/package.zip", server.address));
    assert_eq!(downloader.fetch(&uri, setting.package()).await, Err(FetchError::TimedOut { limit, last: None }));
    assert_eq!(setting.left(), [""; 0]);
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn what_may_pass_is_asked_again_with_its_credential() {
    let answers = [
        ("408 Request Timeout", true),
        ("425 Too Early", true),
        ("429 Too Many Requests", true),
        ("500 Internal Server Error", true),
        ("502 Bad Gateway", true),
        ("503 Service Unavailable", true),
        ("504 Gateway Timeout", true),
        ("400 Bad Request", false),
        ("401 Unauthorized", false),
        ("403 Forbidden", false),
        ("404 Not Found", false),
        ("410 Gone", false),
        ("501 Not Implemented", false),
    ];
    for (status, again) in answers {
        let setting = Setting::new();
        let server = setting
            .server(move |_, before| if before == 2 { Answer::ok(b"package") } else { Answer::new(status, b"") })
            .await;
        let downloader = setting.downloader(bearer("correct-horse")).attempts(3, Duration::ZERO).build().unwrap();
        let waits = Mutex::new(0);
        let uri = uri(&format!("https://{}/package.zip", server.address));
        let fetched = downloader
            .download(&uri)
            .on_progress(|progress| {
                if let Progress::Waiting { error: FetchError::Status { .. }, .. } = progress {
                    *waits.lock().unwrap() += 1;
                }
            })
            .to(setting.package())
            .await;
        let authorizations: Vec<_> = server.asked().into_iter().flat_map(|asked| asked.authorization).collect();
        if again {
            assert_eq!(fetched.map(|fetched| fetched.attempts), Ok(3), "{status}");
            assert_eq!(authorizations, ["Bearer correct-horse"; 3], "{status}");
            assert_eq!(*waits.lock().unwrap(), 2, "{status}");
        } else {
            assert!(matches!(fetched, Err(FetchError::Status { .. })), "{status}");
            assert_eq!(authorizations.len(), 1, "{status}");
        }
    }
}

#[tokio::test]
async fn a_broken_connection_is_made_again_and_a_stranger_is_not_asked_twice() {
    let setting = Setting::new();
    let server =
        setting.server(|_, before| if before == 0 { Answer::cut_short(b"part") } else { Answer::ok(b"package") }).await;
    let downloader = setting.downloader(Credentials::none()).attempts(2, Duration::ZERO).build().unwrap();
    let here = uri(&format!("https://{}/package.zip", server.address));
    assert_eq!(downloader.fetch(&here, setting.package()).await.map(|fetched| fetched.attempts), Ok(2));
    assert_eq!(std::fs::read(setting.package()).unwrap(), b"package");

    let stranger = Setting::new();
    let server = stranger.server(|_, _| Answer::ok(b"package")).await;
    let there = uri(&format!("https://{}/package.zip", server.address));
    let waits = Mutex::new(0);
    let download = downloader.download(&there).on_progress(|_| *waits.lock().unwrap() += 1);
    let failed = download.to(setting.path("out").join("other.zip")).await.unwrap_err();
    assert!(matches!(failed, FetchError::Transport { kind: TransportKind::Tls, .. }), "{failed}");
    assert!(failed.to_string().contains("invalid peer certificate"), "{failed}");
    assert_eq!(*waits.lock().unwrap(), 0);
    assert_eq!(server.asked(), []);

    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        uri(&format!("https://{}/package.zip", listener.local_addr().unwrap()))
    };
    let failed = downloader.fetch(&nobody, setting.package()).await.unwrap_err();
    assert!(matches!(failed, FetchError::Transport { kind: TransportKind::Connect, .. }), "{failed}");
}

#[tokio::test]
async fn a_package_is_held_to_its_digest() {
    let setting = Setting::new();
    let server = setting.server(|_, _| Answer::ok(b"package")).await;
    let downloader = setting.downloader(Credentials::none()).build().unwrap();
    let uri = uri(&format!("https://{}/package.zip", server.address));
    let fetched = downloader.fetch(&uri, setting.package()).await.unwrap();
    std::fs::remove_file(setting.package()).unwrap();

    let failed = downloader.download(&uri).expect_sha256([7; 32]).to(setting.package()).await.unwrap_err();
    assert!(matches!(&failed, FetchError::Checksum { actual, .. } if actual == SHA256_OF_PACKAGE), "{failed}");
    assert_eq!(setting.left(), [""; 0]);

    let kept = downloader.download(&uri).expect_sha256(fetched.sha256).to(setting.package()).await;
    assert_eq!(kept, Ok(fetched));
}

#[tokio::test]
async fn redirects_are_counted_and_refused_where_they_lead_astray() {
    type Case = (&'static str, String, fn(&FetchError) -> bool);
    let table: [Case; 5] = [
        ("in a circle", "/package.zip".to_owned(), |error| {
            *error == FetchError::Redirect(RedirectError::TooMany { limit: MAX_REDIRECTS })
        }),
        ("into the clear", "http://localhost:1/".to_owned(), |error| {
            matches!(error, FetchError::Redirect(RedirectError::Downgrade { .. }))
        }),
        ("to a file", "file:///etc/passwd".to_owned(), |error| {
            matches!(error, FetchError::Redirect(RedirectError::Target(_)))
        }),
        ("to another client", "s3://bucket/key".to_owned(), |error| {
            matches!(error, FetchError::Redirect(RedirectError::Target(_)))
        }),
        ("to no place", "https://[::1".to_owned(), |error| {
            matches!(error, FetchError::Redirect(RedirectError::Target(_)))
        }),
    ];
    for (name, location, is_expected) in table {
        let setting = Setting::new();
        let server = setting.server(move |_, _| Answer::redirect(&location)).await;
        let downloader = setting.downloader(bearer("correct-horse")).build().unwrap();
        let uri = uri(&format!("https://{}/package.zip", server.address));
        let failed = downloader.fetch(&uri, setting.package()).await.unwrap_err();
        assert!(is_expected(&failed), "{name}: {failed:?}");
        assert_eq!(setting.left(), [""; 0], "{name}");
    }
}

#[tokio::test]
async fn what_cannot_be_downloaded_is_said_before_anybody_is_asked() {
    let setting = Setting::new();
    let server = setting.server(|_, _| Answer::ok(b"package")).await;
    let downloader = setting.downloader(bearer("correct-horse")).build().unwrap();
    for scheme in ["s3", "gs", "azure", "abfss", "gcs", "file"] {
        let failed = downloader.fetch(&uri(&format!("{scheme}://bucket/p.zip")), setting.package()).await.unwrap_err();
        assert!(matches!(&failed, FetchError::NotHandled { scheme: named } if named.as_str() == scheme), "{failed}");
        assert!(failed.to_string().contains(scheme), "{failed}");
    }
    let plain = uri(&format!("http://{}/package.zip", server.address));
    let failed = downloader.fetch(&plain, setting.package()).await.unwrap_err();
    assert!(matches!(failed, FetchError::Credential(CredentialError::Plaintext { .. })), "{failed}");

    let secure = uri(&format!("https://{}/package.zip", server.address));
    let failed = downloader.fetch(&secure, setting.path("nowhere").join("package.zip")).await.unwrap_err();
    assert!(matches!(failed, FetchError::Destination { .. }), "{failed}");
    for destination in [setting.path("out"), "/".into(), "/dev/null".into(), "".into()] {
        let failed = downloader.fetch(&secure, &destination).await.unwrap_err();
        assert!(matches!(failed, FetchError::NotAFile { .. }), "{failed}");
    }
    assert_eq!(server.asked(), []);
}

#[tokio::test]
async fn a_netrc_file_is_read_anew_for_each_attempt() {
    let setting = Setting::new();
    let netrc = setting.path("netrc");
    let write = |path: &Path, password: &str| {
        std::fs::write(path, format!("machine 127.0.0.1 login agent password {password}")).unwrap();
    };
    write(&netrc, "old");
    let replaced = netrc.clone();
    let server = setting
        .server(move |_, before| {
            write(&replaced, "new");
            if before == 0 { Answer::new("503 Service Unavailable", b"") } else { Answer::ok(b"package") }
        })
        .await;
    let credentials = Credentials::none().with_netrc(NetrcSource::file(&netrc));
    let downloader = setting.downloader(credentials).attempts(2, Duration::ZERO).build().unwrap();
    let uri = uri(&format!("https://{}/package.zip", server.address));
    downloader.fetch(&uri, setting.package()).await.unwrap();
    let sent: Vec<_> = server.asked().iter().map(|asked| readable(&asked.authorization[0])).collect();
    assert_eq!(sent, ["Basic agent:old", "Basic agent:new"]);
}
