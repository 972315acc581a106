//! Characters that make a text look like another one.

/// Whether this changes how the text around it looks: it is invisible, or turns the direction of text around.
pub(crate) fn is_deceptive(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(character, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}
