//! Header lists to bytes, in the one HPACK form that carries any bytes and leaves no state behind.

use anyhow::{Context as _, Result};

/// A literal with a new name that is not to be indexed.
const LITERAL_WITHOUT_INDEXING: u8 = 0;
/// The bit before a string's length that says it is Huffman-coded.
const HUFFMAN: u8 = 0x80;

/// Encodes the fields in their order, names and values exactly as they are.
pub(super) fn encode(fields: &[(Vec<u8>, Vec<u8>)], huffman: bool) -> Result<Vec<u8>> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(LITERAL_WITHOUT_INDEXING);
        string(name, huffman, &mut block)?;
        string(value, huffman, &mut block)?;
    }
    Ok(block)
}

fn string(text: &[u8], huffman: bool, block: &mut Vec<u8>) -> Result<()> {
    if huffman {
        let mut coded = Vec::with_capacity(text.len());
        httlib_huffman::encode(text, &mut coded).ok().context("a header field could not be Huffman-coded")?;
        length(coded.len(), HUFFMAN, block);
        block.extend_from_slice(&coded);
    } else {
        length(text.len(), 0, block);
        block.extend_from_slice(text);
    }
    Ok(())
}

/// An integer with a 7-bit prefix after `bit`: the prefix full, then seven bits a byte, lowest first.
fn length(length: usize, bit: u8, block: &mut Vec<u8>) {
    const PREFIX: usize = 0x7f;
    // The masks keep every value inside a byte.
    let byte = |value: usize| u8::try_from(value & 0xff).unwrap_or(u8::MAX);
    if length < PREFIX {
        block.push(bit | byte(length));
        return;
    }
    block.push(bit | byte(PREFIX));
    let mut rest = length - PREFIX;
    while rest > PREFIX {
        block.push(0x80 | byte(rest & PREFIX));
        rest >>= 7;
    }
    block.push(byte(rest));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(block: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
        loona_hpack::Decoder::new().decode(block).unwrap()
    }

    #[test]
    fn what_no_stack_would_send_survives() {
        let every_byte: Vec<u8> = (0..=255).collect();
        let fields: Vec<(Vec<u8>, Vec<u8>)> = vec![
            (b":path".to_vec(), b"/a".to_vec()),
            (b"Authorization".to_vec(), b"Bearer a\0b\xff".to_vec()),
            (b"".to_vec(), b"".to_vec()),
            (b"x".to_vec(), b"1".to_vec()),
            (b"x".to_vec(), b"2".to_vec()),
            (every_byte.clone(), every_byte),
            (b"long".to_vec(), vec![b'a'; 65_536]),
        ];
        for huffman in [false, true] {
            assert_eq!(decoded(&encode(&fields, huffman).unwrap()), fields, "huffman: {huffman}");
        }
    }

    #[test]
    fn the_lengths_at_which_the_encoding_changes() {
        for size in [0, 1, 126, 127, 128, 254, 255, 256, 16_510, 16_511, 65_536] {
            let fields = vec![(b"n".to_vec(), vec![b'v'; size])];
            assert_eq!(decoded(&encode(&fields, false).unwrap()), fields, "{size} bytes");
        }
    }

    #[test]
    fn a_coded_length_is_the_one_ray_reports() {
        let mut value = b"Bearer ".to_vec();
        value.extend_from_slice(&[b'a'; 65_536]);
        let mut block = Vec::new();
        string(&value, true, &mut block).unwrap();
        // Three bytes hold the length.
        assert_eq!(block.len() - 4, 40_965);
    }

    proptest! {
        #[test]
        fn any_list_survives(
            fields in proptest::collection::vec(
                (proptest::collection::vec(any::<u8>(), 0..40), proptest::collection::vec(any::<u8>(), 0..300)),
                0..8,
            ),
            huffman: bool,
        ) {
            prop_assert_eq!(decoded(&encode(&fields, huffman).unwrap()), fields);
        }
    }
}
