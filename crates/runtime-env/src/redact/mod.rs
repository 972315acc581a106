//! Redaction: URIs and free text without their secrets.
//!
//! [`redact_uri`] is for what is known to be one URI, [`Redactor`] for text that may hold anything, such as a line of a log, and
//! [`filter`] for whole logs. Where they are not sure they hide too much.
//!
//! # What is hidden
//!
//! 1. Of every URI the user information, the query and the fragment, whole: `scheme://***@host:port/path?***#***`. A URI that
//!    cannot be read, and so could be read in two ways, is `scheme://<unparseable URI>`.
//!    One that `Debug` of Rust or `repr` of Python writes in its parts, on one line, is hidden from the first part on.
//! 2. The query of a path without its URI, where HTTP clients write one: after `url: `, `GET `, a quotation mark or `=`.
//! 3. The values of `Authorization`, `Proxy-Authorization`, `X-Ray-Authorization`, `Cookie` and `Set-Cookie`, and of
//!    `RAY_AUTH_TOKEN`, `RAY_RUNTIME_ENV_BEARER_TOKEN` and the cookie `ray-authentication-token`, in any case, however name and
//!    value are quoted, with `:`, `=`, or as a pair. Of `Bearer x` and `Basic x` the first word stays.
//! 4. What follows `Bearer` anywhere, and `Basic` if it is a login and a password.
//! 5. What a [`Redactor`] was told to hide, wherever it stands, also encoded.
//!
//! # Where a URI ends
//!
//! With its word: before a blank or a control character, less what closes a sentence, a bracket or a quotation. In between it
//! may hold every quotation mark and bracket, as a password or a query may. So in `a="https://h.test/f.zip?x",b="y"` all up to
//! the last quotation mark is hidden, and in `https://a.test/x,me@b.test` all of it. A line that is JSON is the
//! exception: there a string ends where it ends.
//!
//! A password with a blank in it cannot be told from the next word. If what stands before the blank is no valid host and port, or
//! is `name:number` and nothing more, and there is an `@` in the rest of the line, the rest of the line is hidden.
//!
//! # What is not hidden
//!
//! - A secret in a path, unless it is known. It looks like any other folder.
//! - `//login:password@host` without a scheme, and `login:password@host`.
//! - The second half of `https://login password@host`, where nothing says that there is a password.
//! - A password or a key with another name, unless it is known, and a value whose name stands without `:` or `=`.
//! - The value of a name that stands before it, on another line, or with another key in between: `value: x` below
//!   `name: RAY_AUTH_TOKEN`; and that of a name whose `:`, `=` or blank is itself escaped or encoded.
//! - What follows the first word after `Bearer` and `Basic`, unless both stand in quotation marks.
//! - A URI in parts that goes over several lines, as `{:#?}` prints it.
//! - A known secret with colours inside of it, or as HTML writes it.
//! - What was cut or wrapped: half of a known secret, a URI on two lines.
//!
//! ```
//! use ray_auth_runtime_env::redact::Redactor;
//!
//! let redactor = Redactor::new().hide("correct-horse");
//!
//! let line = "401 for url: https://me:secret@h.test/f.zip?sig=secret, token correct-horse";
//! assert_eq!(redactor.redact(line), "401 for url: https://***@h.test/f.zip?***, token ***");
//!
//! let line = "Downloading package from https://h.test/team/f.zip to /tmp/ray";
//! assert_eq!(redactor.redact(line), line);
//! ```

mod bounds;
mod debugged;
mod edits;
mod filter;
mod json;
mod known;
mod named;
mod needles;
pub(crate) mod parts;
mod quoted;
mod single;
mod terminal;
mod text;
mod uris;
mod views;

pub use self::filter::{MAX_LINE, filter};
pub use self::single::redact_uri;
pub use self::text::Redactor;
