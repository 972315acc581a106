//! The long texts of `--help`.

pub(crate) mod fetch;
pub(crate) mod rotate;

/// What the tool is.
pub(crate) const TOOL: &str = "\
Token authentication for Ray clusters, for the people who operate them.

Every process of a Ray cluster with token authentication (Ray 2.52 and newer) sends the cluster's shared secret with each \
call and requires it of each caller. This tool prints, makes and checks that secret, and serves a stand-in for Ray's GCS \
that requires it. It finds the secret where Ray's processes do, and works with theirs.";

/// Environment, exit codes and examples of the tool.
pub(crate) const TOOL_AFTER: &str = "\
Environment:
  RAY_AUTH_MODE              token (the default) or disabled
  RAY_AUTH_TOKEN             the token itself
  RAY_AUTH_TOKEN_PATH        a file with the token, when RAY_AUTH_TOKEN is not set
  RAY_ENABLE_K8S_TOKEN_AUTH  true: the token is a Kubernetes service account's
  RAY_AUTH_LOG               what is logged to stderr: off, error, warn, info, debug, trace, or
                             target=level pairs; RUST_LOG counts when it is not set
  NO_COLOR                   no colours, not even on a terminal

Files:
  ~/.ray/auth_token          the token, when neither variable is set

Exit codes:
  0  done, and the answer is yes where there was a question
  1  the answer is no, or it could not be done
  2  the command line or the configuration makes no sense

Examples:
  ray-auth get-auth-token --generate > /dev/null   make the token of a new cluster
  ray-auth status                                  see what a process started here would do
  ray-auth check 127.0.0.1:6379                    see whether a cluster is protected
  ray-auth rotate stage                            begin to replace its token
  ray-auth fetch https://example.com/p.zip -o p.zip  download a package from a private server
  ray-auth demo                                    see all of it at work, on a cluster of its own";

/// What `get-auth-token` does.
pub(crate) const GET_AUTH_TOKEN: &str = "\
Prints this process's token to stdout, with nothing after it, as `ray get-auth-token` does. A line feed goes to stderr.

The token is RAY_AUTH_TOKEN, or the first line of the file RAY_AUTH_TOKEN_PATH names, or of ~/.ray/auth_token; the first \
of these that is set decides. With RAY_ENABLE_K8S_TOKEN_AUTH the file that KubeRay mounts comes before the last. \
RAY_AUTH_MODE is not asked.";

/// Exit codes and examples of `get-auth-token`.
pub(crate) const GET_AUTH_TOKEN_AFTER: &str = "\
A file that --generate makes can be read by its owner only, and a file that exists is never overwritten.

Exit codes:
  0  the token was printed
  1  there is none that can be used
  2  the command line or the configuration makes no sense

Examples:
  ray-auth get-auth-token --generate > /dev/null
  ray-auth get-auth-token | ssh node 'umask 077; mkdir -p ~/.ray; cat > ~/.ray/auth_token'";

/// What `status` does.
pub(crate) const STATUS: &str = "\
Says how a process that is started in this environment authenticates: its mode, where its tokens come from, what they are \
called, who else can read or replace their file, and what is wrong and how to mend it.

With --address it asks running processes instead, such as `ray-auth serve`: for how long they are up, which tokens they \
have in which roles, when each last let a call in, and whether they can read their file.

Tokens are named by fingerprint: 12 digits that are the same wherever the token is. The token itself is not shown. To any \
address but a loopback one it is sent only with TLS or --allow-plaintext, since others on the network could read it.";

/// Exit codes and examples of `status`.
pub(crate) const STATUS_AFTER: &str = "\
With --json: mode (disabled, token, kubernetes, null), source (kind, path), tokens (role, fingerprint, weak), \
kubernetes (subject, audiences, seconds_left, server, cluster, namespace; null in other modes), warnings, \
problem (null when all is well).

With --json and --address: processes (address, reachable, uptime_seconds, mode, generation, source, tokens, problem) and \
warnings. What is not known is null.

Exit codes:
  0  such a process can authenticate, or was told not to; every running one answers and is well
  1  it has no token that can be used; a running one does not answer, or something is wrong with it
  2  the command line makes no sense, or a variable has a value that is not known

Examples:
  ray-auth status
  RAY_AUTH_TOKEN_PATH=/etc/ray/token ray-auth status --json
  ray-auth status --address 127.0.0.1:6379,127.0.0.1:6380";

