//! The spellings of byte strings in the tables.

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

/// A byte string as a table spells it. The variants differ in their keys, and each knows all of its own.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Spelling {
    Plain(String),
    Both(Both),
    Ascii(Ascii),
    Prefixed(Prefixed),
    Repeated(Repeated),
    Measured(Measured),
}

/// The bytes in hex, and once more for readers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Both {
    hex: String,
    ascii: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ascii {
    ascii: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Prefixed {
    prefix: String,
    repeat: String,
    repeat_count: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Repeated {
    hex_byte: String,
    repeat: usize,
}

/// One character repeated to a length.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Measured {
    repeat: String,
    len: usize,
}

impl Spelling {
    pub(super) fn bytes(&self) -> Result<Vec<u8>> {
        match self {
            Self::Plain(text) | Self::Ascii(Ascii { ascii: text }) => Ok(text.as_bytes().to_vec()),
            Self::Both(Both { hex, ascii }) => {
                let bytes = unhex(hex)?;
                ensure!(readable(&bytes) == *ascii, "hex {hex} and ascii {ascii:?} differ");
                Ok(bytes)
            }
            Self::Prefixed(Prefixed { prefix, repeat, repeat_count }) => {
                Ok((prefix.clone() + &repeat.repeat(*repeat_count)).into_bytes())
            }
            Self::Repeated(Repeated { hex_byte, repeat }) => Ok(unhex(hex_byte)?.repeat(*repeat)),
            Self::Measured(Measured { repeat, len }) => {
                ensure!(repeat.len() == 1, "{repeat:?} is not one character");
                Ok(repeat.repeat(*len).into_bytes())
            }
        }
    }
}

/// Two hex digits a byte, to bytes.
pub(super) fn unhex(hex: &str) -> Result<Vec<u8>> {
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    ensure!(rest.is_empty(), "{hex:?} has an odd number of digits");
    pairs
        .iter()
        .map(|[high, low]| {
            let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            Some(digit(high)? << 4 | digit(low)?)
        })
        .collect::<Option<_>>()
        .with_context(|| format!("{hex:?} is not hex"))
}

/// What the tables write for readers: ASCII as it is, every other byte as `\xNN`.
fn readable(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| if byte.is_ascii() { char::from(*byte).to_string() } else { format!("\\x{byte:02x}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling() {
        let cases: [(&str, Option<&[u8]>); 11] = [
            (r#""as it is""#, Some(b"as it is")),
            (r#"{"hex": "41ff00", "ascii": "A\\xff\u0000"}"#, Some(b"A\xff\0")),
            (r#"{"hex": "41", "ascii": "B"}"#, None),
            (r#"{"hex": "4", "ascii": ""}"#, None),
            (r#"{"hex": "zz", "ascii": ""}"#, None),
            (r#"{"ascii": "<token>"}"#, Some(b"<token>")),
            (r#"{"prefix": "p ", "repeat": "ab", "repeat_count": 2}"#, Some(b"p abab")),
            (r#"{"hex_byte": "61", "repeat": 3}"#, Some(b"aaa")),
            (r#"{"repeat": "a", "len": 2}"#, Some(b"aa")),
            (r#"{"repeat": "ab", "len": 2}"#, None),
            (r#"{"ascii": "a", "utf8": "a"}"#, None),
        ];
        for (json, expected) in cases {
            let bytes = serde_json::from_str::<Spelling>(json).ok().and_then(|spelling| spelling.bytes().ok());
            assert_eq!(bytes.as_deref(), expected, "{json}");
        }
    }
}
