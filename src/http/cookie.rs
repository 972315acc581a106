//! The cookie, as it is set and cleared.

use std::time::Duration;

use http::HeaderValue;
use zeroize::Zeroizing;

use crate::credential::COOKIE_NAME;

/// Sets the cookie to `value`, which must be [possible](is_possible).
pub(super) fn set(value: &str, lasts: Duration, secure: bool) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    let seconds = lasts.as_secs();
    let text =
        Zeroizing::new(format!("{COOKIE_NAME}={value}; HttpOnly; Max-Age={seconds}; Path=/; SameSite=Strict{secure}"));
    let mut header = HeaderValue::from_str(&text).expect("a possible value is printable ASCII");
    header.set_sensitive(true);
    header
}

/// Whether a cookie can carry the text as it is (RFC 6265, section 4.1.1).
pub(super) fn is_possible(value: &str) -> bool {
    value.bytes().all(|byte| matches!(byte, b'!'..=b'~') && !b"\",;\\".contains(&byte))
}

/// Has the browser forget the cookie, in Ray's words.
pub(super) fn clear() -> HeaderValue {
    HeaderValue::try_from(format!("{COOKIE_NAME}=\"\"; Max-Age=0; Path=/")).expect("it is printable ASCII")
}
