//! What stands before the `@`.

use std::fmt;

use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use super::UriError;
use crate::Secret;

/// The login and the password of a URI, decoded once. Both are secrets: the login may be the token itself.
///
/// `%xx` is decoded once, and an escape that is none stays as it is written, as Ray's and curl's are. Wiped when it is
/// dropped; `Debug` shows nothing, not even whether there is a password.
#[derive(Clone)]
pub struct UserInfo {
    user: Secret,
    password: Option<Secret>,
}

impl UserInfo {
    /// Decodes what stands before the last `@`.
    pub(super) fn parse(text: &str) -> Result<Self, UriError> {
        let (user, password) = text.split_once(':').map_or((text, None), |(user, password)| (user, Some(password)));
        let user = decode(user)?;
        if user.expose_secret().contains(':') {
            return Err(UriError::UserInfoColon);
        }
        Ok(Self { user, password: password.map(decode).transpose()? })
    }

    /// The login, which may be empty.
    #[must_use]
    pub fn expose_user(&self) -> &str {
        self.user.expose_secret()
    }

    /// The password, which may be empty; `None` without a `:`.
    #[must_use]
    pub fn expose_password(&self) -> Option<&str> {
        self.password.as_ref().map(Secret::expose_secret)
    }
}

impl fmt::Debug for UserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserInfo([redacted])")
    }
}

fn decode(text: &str) -> Result<Secret, UriError> {
    // A buffer that grows would leave smaller ones behind, unwiped.
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    bytes.extend(percent_decode_str(text));
    let text = std::str::from_utf8(&bytes).map_err(|_| UriError::UserInfoUtf8)?;
    if text.chars().any(char::is_control) {
        return Err(UriError::UserInfoControl);
    }
    Ok(Secret::new(text.to_owned()))
}
