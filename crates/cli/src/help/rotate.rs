//! The long texts of `rotate --help`, and of its steps.

/// What `rotate` does.
pub(crate) const ROTATE: &str = "\
Replaces the cluster's token while the cluster runs, in three steps on its token file: `stage` accepts a new token beside \
the one that is sent, `promote` sends the new one and accepts the old one, `retire` accepts the new one only.

Every process takes each step before any takes the next; then no call fails. The tool changes one file. Processes that \
have another copy get it by `install`, or as a file; `--verify` asks running processes before a step whether all have \
taken the last one. Between promote and retire passes the longest time that a call can wait inside a client.

The file is the one in force here (see `ray-auth status`), or the one that --token-path names. It is replaced as a whole, \
with its owner, group and mode. A step that is taken twice changes nothing. Tokens come through files and stdin, and are \
shown by their fingerprints.";

/// Exit codes and examples of `rotate`.
pub(crate) const ROTATE_AFTER: &str = "\
With --json: step, changed, file, tokens (role, fingerprint, weak), dropped, processes (address, ready, role, problem; null \
when none was asked), warnings, then (what to do next), problem (null when the step was taken).

Exit codes:
  0  the step was taken, or had been before
  1  it was not, and nothing was changed: it is not its turn, a process is not ready, or the file cannot be written
  2  the command line makes no sense, or the token is not in a file that can be rewritten

Examples:
  ray-auth rotate stage
  ray-auth rotate promote --verify 127.0.0.1:6379,127.0.0.1:6380
  ray-auth rotate retire --verify 127.0.0.1:6379,127.0.0.1:6380 --unused-for 10m
  ssh node ray-auth rotate install - < ~/.ray/auth_token";

/// What `rotate stage` does.
pub(crate) const STAGE: &str = "\
The first step: adds a new token to the keyring, which processes accept from then on and do not send yet. Without --from \
it is a random one of 256 bits.

When a token is staged already nothing is changed, and that one is shown; with --from it must be the same.";

/// Exit codes and examples of `rotate stage`.
pub(crate) const STAGE_AFTER: &str = "\
Exit codes:
  0  a token is staged
  1  the last rotation is not finished, another token is staged, or the file cannot be written
  2  the command line makes no sense, or the token is not in a file that can be rewritten

Examples:
  ray-auth rotate stage
  ray-auth rotate stage --from - < new-token
  vault read -field=keyring ray | ray-auth rotate stage --in - --out keyring";

/// What `rotate promote` does.
pub(crate) const PROMOTE: &str = "\
The second step: the staged token becomes the one that processes send, and the one sent so far is still accepted. Safe \
when every process accepts the staged token: --verify asks them.";

/// Exit codes and examples of `rotate promote`.
pub(crate) const PROMOTE_AFTER: &str = "\
With --verify it is taken only when every process named answers, and accepts the staged token.

Exit codes:
  0  the token is promoted, now or before
  1  no token is staged, or not that one; a process is not ready; the file cannot be written
  2  the command line makes no sense, or the token is not in a file that can be rewritten

Examples:
  ray-auth rotate promote --verify 127.0.0.1:6379,127.0.0.1:6380
  ray-auth rotate promote 0123456789ab --token-path /etc/ray/token";

/// What `rotate retire` does.
pub(crate) const RETIRE: &str = "\
The last step: old tokens are no longer accepted. Safe when every process sends the new one, which --verify asks, and the \
longest time that a call can wait inside a client has passed since the last one was told to.";

/// Exit codes and examples of `rotate retire`.
pub(crate) const RETIRE_AFTER: &str = "\
With --verify it is taken only when every process named answers, and has the new token as its primary. With --unused-for \
each must also be up for that long, and have let no call in with the old token for that long.

Exit codes:
  0  no old token is accepted any more, now or before
  1  a token is staged; a process is not ready; the file cannot be written
  2  the command line makes no sense, or the token is not in a file that can be rewritten

Examples:
  ray-auth rotate retire --verify 127.0.0.1:6379,127.0.0.1:6380 --unused-for 10m
  ray-auth rotate retire 0123456789ab";

/// What `rotate abort` does.
pub(crate) const ABORT: &str = "\
Gives a rotation up before its second step: the staged token is no longer accepted. After the second step a copy of the \
keyring from before it can be installed: see `install`.";

/// Exit codes and examples of `rotate abort`.
pub(crate) const ABORT_AFTER: &str = "\
Exit codes:
  0  no token is staged any more
  1  the file cannot be written
  2  the command line makes no sense, or the token is not in a file that can be rewritten

Examples:
  ray-auth rotate abort";

/// What `rotate install` does.
pub(crate) const INSTALL: &str = "\
Replaces the keyring by the one on stdin, for processes that have a copy of their own: one copy is changed, and then sent to \
the others. It is refused when that skips a step: when the new primary is not accepted so far, or the primary so far \
would no longer be.";

/// Exit codes and examples of `rotate install`.
pub(crate) const INSTALL_AFTER: &str = "\
With --force it is done all the same; calls can then fail until every process has the keyring. A file that is not there is \
created, for its owner only.

Exit codes:
  0  the file has this keyring
  1  that would skip a step, or the file cannot be written
  2  the command line or the keyring makes no sense, or the token is not in a file that can be rewritten

Examples:
  ssh node ray-auth rotate install - < ~/.ray/auth_token
  ray-auth rotate install - --force --token-path /etc/ray/token < keyring";
