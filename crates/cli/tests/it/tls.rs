//! `serve`, `check` and `status` with Ray's variables for TLS.

use ray_auth_testing::certificates::{Authority, Files, LOOPBACK};

use crate::support::{Serving, Tool};

const TOKEN: &str = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";

/// The tool with files of its own.
fn tool(authority: &Authority) -> Tool {
    let tool = Tool::new().var("RAY_AUTH_TOKEN", TOKEN);
    let files = Files::in_folder(tool.home());
    files.write(&authority.issue(&LOOPBACK).unwrap(), &authority.pem()).unwrap();
    files.variables().iter().fold(tool, |tool, (name, value)| tool.var(name, value))
}

#[tokio::test]
async fn processes_with_certificates_of_one_authority_reach_each_other_and_others_do_not() {
    let authority = Authority::new("ours").unwrap();
    let serving = Serving::start(&tool(&authority), &["serve", "--listen", "127.0.0.1:0"]).await;
    let address = serving.address.as_str();
    let encrypted = format!("https://{address}");
    let member = tool(&authority);
    for args in [["check", address].as_slice(), &["check", &encrypted], &["status", "--address", address]] {
        let ran = member.run(args).await;
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{args:?}: {}", ran.stdout);
    }
    let plain = Tool::new().var("RAY_AUTH_TOKEN", TOKEN);
    let foreign = tool(&Authority::new("another").unwrap());
    let in_plaintext = format!("http://{address}");
    let table = [
        (&plain, address, "set RAY_USE_TLS=1 here"),
        (&member, in_plaintext.as_str(), "RAY_USE_TLS=1"),
        (&foreign, address, "the server's certificate was not issued by the authority in RAY_TLS_CA_CERT; "),
    ];
    for (tool, address, expected) in table {
        let ran = tool.run(&["check", address]).await;
        assert_eq!(ran.code, 1, "{address}: {}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{address}: {}", ran.stderr);
        assert!(!ran.stderr.contains(TOKEN));
    }
}

#[tokio::test]
async fn tls_that_cannot_be_had_is_no_reason_to_do_without() {
    for command in [
        ["serve", "--listen", "127.0.0.1:0"].as_slice(),
        &["check", "127.0.0.1:1"],
        &["status", "--address", "127.0.0.1:1"],
    ] {
        for (tool, expected) in [
            (Tool::new().var("RAY_AUTH_TOKEN", TOKEN).var("RAY_USE_TLS", "1"), "RAY_TLS_SERVER_CERT is not set"),
            (Tool::new().var("RAY_AUTH_TOKEN", TOKEN).var("RAY_USE_TLS", "yes"), "RAY_USE_TLS is \"yes\""),
        ] {
            let ran = tool.run(command).await;
            assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{command:?}");
            assert!(ran.stderr.contains(expected), "{command:?}: {}", ran.stderr);
        }
    }
}
