//! What a terminal takes for a colour, and for "clear the rest of the line": it stands around names and before values.

/// How the character before the bracket is written where control characters are written out, after a backslash.
const WRITTEN: [&[u8]; 4] = [b"u001b[", b"x1b[", b"u{1b}[", b"033["];

/// The longest run of parameters that is read.
const PARAMETERS: usize = 32;

/// How long the sequence is that this begins with; 0 if it begins with none.
pub(super) fn sequence(bytes: &[u8]) -> usize {
    let backslashes = bytes.iter().take_while(|byte| **byte == b'\\').count();
    let introducer = match bytes {
        [0x1b, b'[', ..] => 2,
        [b'\\', ..] => match WRITTEN.into_iter().find(|written| starts_with(&bytes[backslashes..], written)) {
            Some(written) => backslashes + written.len(),
            None => return 0,
        },
        _ => return 0,
    };
    let rest = &bytes[introducer..];
    let parameters = rest.iter().take(PARAMETERS).take_while(|byte| is_parameter(byte)).count();
    if rest.get(parameters).is_some_and(is_final) { introducer + parameters + 1 } else { 0 }
}

/// Whether the last byte of this is that of such a sequence.
pub(super) fn ends_in_sequence(bytes: &[u8]) -> bool {
    let Some((last, before)) = bytes.split_last() else { return false };
    let parameters = before.iter().rev().take(PARAMETERS).take_while(|byte| is_parameter(byte)).count();
    let introducer = &before[..before.len() - parameters];
    let is_written = |written: &[u8]| {
        let place = introducer.len().checked_sub(written.len() + 1);
        place.is_some_and(|place| introducer[place] == b'\\' && starts_with(&introducer[place + 1..], written))
    };
    is_final(last) && (introducer.ends_with(b"\x1b[") || WRITTEN.into_iter().any(is_written))
}

fn starts_with(bytes: &[u8], start: &[u8]) -> bool {
    bytes.get(..start.len()).is_some_and(|first| first.eq_ignore_ascii_case(start))
}

fn is_parameter(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'9' | b';')
}

fn is_final(byte: &u8) -> bool {
    matches!(byte, b'm' | b'K')
}
