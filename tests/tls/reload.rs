//! Certificates that change while a process runs.

use std::fs;

use ray_auth::tls::TlsError;
use ray_auth_testing::certificates::{Authority, Issued, LOOPBACK, replace};

use super::support::{Outcome, Process, Server, ask, call, until};

#[tokio::test]
async fn a_new_certificate_is_used_for_new_connections_and_open_ones_go_on() {
    let authority = Authority::new("ours").unwrap();
    let (server_files, client) = (Process::good(&authority), Process::good(&authority).auth());
    let auth = server_files.auth();
    let server = Server::start(&auth).await;
    let address = server.address.to_string();
    let tls = client.tls().unwrap();
    let certificate = async || {
        let stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
        tls.connect("localhost", stream).await.unwrap().peer_certificate().unwrap().to_vec()
    };
    let open = client.connect(&address).await.unwrap();
    assert!(matches!(ask(open.clone()).await, Outcome::Answered));
    let before = certificate().await;

    server_files.files.write(&authority.issue(&LOOPBACK).unwrap(), &authority.pem()).unwrap();
    until("the new certificate", auth.tls().unwrap(), |status| status.reloads == 1).await;
    assert_ne!(certificate().await, before);
    assert!(matches!(ask(open).await, Outcome::Answered), "an open connection goes on");
}

#[tokio::test]
async fn an_authority_is_changed_without_a_failed_call_and_the_old_one_is_believed_no_more() {
    let (old, new) = (Authority::new("old").unwrap(), Authority::new("new").unwrap());
    let both = format!("{}{}", old.pem(), new.pem());
    let (server_files, client_files) = (Process::good(&old), Process::good(&old));
    let straggler = Process::new(&old.issue(&LOOPBACK).unwrap(), &old);
    replace(&straggler.files.authority, &both).unwrap();
    let (server_auth, client, straggler) = (server_files.auth(), client_files.auth(), straggler.auth());
    let server = Server::start(&server_auth).await;
    let address = server.address.to_string();
    let processes = [(&server_files, &server_auth), (&client_files, &client)];

    let steps: [(&str, &str, Option<&Authority>); 3] = [
        ("both are believed", &both, None),
        ("new certificates", &both, Some(&new)),
        ("one is believed", &new.pem(), None),
    ];
    for (reloads, (step, authorities, issuer)) in (1..).zip(steps) {
        for (process, auth) in processes {
            if let Some(issuer) = issuer {
                process.files.write(&issuer.issue(&LOOPBACK).unwrap(), authorities).unwrap();
            } else {
                replace(&process.files.authority, authorities).unwrap();
            }
            until(step, auth.tls().unwrap(), |status| status.reloads == reloads && status.error.is_none()).await;
            assert!(matches!(call(&client, &address).await, Outcome::Answered), "{step}");
        }
        assert_eq!(matches!(call(&straggler, &address).await, Outcome::Answered), step != "one is believed", "{step}");
    }
}

#[tokio::test]
async fn the_last_good_certificates_stay_until_a_change_is_whole() {
    let authority = Authority::new("ours").unwrap();
    let process = Process::good(&authority);
    let client = Process::good(&authority).auth();
    let auth = process.auth();
    let tls = auth.tls().unwrap();
    let server = Server::start(&auth).await;
    let address = server.address.to_string();
    let next: Issued = authority.issue(&LOOPBACK).unwrap();
    let good = |files: &ray_auth_testing::certificates::Files| {
        files.write(&next, &authority.pem()).unwrap();
    };
    type Break<'a> = (&'a str, Box<dyn Fn()>, fn(&TlsError) -> bool);
    let files = || process.files.clone();
    let (first, second, third, fourth) = (files(), files(), files(), files());
    let certificate = next.certificate.clone();
    let foreign = Authority::new("another").unwrap().pem();
    let faults: [Break<'_>; 4] = [
        ("half done", Box::new(move || replace(&first.certificate, &certificate).unwrap()), |error| {
            matches!(error, TlsError::Mismatch { .. })
        }),
        ("gone", Box::new(move || fs::remove_file(&second.key).unwrap()), |error| {
            matches!(error, TlsError::File { .. })
        }),
        ("another authority", Box::new(move || replace(&third.authority, &foreign).unwrap()), |error| {
            matches!(error, TlsError::Issuer { .. })
        }),
        ("emptied", Box::new(move || fs::write(&fourth.authority, "").unwrap()), |error| {
            matches!(error, TlsError::NoCertificate { .. })
        }),
    ];
    for (count, (name, fault, is_it)) in (1..).zip(faults) {
        fault();
        until(name, tls, |status| status.error.as_ref().is_some_and(is_it)).await;
        assert!(matches!(call(&client, &address).await, Outcome::Answered), "{name}: the last good ones stay");
        assert_eq!(tls.status().failures, count, "{name}: told once");
        good(&process.files);
        until("mended", tls, |status| status.error.is_none()).await;
        assert!(matches!(call(&client, &address).await, Outcome::Answered), "{name}: mended");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_thread_ends_with_the_last_handle() {
    // In a process of its own, since other tests have such threads, too.
    let Some(_) = std::env::var_os("RAY_AUTH_TEST_ALONE") else {
        let alone = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "reload::the_thread_ends_with_the_last_handle", "--nocapture"])
            .env("RAY_AUTH_TEST_ALONE", "1")
            .status();
        assert!(alone.unwrap().success());
        return;
    };
    let threads = || {
        let tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
        tasks
            .filter(|task| fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name.trim() == "ray-auth-tls"))
            .count()
    };
    let until = |what: &str, count: usize| {
        let start = std::time::Instant::now();
        while threads() != count {
            assert!(start.elapsed() < super::support::BOUND, "{what}");
            std::thread::yield_now();
        }
    };
    let authority = Authority::new("ours").unwrap();
    let auth = Process::good(&authority).auth();
    until("it starts", 1);
    let connector = auth.tls().unwrap().connector();
    drop(auth);
    until("a connector keeps following", 1);
    drop(connector);
    until("it ends", 0);
}
