//! `fetch`: what it prints, what it writes, and that no credential stands anywhere else than in the request.

use std::fs;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::support::{Ran, Tool, end, ending_signals, mode, set_mode};

const DIGEST: &str = "bc4a71180870f7945155fbb02f4b0a2e3faa2a62d6d31b7039013055ed19869a";

/// A server of packages on loopback, which writes down what it is asked.
struct Packages {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
    /// Told when half of a package was sent.
    half: Arc<Notify>,
    /// Waited for before the other half is sent.
    go_on: Arc<Notify>,
}

impl Packages {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (asked, half, go_on) =
            (Arc::<Mutex<Vec<_>>>::default(), Arc::<Notify>::default(), Arc::<Notify>::default());
        let packages = Self { address, asked: Arc::clone(&asked), half: Arc::clone(&half), go_on: Arc::clone(&go_on) };
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                let head = String::from_utf8(head).unwrap();
                let before = {
                    let mut asked = asked.lock().unwrap();
                    asked.push(head.clone());
                    asked.len() - 1
                };
                let path = head.split(' ').nth(1).unwrap();
                let answer = match path {
                    "/package.zip" | "/half" => "200 OK\r\ncontent-length: 7",
                    "/busy" if before > 0 => "200 OK\r\ncontent-length: 7",
                    "/busy" => "503 Service Unavailable\r\ncontent-length: 0",
                    "/private" => "401 Unauthorized\r\ncontent-length: 0",
                    "/moved" => "302 Found\r\nlocation: /package.zip?sig=5ec4e7\r\ncontent-length: 0",
                    _ if path.starts_with("/package.zip?") => "200 OK\r\ncontent-length: 7",
                    _ => "404 Not Found\r\ncontent-length: 0",
                };
                stream.write_all(format!("HTTP/1.1 {answer}\r\nconnection: close\r\n\r\n").as_bytes()).await.unwrap();
                if path == "/half" {
                    stream.write_all(b"pack").await.unwrap();
                    half.notify_one();
                    go_on.notified().await;
                    // Who was interrupted has gone.
                    let _ = stream.write_all(b"age").await;
                } else if answer.starts_with("200") {
                    stream.write_all(b"package").await.unwrap();
                }
            }
        });
        packages
    }

    fn uri(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The values of a header, request by request.
    fn headers(&self, name: &str) -> Vec<Option<String>> {
        let value =
            |head: &String| head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")).map(str::to_owned));
        self.asked.lock().unwrap().iter().map(value).collect()
    }
}

