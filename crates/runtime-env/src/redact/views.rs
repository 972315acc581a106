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
        decode(bytes, b"%", place, percent)
    }

    /// The same as forms have it, with a plus sign for a blank; `None` if there is neither.
    pub(super) fn form_decoded(bytes: &[u8]) -> Option<Self> {
        decode(bytes, b"%+", |place| place, |rest| if rest[0] == b'+' { byte(b' ', 1) } else { percent(rest) })
    }

    /// With backslashes taken back, as JSON, Python and Rust write them; `None` if there are none.
    pub(super) fn unescaped(bytes: &[u8], place: impl Fn(usize) -> usize) -> Option<Self> {
        decode(bytes, b"\\", place, escape)
    }

    /// Where in the text the byte comes from, or the end of the text.
    pub(super) fn place(&self, byte: usize) -> usize {
        self.places[byte]
    }
}

fn decode(
    bytes: &[u8],
    marks: &[u8],
    place: impl Fn(usize) -> usize,
    step: impl Fn(&[u8]) -> Option<Escape>,
) -> Option<View> {
    if !bytes.iter().any(|byte| marks.contains(byte)) {
        return None;
    }
    let mut view = View { bytes: Vec::with_capacity(bytes.len()), places: Vec::with_capacity(bytes.len() + 1) };
    let mut at = 0;
    while at < bytes.len() {
        let escape = if marks.contains(&bytes[at]) { step(&bytes[at..]) } else { None };
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

/// One byte, for an escape of this length.
fn byte(byte: u8, length: usize) -> Option<Escape> {
    Some(([byte, 0, 0, 0], 1, length))
}

fn percent(rest: &[u8]) -> Option<Escape> {
    let code = rest.get(1..3).and_then(hex)?;
    byte(code.to_le_bytes()[0], 3)
}

fn escape(rest: &[u8]) -> Option<Escape> {
    match *rest.get(1)? {
        b'n' => byte(b'\n', 2),
        b'r' => byte(b'\r', 2),
        b't' => byte(b'\t', 2),
        b'b' => byte(8, 2),
        b'f' => byte(12, 2),
        b'0' => octal(rest).or(byte(0, 2)),
        digit @ b'1'..=b'3' => octal(rest).or(byte(digit, 2)),
        b'x' => rest.get(2..4).and_then(hex).and_then(|code| byte(code.to_le_bytes()[0], 4)).or(byte(b'x', 2)),
        b'u' => unicode(rest).or(byte(b'u', 2)),
        other => byte(other, 2).filter(|_| other.is_ascii()),
    }
}

/// `\303`, as git and protobuf write bytes beyond ASCII.
fn octal(rest: &[u8]) -> Option<Escape> {
    let digits = rest.get(1..4).filter(|digits| digits.iter().all(|digit| matches!(digit, b'0'..=b'7')))?;
    let code = digits.iter().fold(0_u8, |code, digit| (code << 3) | (digit & 7));
    byte(code, 4)
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
