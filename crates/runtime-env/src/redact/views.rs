//! A text as it reads once its escapes are taken back, with the place in the text where each byte of it comes from.

/// Bytes that stand for a text, and where in that text each of them begins.
pub(super) struct View {
    pub(super) bytes: Vec<u8>,
    /// One more than there are bytes: the last is the end of the text.
    places: Vec<usize>,
}

/// What an escape stands for: its bytes, how many of them count, and how long it is.
type Escape = ([u8; 4], usize, usize);

impl View {
    /// With `%xx` taken back; `None` if there is none.
    pub(super) fn percent_decoded(bytes: &[u8], place: impl Fn(usize) -> usize) -> Option<Self> {
        decode(bytes, b'%', place, |rest| match rest {
            [_, high, low, ..] => Some(([hex(&[*high, *low])?.to_le_bytes()[0], 0, 0, 0], 1, 3)),
            _ => None,
        })
    }

    /// With backslashes taken back, as JSON, Python and Rust write them; `None` if there are none.
    pub(super) fn unescaped(bytes: &[u8], place: impl Fn(usize) -> usize) -> Option<Self> {
        decode(bytes, b'\\', place, escape)
    }

    /// Where in the text the byte comes from, or the end of the text.
    pub(super) fn place(&self, byte: usize) -> usize {
        self.places[byte]
    }
}

fn decode(
    bytes: &[u8],
    mark: u8,
    place: impl Fn(usize) -> usize,
    step: impl Fn(&[u8]) -> Option<Escape>,
) -> Option<View> {
    if !bytes.contains(&mark) {
        return None;
    }
    let mut view = View { bytes: Vec::with_capacity(bytes.len()), places: Vec::with_capacity(bytes.len() + 1) };
    let mut at = 0;
    while at < bytes.len() {
        let escape = if bytes[at] == mark { step(&bytes[at..]) } else { None };
        let (decoded, count, length) = escape.unwrap_or(([bytes[at], 0, 0, 0], 1, 1));
        for byte in &decoded[..count] {
            view.bytes.push(*byte);
            view.places.push(place(at));
        }
        at += length;
    }
    view.places.push(place(bytes.len()));
    Some(view)
}

fn escape(rest: &[u8]) -> Option<Escape> {
    let byte = |byte: u8| Some(([byte, 0, 0, 0], 1, 2));
    match *rest.get(1)? {
        b'n' => byte(b'\n'),
        b'r' => byte(b'\r'),
        b't' => byte(b'\t'),
        b'b' => byte(8),
        b'f' => byte(12),
        b'0' => byte(0),
        b'x' => rest.get(2..4).and_then(hex).map(|code| ([code.to_le_bytes()[0], 0, 0, 0], 1, 4)).or(byte(b'x')),
        b'u' => unicode(rest).or(byte(b'u')),
        other => byte(other).filter(|_| other.is_ascii()),
    }
}

/// `\u00e9`, a pair of them for what needs two, and `\u{e9}`.
fn unicode(rest: &[u8]) -> Option<Escape> {
    let unit = |at: usize| rest.get(at..at + 4).and_then(hex).filter(|_| rest[at - 2..].starts_with(b"\\u"));
    if rest.get(2) == Some(&b'{') {
        let length = rest.iter().take(10).position(|byte| *byte == b'}')?;
        return character(hex(&rest[3..length])?, length + 1);
    }
    match unit(2)? {
        high @ 0xd800..=0xdbff => {
            let low = rest.get(6..8).and_then(|_| unit(8)).filter(|low| (0xdc00..=0xdfff).contains(low))?;
            character(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00), 12)
        }
        code => character(code, 6),
    }
}

fn character(code: u32, length: usize) -> Option<Escape> {
    let mut bytes = [0; 4];
    let count = char::from_u32(code)?.encode_utf8(&mut bytes).len();
    Some((bytes, count, length))
}

fn hex(digits: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(digits).ok().filter(|text| !text.starts_with('+'))?;
    u32::from_str_radix(text, 16).ok()
}
