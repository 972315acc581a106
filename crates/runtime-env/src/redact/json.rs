//! Lines that are JSON: there it is certain where a text ends.

use serde::de::IgnoredAny;

/// Where the quotation marks around strings are, in all lines that are an object or an array.
///
/// Without them a URI in a line like `{"uri":"https://h/f.zip?x=y","n":1}` would be taken to end with the line, as a query
/// may hold anything; and the redacted line would be no JSON.
pub(super) fn quotation_marks(text: &str) -> Vec<usize> {
    let mut marks = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if is_json(line) {
            collect(line, start, &mut marks);
        }
        start += line.len();
    }
    marks
}

fn is_json(line: &str) -> bool {
    let line = line.trim();
    let bracketed = (line.starts_with('{') && line.ends_with('}')) || (line.starts_with('[') && line.ends_with(']'));
    bracketed && serde_json::from_str::<IgnoredAny>(line).is_ok()
}

fn collect(line: &str, start: usize, marks: &mut Vec<usize>) {
    let mut escaped = false;
    for (place, byte) in line.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => marks.push(start + place),
            _ => {}
        }
    }
}
