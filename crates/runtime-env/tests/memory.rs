//! What was a secret of a URI, of a netrc file or of a variable is in none of the process's memory once it is dropped, and the
//! scan that says so finds one that is held. The only test of its process, since others would have secrets, too.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../../tests/memory/scan.rs"]
mod scan;

use ray_auth::Token;
use ray_auth_runtime_env::netrc::{Netrc, NetrcSource};
use ray_auth_runtime_env::uri::ray_package_name;
use ray_auth_runtime_env::{Credentials, RemoteUri};
use zeroize::Zeroizing;

use self::scan::Needle;

/// A text around a secret, in one buffer.
fn around(before: &str, secret: &Token, after: &str) -> Zeroizing<String> {
    let secret = secret.expose_secret();
    let mut text = Zeroizing::new(String::with_capacity(before.len() + secret.len() + after.len()));
    [before, secret, after].into_iter().for_each(|part| text.push_str(part));
    text
}

#[test]
fn nothing_of_a_secret_is_left() {
    // (what, where the secret stands, and what is done with it; what it returns still holds the secret)
    type Use = fn(&str) -> Box<dyn std::any::Any>;
    let table: [(&str, &str, &str, Use); 6] = [
        ("password", "https://agent:", "@a.test/p.zip", |text| {
            let uri = RemoteUri::parse(text).unwrap();
            let request = Credentials::none().begin(&uri).unwrap();
            assert!(request.authorization().is_some());
            let same = request.redirect(b"/q.zip").unwrap();
            let _ = (uri.ray_package_name(), uri.safe_package_name(), format!("{uri} {uri:?} {same:?}"));
            Box::new(uri)
        }),
        ("login", "https://", "@a.test/p.zip", |text| Box::new(RemoteUri::parse(text).unwrap())),
        ("query", "https://a.test/p.zip?sig=", "#top", |text| {
            let uri = RemoteUri::parse(text).unwrap();
            let target = uri.redirect_target(b"/q.zip").unwrap();
            let _ = (ray_package_name(text), format!("{uri} {target}"));
            Box::new(uri)
        }),
        ("bucket's query", "s3://bucket/p.zip?sig=", "#top", |text| Box::new(RemoteUri::parse(text).unwrap())),
        ("refused", "https://agent:", "/x@a.test/p.zip", |text| Box::new(RemoteUri::parse(text).unwrap_err())),
        ("netrc", "machine a.test login agent password \"", "\"\ndefault login x\n", |text| {
            let netrc = Netrc::parse(text.as_bytes()).unwrap();
            let folder = tempfile::TempDir::new().unwrap();
            std::fs::write(folder.path().join("netrc"), text).unwrap();
            let credentials = Credentials::none().with_netrc(NetrcSource::file(folder.path().join("netrc")));
            let request = credentials.begin(&RemoteUri::parse("https://a.test/p.zip").unwrap()).unwrap();
            assert!(request.redirect(b"https://b.test/").unwrap().authorization().is_none());
            Box::new(netrc)
        }),
    ];
    for (what, before, after, used) in table {
        let secret = Token::generate();
        // A part of it: a buffer that was too small holds no more, and an allocator writes to the beginning of what is freed.
        let needle = Needle::of(&secret.expose_secret()[20..36]);
        let text = around(before, &secret, after);
        drop(secret);
        let held = used(&text);
        assert!(needle.hits() > 0, "{what}: the scan finds a secret that is held");
        drop((text, held));
        assert_eq!(needle.hits(), 0, "{what}: copies are left");
    }
}
