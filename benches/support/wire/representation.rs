//! How a header block says each of its fields: [RFC 7541, section 6](https://www.rfc-editor.org/rfc/rfc7541#section-6).

use super::recording::Call;

/// A list of headers, names and values.
pub(crate) type Fields = Vec<(Vec<u8>, Vec<u8>)>;

/// What a receiver, and everybody on the way, is told to do with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// `1…`: it is in the table, and this is its place.
    Indexed,
    /// `01…`: put it into the table.
    Kept,
    /// `0000…`: leave it out of the table. Who passes it on may do otherwise.
    NotIndexed,
    /// `0001…`: leave it out of the table, and so must all who pass it on.
    NeverIndexed,
}

/// A field as it is on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Representation {
    pub(crate) pattern: Pattern,
    pub(crate) bytes: Vec<u8>,
}

/// The lists of headers of a connection's calls, in their order from the first.
pub(crate) fn fields(calls: &[Call]) -> Vec<Fields> {
    let mut decoder = loona_hpack::Decoder::new();
    let list = |call: &Call| decoder.decode(&call.headers.payload).expect("a client's header block can be decoded");
    calls.iter().map(list).collect()
}

/// How `block`, which says `fields`, says the one field with this name.
pub(crate) fn of(name: &[u8], block: &[u8], fields: &Fields) -> Representation {
    let representations = split(block).expect("what was decoded is well formed");
    assert_eq!(representations.len(), fields.len(), "each field is said once");
    let mut named = fields.iter().zip(representations).filter(|((field, _), _)| field == name);
    let (_, representation) = named.next().expect("the field is sent");
    assert!(named.next().is_none(), "the field is sent once");
    representation
}

/// Each field's bytes, in their order; none if they end too early.
fn split(block: &[u8]) -> Option<Vec<Representation>> {
    let mut found = Vec::new();
    let mut rest = block;
    while let Some(first) = rest.first() {
        let (pattern, prefix) = match first {
            0x80.. => (Some(Pattern::Indexed), 7),
            0x40.. => (Some(Pattern::Kept), 6),
            // Another size of the table: no field.
            0x20.. => (None, 5),
            0x10.. => (Some(Pattern::NeverIndexed), 4),
            _ => (Some(Pattern::NotIndexed), 4),
        };
        let (name, mut length) = integer(rest, prefix)?;
        if !matches!(pattern, Some(Pattern::Indexed) | None) {
            let strings = if name == 0 { 2 } else { 1 };
            for _ in 0..strings {
                let (string, head) = integer(rest.get(length..)?, 7)?;
                length += head + string;
            }
        }
        let (bytes, after) = rest.split_at_checked(length)?;
        found.extend(pattern.map(|pattern| Representation { pattern, bytes: bytes.to_vec() }));
        rest = after;
    }
    Some(found)
}

/// The integer in the last `prefix` bits of the first byte, and in the bytes after it if it does not fit (section 5.1);
/// and how many bytes it takes.
fn integer(bytes: &[u8], prefix: u32) -> Option<(usize, usize)> {
    let full = (1 << prefix) - 1;
    let mut value = usize::from(*bytes.first()?) & full;
    if value < full {
        return Some((value, 1));
    }
    for (place, byte) in bytes.iter().enumerate().skip(1) {
        let shift = u32::try_from(7 * (place - 1)).ok()?;
        value = value.checked_add(usize::from(byte & 0x7f).checked_shl(shift)?)?;
        if byte & 0x80 == 0 {
            return Some((value, place + 1));
        }
    }
    None
}
