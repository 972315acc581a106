//! The variables that hold credentials, and where they must not be.

use std::ffi::OsStr;
use std::process::Command;

use super::CredentialWarning;

/// The variable with the bearer token.
pub const BEARER_VARIABLE: &str = "RAY_RUNTIME_ENV_BEARER_TOKEN";

/// The variable with the path of a netrc file.
pub const NETRC_VARIABLE: &str = "NETRC";

/// Every variable that holds a credential for downloads, or leads to one.
pub const CREDENTIAL_VARIABLES: [&str; 2] = [BEARER_VARIABLE, NETRC_VARIABLE];

/// Keeps the credentials of this process from a process that it starts: the tasks of users inherit what an agent does not
/// take away (with Ray 2.60 they can read its bearer token).
pub fn scrub(command: &mut Command) {
    for name in CREDENTIAL_VARIABLES {
        command.env_remove(name);
    }
}

/// Which of the names in a runtime environment's `env_vars` are credentials. They have no effect on downloads, and Ray writes
/// them to its logs as they are, so an agent refuses or drops them.
pub fn misplaced<N: AsRef<OsStr>>(env_vars: impl IntoIterator<Item = N>) -> Vec<CredentialWarning> {
    let known = |name: N| CREDENTIAL_VARIABLES.into_iter().find(|known| name.as_ref() == OsStr::new(known));
    env_vars.into_iter().filter_map(known).map(|name| CredentialWarning::Misplaced { name }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_process_does_not_inherit_what_is_scrubbed() {
        let mut command = Command::new("env");
        command.env(BEARER_VARIABLE, "SECRET1").env("KEPT", "1");
        scrub(&mut command);
        let set: Vec<_> = command.get_envs().filter(|(_, value)| value.is_some()).collect();
        assert_eq!(set, [(OsStr::new("KEPT"), Some(OsStr::new("1")))]);
        let removed: Vec<_> = command.get_envs().filter(|(_, value)| value.is_none()).map(|(name, _)| name).collect();
        assert_eq!(removed, [OsStr::new(NETRC_VARIABLE), OsStr::new(BEARER_VARIABLE)]);
    }

    #[test]
    fn credentials_among_env_vars_are_named() {
        let table: [(&[&str], &[&str]); 4] = [
            (&[], &[]),
            (&["PATH", "netrc", "NETRC_FILE"], &[]),
            (&["PATH", "NETRC"], &["NETRC"]),
            (&["RAY_RUNTIME_ENV_BEARER_TOKEN", "NETRC"], &["RAY_RUNTIME_ENV_BEARER_TOKEN", "NETRC"]),
        ];
        for (names, found) in table {
            let expected: Vec<_> = CREDENTIAL_VARIABLES
                .into_iter()
                .filter(|known| found.contains(known))
                .map(|name| CredentialWarning::Misplaced { name })
                .collect();
            assert_eq!(misplaced(names), expected, "{names:?}");
        }
    }
}