fn names(tool: &Tool) -> Vec<String> {
    let names = fs::read_dir(tool.home()).unwrap();
    let mut names: Vec<_> = names.map(|name| name.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_package_is_written_for_its_owner_and_told_in_a_line_or_as_json() {
    let packages = Packages::start().await;
    let tool = Tool::new().file(".netrc", "machine 127.0.0.1 login reader password 5ec4e7\n");
    let uri = packages.uri("/package.zip");

    let ran = tool.run(&["fetch", &uri, "--output", "package.zip", "--sha256", DIGEST]).await;
    let line = format!("package.zip: 7 bytes, sha256 {DIGEST}\n");
    assert_eq!((ran.code, ran.stdout, ran.stderr.as_str()), (0, line, ""));
    assert_eq!(fs::read(tool.home().join("package.zip")).unwrap(), b"package");
    assert_eq!(mode(&tool.home().join("package.zip")), 0o600);

    let ran = tool.run(&["fetch", &packages.uri("/moved"), "-o", "moved.zip", "--json"]).await;
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    let expected = json!({
        "uri": packages.uri("/moved"), "output": "moved.zip", "bytes": 7, "sha256": DIGEST, "redirects": 1,
        "credential": "netrc_machine", "attempts": 1,
    });
    assert_eq!(told, expected);
    // reader:5ec4e7
    let authorization = Some("Basic cmVhZGVyOjVlYzRlNw==".to_owned());
    assert_eq!(packages.headers("authorization"), [authorization.clone(), authorization.clone(), authorization]);
    assert_eq!(names(&tool), [".netrc", "moved.zip", "package.zip"]);
}

#[tokio::test]
async fn credentials_on_the_command_line_are_warned_of_and_repeated_nowhere() {
    let packages = Packages::start().await;
    let tool = Tool::new().var("RAY_AUTH_LOG", "trace");
    let uri = format!("http://reader:5ec4e7@{}/private?token=5ec4e7", packages.address);
    let warning = "warning: everybody on this machine can read a command line, and this one holds credentials; give `-` \
                   and write the URI to stdin\n";

    for json in [&["--json"][..], &[]] {
        let ran = tool.run(&[&["fetch", &uri, "-o", "package.zip"], json].concat()).await;
        assert_eq!(ran.code, 1);
        assert!(ran.stderr.starts_with(warning), "{}", ran.stderr);
        let on_stdin = tool.run_with(&[&["fetch", "-", "-o", "package.zip"], json].concat(), format!("{uri}\n")).await;
        assert!(!on_stdin.stderr.contains("command line"), "{}", on_stdin.stderr);
        for Ran { stdout, stderr, .. } in [ran, on_stdin] {
            assert!(stderr.contains("DEBUG") || stderr.contains("TRACE"), "nothing is logged, so this shows nothing");
            for text in [stdout, stderr] {
                for secret in ["5ec4e7", "cmVhZGVyOjVlYzRlNw", "reader"] {
                    assert!(!text.contains(secret), "{secret} in {text}");
                }
            }
        }
    }
    assert_eq!(packages.headers("authorization"), vec![Some("Basic cmVhZGVyOjVlYzRlNw==".to_owned()); 4]);
}

#[tokio::test]
async fn what_may_be_a_credential_is_warned_of_on_the_command_line_only() {
    let packages = Packages::start().await;
    let warning = |what: &str| {
        format!(
            "warning: everybody on this machine can read a command line, and this one holds {what}; give `-` and write the \
             URI to stdin\n"
        )
    };
    // What follows the address, and what the command line holds.
    let table = [
        ("/package.zip", None),
        ("/package.zip#top?no=query", None),
        ("/package.zip?sig=5ec4e7", Some("what may be credentials")),
        ("/package.zip?", Some("what may be credentials")),
        ("/package.zip?sig=5ec4e7#top", Some("what may be credentials")),
    ];
    for (path, holds) in table {
        let (tool, uri) = (Tool::new(), packages.uri(path));
        let ran = tool.run(&["fetch", &uri, "-o", "package.zip"]).await;
        assert_eq!((ran.code, ran.stderr), (0, holds.map(warning).unwrap_or_default()), "{path}");
        let on_stdin = tool.run_with(&["fetch", "-", "-o", "package.zip"], &uri).await;
        assert_eq!((on_stdin.code, on_stdin.stderr.as_str()), (0, ""), "{path}");
    }

    let long = packages.uri(&format!("/{}", "p".repeat(64 << 10)));
    let ran = Tool::new().run_with(&["fetch", "-", "-o", "package.zip"], long).await;
    let expected = "error: the URI on stdin is longer than 64 KiB; write the URI alone\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (2, expected));
}

#[tokio::test]
async fn what_goes_wrong_has_a_word_a_sentence_and_an_exit_code() {
    let packages = Packages::start().await;
    let (private, package) = (packages.uri("/private"), packages.uri("/package.zip"));
    let zeros = "0".repeat(64);
    let fetch = |args: &[&'static str]| args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>();
    let with = |uri: &str, args: &[&str]| {
        std::iter::once(uri.to_owned()).chain(args.iter().map(|arg| (*arg).to_owned())).collect::<Vec<_>>()
    };
    // What is given, exit code, kind, and a part of the sentence.
    let table = [
        (with(&private, &[]), 1, "status", "no credential was sent: if it is private, give one in a netrc file"),
        (with(&package, &["--sha256", &zeros]), 1, "checksum", "it was changed, at the source or on the way"),
        (with(&package, &["--max-bytes", "6"]), 1, "too_large", "more than 6 bytes"),
        (with(&package, &["-o", "folder"]), 1, "not_a_file", "is no regular file"),
        (with(&package, &["-o", "folder/"]), 1, "not_a_file", "names a folder; add the name of a file"),
        (with(&package, &["-o", "-"]), 2, "not_a_file", "`-` is no file; name one, such as ./-"),
        (with(&package, &["--resolve", "127.0.0.1=10.0.0.7"]), 2, "bad_address", "it is an address itself"),
        (with(&package, &["--resolve", "localhost=10.0.0.7"]), 2, "bad_address", "10.0.0.7 is another one"),
        (with(&package, &["--ca-cert", "/dev/zero"]), 2, "bad_certificates", "it is a device"),
        (with(&package, &["-o", "nowhere/package.zip"]), 1, "destination", "cannot write"),
        (fetch(&["s3://bucket/package.zip"]), 2, "not_handled", "s3 URIs are not handled here"),
        (fetch(&["package.zip"]), 2, "bad_uri", "no `scheme://` in the URI"),
        (fetch(&["https://reader:pass/5ec4e7@127.0.0.1/"]), 2, "bad_uri", "%2F"),
        (with(&package, &["--ca-cert", "folder"]), 2, "bad_certificates", "cannot be used as a file of certificates"),
    ];
    for (args, code, kind, sentence) in table {
        let tool = Tool::new().file("folder/file", "");
        let mut args: Vec<_> = args.iter().map(String::as_str).collect();
        args.insert(0, "fetch");
        if !args.contains(&"-o") {
            args.extend(["-o", "package.zip"]);
        }
        args.push("--json");
        let ran = tool.run(&args).await;
        assert_eq!(ran.code, code, "{args:?}: {}", ran.stderr);
        let told: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(told["error"]["kind"], kind, "{args:?}");
        assert_eq!(told["uri"].is_null(), kind == "bad_uri", "{args:?}");
        let text = told["error"]["text"].as_str().unwrap();
        assert!(text.contains(sentence), "{args:?}: {text}");
        assert!(ran.stderr.ends_with(&format!("error: {text}\n")), "{args:?}: {}", ran.stderr);
        assert!(!format!("{text}{}", ran.stderr).contains("5ec4e7"), "{args:?}");
        assert_eq!(names(&tool), ["folder"], "{args:?}");
    }
}

#[tokio::test]
async fn credentials_that_cannot_be_had_are_an_error_and_nobody_is_asked() {
    let packages = Packages::start().await;
    let table: [(&[(&str, &str)], &[&str], &str); 6] = [
        (&[("NETRC", "__home__/nothing")], &[], "netrc_missing"),
        (&[("NETRC", "__home__/broken")], &[], "netrc_malformed"),
        (&[("NETRC", "__home__")], &[], "netrc_unreadable"),
        (&[("NETRC", "__home__/open")], &["--strict"], "netrc_exposed"),
        (&[("RAY_RUNTIME_ENV_BEARER_TOKEN", "5ec4 e7")], &[], "bad_bearer"),
        (&[("RAY_RUNTIME_ENV_BEARER_TOKEN", "5ec4e7")], &[], "plaintext_refused"),
    ];
    for (vars, args, kind) in table {
        let tool =
            Tool::new().file("broken", "machine 127.0.0.1 password my 5ec4e7\n").file("open", "default login 5ec4e7\n");
        set_mode(&tool.home().join("open"), 0o644);
        let tool = tool.vars(vars);
        let uri = packages.uri("/package.zip");
        let ran = tool.run(&[&["fetch", &uri, "-o", "package.zip", "--json"], args].concat()).await;
        let told: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!((ran.code, told["error"]["kind"].as_str()), (2, Some(kind)), "{}", ran.stderr);
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("5ec4"), "{kind}");
        assert_eq!(names(&tool), ["broken", "open"], "{kind}");
    }
    assert_eq!(packages.headers("host"), []);

    let tool = Tool::new().var("RAY_RUNTIME_ENV_BEARER_TOKEN", "5ec4e7");
    let ran = tool.run(&["fetch", &packages.uri("/package.zip"), "-o", "package.zip", "--allow-plaintext"]).await;
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(packages.headers("authorization"), [Some("Bearer 5ec4e7".to_owned())]);
}

#[tokio::test]
async fn a_proxy_gets_no_credential_of_a_secured_request_and_nothing_for_this_machine() {
    let (proxy, packages) = (Packages::start().await, Packages::start().await);
    let proxied = |name: &str| Tool::new().var(name, format!("http://{}", proxy.address));

    // It is asked for a tunnel, and refuses.
    let tool = proxied("HTTPS_PROXY").var("RAY_RUNTIME_ENV_BEARER_TOKEN", "5ec4e7");
    let ran = tool.run(&["fetch", "https://packages.test/package.zip", "-o", "package.zip", "--attempts", "1"]).await;
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let asked = proxy.asked.lock().unwrap().remove(0);
    assert!(asked.starts_with("CONNECT packages.test:443 HTTP/1.1\r\n"), "{asked}");
    assert!(!asked.contains("5ec4e7"), "{asked}");

    let ran = proxied("HTTP_PROXY").run(&["fetch", "http://packages.test/package.zip", "-o", "package.zip"]).await;
    let asked = proxy.asked.lock().unwrap().remove(0);
    assert!(asked.starts_with("GET http://packages.test/package.zip HTTP/1.1\r\n"), "{} {asked}", ran.stderr);

    let ran = proxied("HTTP_PROXY").run(&["fetch", &packages.uri("/package.zip"), "-o", "package.zip"]).await;
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(proxy.headers("host"), []);
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_said() {
    let packages = Packages::start().await;
    let ran = Tool::new().run(&["fetch", &packages.uri("/busy"), "-o", "package.zip", "--json"]).await;
    assert_eq!(ran.code, 0);
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap()["attempts"], 2);
    let expected = format!("warning: http://{} answered 503 Service Unavailable; trying again in ", packages.address);
    assert!(ran.stderr.starts_with(&expected), "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_download_under_nohup_outlives_a_hangup() {
    let packages = Packages::start().await;
    let tool = Tool::new();
    let mut command = tokio::process::Command::new("nohup");
    command.arg(env!("CARGO_BIN_EXE_ray-auth")).args(["fetch", &packages.uri("/half"), "-o", "package.zip"]);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", tool.home());
    command.current_dir(tool.home()).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    packages.half.notified().await;
    kill_process(Pid::from_raw(child.id().unwrap().try_into().unwrap()).unwrap(), Signal::HUP).unwrap();
    packages.go_on.notify_one();
    let ran = end(child).await;
    assert_eq!((ran.code, ran.stdout), (0, format!("package.zip: 7 bytes, sha256 {DIGEST}\n")), "{}", ran.stderr);
}

#[tokio::test]
async fn an_interrupted_download_leaves_nothing_and_what_was_there() {
    for (signal, name) in ending_signals() {
        let packages = Packages::start().await;
        let tool = Tool::new().file("package.zip", "the old one");
        let child = tool.command(&["fetch", &packages.uri("/half"), "-o", "package.zip"]).spawn().unwrap();
        packages.half.notified().await;
        assert_eq!(names(&tool).len(), 2, "what is unfinished has a name of its own");
        kill_process(Pid::from_raw(child.id().unwrap().try_into().unwrap()).unwrap(), signal).unwrap();
        let ran = end(child).await;
        let expected = format!("error: {name}: interrupted; \"package.zip\" is what it was before, or whole\n");
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr), (1, "", expected));
        assert_eq!(names(&tool), ["package.zip"]);
        assert_eq!(fs::read(tool.home().join("package.zip")).unwrap(), b"the old one");
    }
}

#[tokio::test]
async fn a_silent_server_is_given_up_after_the_time_that_is_said() {
    let packages = Packages::start().await;
    let (tool, uri) = (Tool::new(), packages.uri("/half"));
    let ran = tool.run(&["fetch", &uri, "-o", "package.zip", "--idle-timeout", "1", "--attempts", "1"]).await;
    let expected = format!(
        "error: http://{}: no answer in time: nothing came for 1 s; allow more time if the server is known to be slow\n",
        packages.address
    );
    assert_eq!((ran.code, ran.stderr), (1, expected));
    assert_eq!(names(&tool), [""; 0]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_terminal_shows_how_far_it_is() {
    use std::io::Read;

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    let packages = Packages::start().await;
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let path = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
    let screen = fs::File::options().read(true).write(true).open(path).unwrap();
    let tool = Tool::new().var("TERM", "xterm");
    let mut command = tool.command(&["fetch", &packages.uri("/half"), "-o", "package.zip"]);
    let child = command.stderr(screen).spawn().unwrap();
    drop(command);
    let mut terminal = fs::File::from(terminal);
    let shown = tokio::task::spawn_blocking(move || {
        let mut shown = String::new();
        let mut buffer = [0; 1_024];
        while !shown.contains("4 B/7 B") {
            let len = terminal.read(&mut buffer).unwrap();
            shown.push_str(&String::from_utf8_lossy(&buffer[..len]));
        }
        (shown, terminal)
    });
    let (_, _terminal) = shown.await.unwrap();
    packages.go_on.notify_one();
    let ran = end(child).await;
    assert_eq!((ran.code, ran.stdout), (0, format!("package.zip: 7 bytes, sha256 {DIGEST}\n")));
}
