//! The long texts of `fetch` and `redact`.

/// What `fetch` does.
pub(crate) const FETCH: &str = "\
Downloads a package over https or http, with the credentials that Ray's runtime_env agent would use in this environment, and \
without sending them to anybody else.

One credential is sent at most, the most specific there is: user information in the URI, the netrc entry for its host, the \
bearer token, the netrc default entry. A redirect to another scheme, host or port gets none of them, only what the netrc file \
has for that very host, over https.

What comes is written beside the file, readable by its owner only, and put in place when all of it is there. A download that \
fails leaves what was there before; one that is interrupted leaves that, or all of the new one.";

/// Environment, exit codes and examples of `fetch`.
pub(crate) const FETCH_AFTER: &str = "\
Netrc entries and the bearer token are sent over https only; netrc entries also to this machine itself. With \
--allow-plaintext they go over http, too. s3, gs, azure and the like are not handled here.

Environment:
  RAY_RUNTIME_ENV_BEARER_TOKEN  the bearer token; empty means none
  NETRC                         the netrc file; empty means none. When it is not set, ~/.netrc or
                                ~/_netrc, if nobody else can read it
  HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY
                                proxies, HTTP or SOCKS, never for this machine itself
  SSL_CERT_FILE, SSL_CERT_DIR   certificates to trust instead of the operating system's

With --json: uri (without its credentials), output, bytes, sha256, redirects, credential (of the first \
request: userinfo, netrc_machine, bearer, netrc_default, null), attempts; or uri (null when that is what is wrong) and error (kind, text).

Exit codes:
  0  the file is there, whole
  1  it could not be downloaded, or not be written
  2  the command line, the URI, or a credential makes no sense, or may not be sent there

Examples:
  ray-auth fetch https://git.example/team/code/archive/main.zip --output code.zip
  printf %s \"$URI\" | ray-auth fetch - --output code.zip
  NETRC=/etc/packages/netrc ray-auth fetch https://git.example/code.zip -o code.zip --json";

/// What `redact` does.
pub(crate) const REDACT: &str = "\
Prints a URI as it may be logged: without its user information, its query and its fragment. What cannot be told apart safely \
is hidden whole.

Without a URI it is a filter from stdin to stdout, line by line, for logs. It does the same with every URI in the text; hides the \
values of the headers Authorization, X-Ray-Authorization and Cookie and of the variables RAY_AUTH_TOKEN and \
RAY_RUNTIME_ENV_BEARER_TOKEN, and what follows `Bearer`; and, wherever they stand, the secrets that this environment names: the \
cluster's tokens, the bearer token and the netrc file's passwords. In doubt it hides too much.";

/// Exit codes and examples of `redact`.
pub(crate) const REDACT_AFTER: &str = "\
A secret inside the path of a URI cannot be recognised unless this environment names it. Lines of more than 1 MiB are left out.

Exit codes:
  0  all of it was printed
  1  it could not be read or written
  2  the command line makes no sense

Examples:
  ray-auth redact 'https://host.example/p.zip?signature=abc'
  ray-auth redact < runtime_env_agent.log > for-support.log
  tail -f runtime_env_agent.log | ray-auth redact";