/// What `serve` does.
pub(crate) const SERVE: &str = "\
Serves an in-memory equivalent of Ray's GCS, its key-value store and its nodes, that requires the cluster's token on every \
call. Ray's own clients work with it. Only gRPC's health service answers without a token.

A token file is followed: what `ray-auth rotate` makes of it is in effect within a second, and calls that are open with a token \
that was retired are ended. `ray-auth status --address` asks for its status.

The first line on stdout is `listening on` and the address. SIGTERM or ctrl-c lets open calls finish and ends it; a second \
one cuts them off.";

/// Exit codes and examples of `serve`.
pub(crate) const SERVE_AFTER: &str = "\
The token is found as `ray-auth status` shows it. Nothing is kept when the server ends. With RAY_USE_TLS=1 and \
RAY_TLS_SERVER_CERT, RAY_TLS_SERVER_KEY and RAY_TLS_CA_CERT it speaks mutual TLS, as Ray does.

Exit codes:
  0  it was told to end, and did
  1  it cannot listen, or was told twice
  2  the command line or the configuration makes no sense

Examples:
  ray-auth serve --generate
  RAY_AUTH_LOG=debug ray-auth serve --listen 127.0.0.1:0";

/// What `check` does.
pub(crate) const CHECK: &str = "\
Asks a GCS, or a node, whether it requires a token and whether it takes ours.

It is asked without a token, then with a random one, and with ours only when both were refused: a server that does not \
require a token is never sent it. To any address but a loopback one our token is sent only with TLS or --allow-plaintext, since others on \
the network could read it. With RAY_USE_TLS=1 an address means TLS, unless http:// stands before it.";

/// Exit codes and examples of `check`.
pub(crate) const CHECK_AFTER: &str = "\
With --json: address, reachable, enforced, accepted, cluster_id, problem (null when all is well). What is not known is null.

Exit codes:
  0  the server requires a token and takes ours
  1  anything else
  2  the command line or the configuration makes no sense

Examples:
  ray-auth check 127.0.0.1:6379
  ray-auth check 10.0.0.5:6379 --allow-plaintext --json";

/// What `demo` does.
pub(crate) const DEMO: &str = "\
Starts a small cluster within this process, on free ports of 127.0.0.1: a GCS and three nodes that register with it, find \
each other there, and call it and each other, with every kind of call gRPC knows and the token on each.

Under that load the token is replaced by another: accepted everywhere, then sent everywhere, then the old one refused. An \
intruder tries every method of every server without a token, with wrong ones, with the right one in wrong places, and with \
the one that was replaced. A table says what came of it.";

/// Exit codes and examples of `demo`.
pub(crate) const DEMO_AFTER: &str = "\
The traffic ends after --seconds, or after about --calls calls when that is earlier. The times are those of this machine \
at this moment. Tokens are made for the run and not shown; none of Ray's variables is read and nothing is left behind.

Exit codes:
  0  no call of the cluster failed, and every one of the intruder was refused
  1  something was not as it must be; the table says what
  2  the command line makes no sense

Examples:
  ray-auth demo
  ray-auth demo --json --calls 2000";

/// What `secret` does.
pub(crate) const SECRET: &str = "\
Prints the manifest of a Kubernetes Secret with a token that was made for it. The token is on stdout and nowhere else: \
pipe it to kubectl.

The Secret has two keys: `auth_token`, which KubeRay gives to Ray's containers, and `keyring`, which processes with this \
project's layers follow as a file. Both hold the same token at first; docs/rotation.md says how it is replaced.";

/// Exit codes and examples of `secret`.
pub(crate) const SECRET_AFTER: &str = "\
Each run makes another token. With `kubectl create` a Secret that exists stays as it is; with `kubectl apply` its token \
would be replaced under a running cluster, and a copy of the new one kept in an annotation.

Exit codes:
  0  the manifest was printed
  1  it could not be written
  2  the command line makes no sense

Examples:
  ray-auth secret --name ray-token --namespace ray | kubectl create -f -
  ray-auth secret --name ray-token --namespace ray --json --key auth_token > secret.json";

/// What `completions` does.
pub(crate) const COMPLETIONS: &str = "\
Prints a script that teaches a shell to complete this tool's commands and options.";

/// Exit codes and examples of `completions`.
pub(crate) const COMPLETIONS_AFTER: &str = "\
Exit codes:
  0  the script was printed
  2  the command line makes no sense

Examples:
  ray-auth completions bash > ~/.local/share/bash-completion/completions/ray-auth
  ray-auth completions zsh > ~/.zfunc/_ray-auth
  ray-auth completions fish > ~/.config/fish/completions/ray-auth.fish";
