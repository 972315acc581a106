//! The comparison alone, in situations in which its work must not differ: it may depend on how many bytes were presented
//! and on how many tokens there are, and on nothing else.

use std::hint::black_box;

use ray_auth::{Token, TokenSet};

/// What all names begin with.
pub(crate) const GROUP: &str = "comparison/";

/// One comparison.
pub(crate) struct Comparison {
    /// What the work may depend on. Rows with the same work must cost the same, to the instruction.
    pub(crate) work: String,
    pub(crate) situation: &'static str,
    tokens: TokenSet,
    presented: String,
}

impl Comparison {
    /// What a run under callgrind is told.
    pub(crate) fn name(&self) -> String {
        format!("{GROUP}{}/{}", self.work, self.situation)
    }

    pub(crate) fn run(&self) {
        black_box(self.tokens.matches(black_box(&self.presented)));
    }
}

/// Presented lengths: less than a word, words without a block, Ray's form, a block and less than a word, several blocks
/// and words.
const LENGTHS: [usize; 5] = [5, 40, 64, 71, 200];

/// Numbers of tokens.
const COUNTS: [usize; 2] = [1, 8];

pub(crate) fn all() -> Vec<Comparison> {
    LENGTHS.into_iter().flat_map(|length| COUNTS.into_iter().flat_map(move |count| of(length, count))).collect()
}

fn of(length: usize, count: usize) -> Vec<Comparison> {
    let presented = text(length);
    let others: Vec<_> = (0..count).map(|number| other(&presented, number)).collect();
    let with = |place: usize| {
        let mut tokens = others.clone();
        tokens[place].clone_from(&presented);
        tokens
    };
    let changed = |place: usize| {
        let mut bytes = presented.clone().into_bytes();
        bytes[place] = b'!';
        let mut tokens = others.clone();
        tokens[0] = String::from_utf8(bytes).expect("it is ASCII");
        tokens
    };
    let resized = |length: usize| others.iter().map(|token| text(length) + &token[..1]).collect();
    [
        ("match at the first token", with(0)),
        ("match at the last token", with(count - 1)),
        ("wrong first byte", changed(0)),
        ("wrong last byte", changed(length - 1)),
        ("nothing in common", others.clone()),
        ("stored tokens shorter", resized(length / 2)),
        ("stored tokens longer", resized(length * 3)),
        ("stored tokens the same and longer", others.iter().map(|token| presented.clone() + token).collect()),
    ]
    .map(|(situation, tokens)| {
        let s = if count == 1 { "" } else { "s" };
        let work = format!("{length} bytes, {count} token{s}");
        Comparison { work, situation, tokens: set(&tokens), presented: presented.clone() }
    })
    .into()
}

fn text(length: usize) -> String {
    (0..length).map(|place| char::from(b"0123456789abcdef"[place * 7 % 16])).collect()
}

/// A token of the same length that differs in every byte.
fn other(text: &str, number: usize) -> String {
    let digit = char::from(b"ghijklmn"[number]);
    std::iter::repeat_n(digit, text.len()).collect()
}

fn set(tokens: &[String]) -> TokenSet {
    let token = |text: &String| Token::parse(text).expect("it is printable ASCII");
    let mut set = TokenSet::new(token(&tokens[0]));
    for text in &tokens[1..] {
        set = set.add_accepted(token(text)).expect("a set holds eight");
    }
    set
}
