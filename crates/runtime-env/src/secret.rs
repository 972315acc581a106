//! The one secret type of this crate: text that is shown to nobody.

use std::fmt;

use zeroize::Zeroizing;

/// Puts texts together in a buffer that is as long as it has to be from the beginning: one that grows would leave smaller ones
/// behind, unwiped.
pub(crate) fn joined(parts: &[&str]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(parts.iter().map(|part| part.len()).sum()));
    for part in parts {
        text.push_str(part);
    }
    text
}

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
