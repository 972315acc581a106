//! The one secret type of this crate: text that is shown to nobody.

use std::fmt;

use zeroize::Zeroizing;

/// A password, or a login, which may be the token itself. Wiped when it is dropped; `Debug` shows nothing of it, not even
/// how long it is.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Keeps this text. It is taken as it is: nothing is trimmed.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself. The only accessor: whoever prints, stores or sends what it returns answers for it.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}
