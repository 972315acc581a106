//! What must not get into files that are published: where and whose machine it was measured on.

use std::fs;

use anyhow::{Result, ensure};

use super::tree::Tree;

pub(super) struct Private {
    /// Anywhere in a text.
    paths: Vec<String>,
    /// As a word of its own.
    host: Option<String>,
}

impl Private {
    pub(super) fn of_this_machine(tree: &Tree) -> Self {
        let home = std::env::home_dir();
        let folders = [Some(tree.root.clone()), Some(tree.target.clone()), home];
        let paths = folders.into_iter().flatten().map(|path| path.display().to_string());
        let host = fs::read_to_string("/proc/sys/kernel/hostname").map(|name| name.trim().to_owned()).ok();
        Self::new(paths.collect(), host)
    }

    fn new(paths: Vec<String>, host: Option<String>) -> Self {
        // A root folder or a relative one says nothing; neither does what many machines are called.
        let paths = paths.into_iter().filter(|path| path.len() > 1 && path.starts_with('/')).collect();
        Self { paths, host: host.filter(|host| !host.is_empty() && host != "localhost") }
    }

    pub(super) fn check(&self, text: &str) -> Result<()> {
        let absolute = ["\"/", "/home/", "/Users/", "/root/", "/tmp/"];
        let path = absolute.into_iter().chain(self.paths.iter().map(String::as_str)).any(|path| text.contains(path));
        ensure!(!path, "the data name a folder of this machine; take that out where they are made");
        let word = |character: char| character.is_alphanumeric() || "-_.".contains(character);
        let host =
            self.host.as_deref().is_some_and(|host| text.split(|character| !word(character)).any(|is| is == host));
        ensure!(!host, "the data name this machine; take that out where they are made");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_of_the_machine_is_noticed_and_what_only_looks_like_it_is_not() {
        let private = Private::new(["/srv/work", "/", ""].map(str::to_owned).into(), Some("tonic-box".to_owned()));
        for (text, fine) in [
            ("{\"case\": \"attach/keyring\", \"server\": \"tonic-boxes\"}", true),
            ("{\"file\": \"/etc/passwd\"}", false),
            ("{\"note\": \"saved in /srv/work/x\"}", false),
            ("{\"note\": \"under /home/somebody\"}", false),
            ("{\"server\": \"on tonic-box, alone\"}", false),
        ] {
            assert_eq!(private.check(text).is_ok(), fine, "{text}");
        }
        let nameless = Private::new(Vec::new(), Some("localhost".to_owned()));
        assert!(nameless.check("{\"address\": \"localhost\"}").is_ok());
    }
}
