//! Whether the time of the comparison tells anything about the tokens, by [dudect]'s test: what is presented is of one of
//! two classes, chosen by chance each time, and of the same length in both. Welch's t between the times of the classes
//! stays small if they cannot be told apart; beyond 4.5, on a machine that does nothing else, they can.
//!
//! `cargo bench -p ray-auth-constant-time` prints a line a pair of classes. Those that begin with `control` must be found
//! out, else nothing can be said of the others. Recorded, and no gate: what fails CI is the count of instructions in
//! `cargo bench --bench instructions`.
//!
//! [dudect]: https://eprint.iacr.org/2016/1123

use std::hint::black_box;
use std::process::ExitCode;

use dudect_bencher::ctbench::{BenchMetadata, BenchName, BenchOpts, run_benches_console};
use dudect_bencher::rand::RngExt;
use dudect_bencher::{BenchRng, Class, CtRunner};
use ray_auth::{Token, TokenSet};

/// Samples of each class.
const SAMPLES: usize = 1_000_000;

/// The same for `cargo test`, which only asks whether it works.
const FEW: usize = 1_000;

/// Comparisons in a sample: one alone is about as short as the clock's step.
const REPEATED: usize = 8;

/// Bytes of a token of Ray's form.
const LENGTH: usize = 64;

/// Different inputs of a class.
const INPUTS: usize = 256;

type Input = [u8; LENGTH];

fn main() -> ExitCode {
    let benches: [(&'static str, fn(&mut CtRunner, &mut BenchRng)); 6] = [
        ("match_against_first_byte_wrong", match_against_first_byte_wrong),
        ("match_against_random", match_against_random),
        ("first_byte_wrong_against_last_byte_wrong", first_byte_wrong_against_last_byte_wrong),
        ("first_of_eight_tokens_against_last_of_eight", first_of_eight_tokens_against_last_of_eight),
        ("last_of_eight_tokens_against_none", last_of_eight_tokens_against_none),
        ("control_a_loop_that_stops_early", control_a_loop_that_stops_early),
    ];
    let metadata = benches.map(|(name, benchfn)| BenchMetadata { name: BenchName(name), seed: None, benchfn });
    match run_benches_console(BenchOpts::default(), metadata.into()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: the results cannot be printed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn match_against_first_byte_wrong(runner: &mut CtRunner, rng: &mut BenchRng) {
    let (bytes, token) = token(rng);
    let wrong = inputs(|| with_wrong_byte(bytes, 0, rng));
    run(runner, rng, [vec![bytes; INPUTS], wrong], |presented| token.matches(presented));
}

fn match_against_random(runner: &mut CtRunner, rng: &mut BenchRng) {
    let (bytes, token) = token(rng);
    let random = inputs(|| digits(rng));
    run(runner, rng, [vec![bytes; INPUTS], random], |presented| token.matches(presented));
}

fn first_byte_wrong_against_last_byte_wrong(runner: &mut CtRunner, rng: &mut BenchRng) {
    let (bytes, token) = token(rng);
    let first = inputs(|| with_wrong_byte(bytes, 0, rng));
    let last = inputs(|| with_wrong_byte(bytes, LENGTH - 1, rng));
    run(runner, rng, [first, last], |presented| token.matches(presented));
}

fn first_of_eight_tokens_against_last_of_eight(runner: &mut CtRunner, rng: &mut BenchRng) {
    let (known, set) = eight_tokens(rng);
    let classes = [vec![known[0]; INPUTS], vec![known[TokenSet::MAX_TOKENS - 1]; INPUTS]];
    run(runner, rng, classes, |presented| set.matches(presented));
}

fn last_of_eight_tokens_against_none(runner: &mut CtRunner, rng: &mut BenchRng) {
    let (known, set) = eight_tokens(rng);
    let random = inputs(|| digits(rng));
    run(runner, rng, [vec![known[TokenSet::MAX_TOKENS - 1]; INPUTS], random], |presented| set.matches(presented));
}

fn control_a_loop_that_stops_early(runner: &mut CtRunner, rng: &mut BenchRng) {
    let bytes = digits(rng);
    let wrong = inputs(|| with_wrong_byte(bytes, 0, rng));
    run(runner, rng, [vec![bytes; INPUTS], wrong], |presented| {
        presented.iter().zip(&bytes).all(|(one, other)| black_box(one) == other)
    });
}

/// Times `compare` with inputs of the two classes in turn, as chance has it.
fn run(runner: &mut CtRunner, rng: &mut BenchRng, classes: [Vec<Input>; 2], compare: impl Fn(&[u8]) -> bool) {
    // `cargo bench` says so, `cargo test` does not.
    let samples = if std::env::args().any(|argument| argument == "--bench") { SAMPLES } else { FEW };
    // Always at the same place, so that the processor's caches know no classes either.
    let mut presented = [0; LENGTH];
    for _ in 0..2 * samples {
        let class = usize::from(rng.random::<bool>());
        presented.copy_from_slice(&classes[class][rng.random_range(0..INPUTS)]);
        let class = if class == 0 { Class::Left } else { Class::Right };
        runner.run_one(class, || (0..REPEATED).fold(false, |any, _| any | compare(black_box(&presented))));
    }
}

fn inputs(make: impl FnMut() -> Input) -> Vec<Input> {
    std::iter::repeat_with(make).take(INPUTS).collect()
}

fn digits(rng: &mut BenchRng) -> Input {
    std::array::from_fn(|_| b"0123456789abcdef"[rng.random_range(0..16)])
}

fn with_wrong_byte(mut bytes: Input, place: usize, rng: &mut BenchRng) -> Input {
    bytes[place] = b"ghijklmnopqrstuv"[rng.random_range(0..16)];
    bytes
}

fn token(rng: &mut BenchRng) -> (Input, Token) {
    let bytes = digits(rng);
    (bytes, Token::parse(bytes).expect("digits are a token"))
}

fn eight_tokens(rng: &mut BenchRng) -> (Vec<Input>, TokenSet) {
    let (first, token) = token(rng);
    let (mut known, mut set) = (vec![first], TokenSet::new(token));
    while known.len() < TokenSet::MAX_TOKENS {
        let (bytes, token) = self::token(rng);
        known.push(bytes);
        set = set.add_accepted(token).expect("a set holds eight");
    }
    (known, set)
}
