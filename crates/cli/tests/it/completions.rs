//! A script for each shell.

use crate::support::Tool;

#[tokio::test]
async fn each_shell_gets_a_script_with_all_commands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = Tool::new().run(&["completions", shell]).await;
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{shell}");
        for word in [
            "get-auth-token",
            "status",
            "serve",
            "check",
            "demo",
            "secret",
            "fetch",
            "redact",
            "completions",
            "allow-plaintext",
        ] {
            assert!(ran.stdout.contains(word), "{shell}: {word}");
        }
    }
}
