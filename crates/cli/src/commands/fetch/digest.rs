//! A digest as an argument.

use std::str::FromStr;

/// A SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sha256(pub(super) [u8; 32]);

impl FromStr for Sha256 {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut digest = [0; 32];
        let is_digest = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let bytes = (0..text.len()).step_by(2).filter(|_| is_digest);
        let bytes = bytes.filter_map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok());
        let found = digest.iter_mut().zip(bytes).map(|(to, byte)| *to = byte).count();
        if found == digest.len() {
            Ok(Self(digest))
        } else {
            Err("give 64 hexadecimal digits, as sha256sum prints them")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_64_digits() {
        let text = "00ff".repeat(16);
        assert_eq!(text.parse::<Sha256>().map(|digest| digest.0[..4].to_vec()), Ok(vec![0, 255, 0, 255]));
        assert_eq!(text.to_uppercase().parse::<Sha256>(), text.parse::<Sha256>());
        for bad in ["", "00", &"0".repeat(63), &"0".repeat(65), &"+f".repeat(32), &"é".repeat(32), &"0g".repeat(32)] {
            assert!(bad.parse::<Sha256>().is_err(), "{bad}");
        }
    }
}
