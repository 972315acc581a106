//! What the `authorization` header costs on an HTTP/2 connection, a call: bytes of the HEADERS frame of a call that is not
//! the first of its connection, and instructions of client and server; by what the client's HPACK encoder does with it.
//! Fails when the header is not sent as the documents say.
//!
//! `cargo bench --bench wire` prints a table and a summary; after `--`, `--json` prints one object instead, and words leave
//! only the senders with one of them in their name, and the one without a token. It counts instructions with valgrind's
//! callgrind. Where there is no valgrind it prints bytes only, says so, and fails if `CI` is set.
//!
//! All of a call but the allocator's work is in the instructions, this crate's layers included, over the same of a call
//! without a token between a client and a server without layers. The server's are counted alone, with a client that sends
//! what was recorded; the client's are those of whole calls without the server's. Counts of two runs differ by up to some
//! 25: maps are seeded anew with each, tokio's `select!` draws lots, and what long copies take depends on where blocks lie.
//! Senders whose counts differ by less do the same.

#[path = "support/callgrind.rs"]
mod callgrind;
#[path = "support/output.rs"]
mod output;
#[expect(dead_code, reason = "each bench has its own use for the requests")]
#[path = "support/request.rs"]
mod request;
#[path = "support/wire/mod.rs"]
mod wire;

use std::process::ExitCode;

use callgrind::{Counted, per_call};
use output::{Asked, fail};
use serde_json::json;
use wire::seen::Seen;
use wire::sender::Sender;
use wire::{connection, replay};

/// Calls of `cargo test`.
const FEW: u64 = 3;

/// Leaves out the allocator: collecting begins at the start, and each of its functions stops it for as long as it runs. Its
/// work depends on where blocks happen to lie, by some hundreds of instructions a call.
const WITHOUT_ALLOCATOR: [&str; 6] = [
    "--toggle-collect=malloc",
    "--toggle-collect=calloc",
    "--toggle-collect=realloc",
    "--toggle-collect=posix_memalign",
    "--toggle-collect=free",
    // After the others, each of which means the opposite.
    "--collect-atstart=yes",
];

/// What stands before a sender's name, for what is counted of its calls.
const WHOLE: &str = "whole calls/";
const SERVER: &str = "the server/";

fn main() -> ExitCode {
    if let Some((name, calls)) = callgrind::told() {
        return repeat(&name, calls);
    }
    let asked = match Asked::parse() {
        Ok(asked) => asked,
        Err(exit) => return exit,
    };
    let all = Seen::all();
    if let Some(broken) = wire::claims::broken(&all) {
        return fail(broken);
    }
    let seen: Vec<_> = all.iter().filter(|seen| !seen.sender.has_token() || asked.wants(seen.sender.name())).collect();
    if asked.once {
        return once(&seen);
    }
    let names: Vec<_> = seen.iter().flat_map(|seen| names(seen.sender)).collect();
    let counts = match callgrind::count(&names, &WITHOUT_ALLOCATOR) {
        Ok(Counted::All(counts)) => counts,
        Ok(Counted::NoValgrind) => return without_valgrind(&asked, &seen),
        Err(error) => return fail(&error.to_string()),
    };
    let over_first = |prefix: &str, sender: Sender| {
        let count = |sender: Sender| {
            let place = names.iter().position(|known| *known == name(prefix, sender))?;
            counts.get(place).copied()
        };
        Some(per_call(count(sender)? - count(Sender::NoToken)?))
    };
    let row = |seen: &&Seen| {
        let server = over_first(SERVER, seen.sender)?;
        let client = over_first(WHOLE, seen.sender).map(|whole| whole - server);
        Some(Row { sender: seen.sender, bytes: seen.headers_bytes(), client, server })
    };
    let Some(rows) = seen.iter().map(row).collect::<Option<Vec<_>>>() else {
        return fail("a sender's calls were not counted");
    };
    report(&asked, &rows);
    ExitCode::SUCCESS
}

/// A sender, counted.
struct Row {
    sender: Sender,
    /// Of the HEADERS frame of a call that is not the first.
    bytes: usize,
    /// Instructions of the client, if it is tonic.
    client: Option<i64>,
    server: i64,
}

fn report(asked: &Asked, rows: &[Row]) {
    if asked.json {
        let row = |row: &Row| {
            json!({
                "sender": row.sender.name(),
                "headers_bytes": row.bytes,
                "client_instructions": row.client,
                "server_instructions": row.server,
            })
        };
        println!("{}", json!({ "rows": rows.iter().map(row).collect::<Vec<_>>() }));
    } else {
        let first = rows.first().map_or(0, |row| row.bytes);
        println!("{:<28}{:>8}{:>16}{:>22}", "", "bytes of", "more than the", "instructions over it");
        println!("{:<28}{:>8}{:>16}{:>11}{:>11}", "sender", "HEADERS", "first row", "client", "server");
        for Row { sender, bytes, client, server } in rows {
            let client = client.map_or_else(|| "-".to_owned(), |client| client.to_string());
            println!("{:<28}{bytes:>8}{:>16}{client:>11}{server:>11}", sender.name(), bytes.abs_diff(first));
        }
    }
    asked.summary(&finding(rows));
}

/// What is to be learnt, with the figures of the rows that there are.
fn finding(rows: &[Row]) -> String {
    let row = |sender: Sender| rows.iter().find(|row| row.sender == sender);
    let first = row(Sender::NoToken).map_or(0, |row| row.bytes);
    match (row(Sender::NeverIndexed), row(Sender::NotMarked), row(Sender::Indexing)) {
        (Some(never), Some(not_marked), Some(indexing)) => format!(
            "tonic sends the header in {} bytes of every call, and with `dangerous_indexed` in {}; an encoder that indexes \
             sends it in {}, and spares the server {} of {} instructions",
            never.bytes - first,
            not_marked.bytes - first,
            indexing.bytes - first,
            never.server - indexing.server,
            never.server,
        ),
        _ => format!("{} senders", rows.len()),
    }
}

/// What is counted of a sender.
fn names(sender: Sender) -> Vec<String> {
    let whole = sender.is_tonic().then_some(WHOLE);
    whole.into_iter().chain([SERVER]).map(|prefix| name(prefix, sender)).collect()
}

/// As long for each sender: the arguments lie at the beginning of the stack, and what a copy takes depends on where the
/// stack lies.
fn name(prefix: &str, sender: Sender) -> String {
    format!("{prefix}{:<24}", sender.name())
}

fn repeat(name: &str, calls: u64) -> ExitCode {
    let known = Sender::ALL.into_iter().find(|sender| names(*sender).iter().any(|known| known == name));
    let Some(sender) = known else {
        return fail(&format!("{name:?} is nothing to be counted; leave this option to the bench itself"));
    };
    if name.starts_with(WHOLE) {
        connection::run(async { connection::call(sender, calls, connection::serve(sender)).await });
    } else {
        let seen = Seen::of(sender);
        replay::replay(sender, seen.first(), seen.later(), calls);
    }
    ExitCode::SUCCESS
}

/// `cargo test`: the calls of each are let in, also when they are sent anew, and nothing is counted.
fn once(seen: &[&Seen]) -> ExitCode {
    for seen in seen {
        replay::replay(seen.sender, seen.first(), seen.later(), FEW);
    }
    println!("{} senders made a few calls, uncounted", seen.len());
    ExitCode::SUCCESS
}

fn without_valgrind(asked: &Asked, seen: &[&Seen]) -> ExitCode {
    // Half of an object would be taken for a whole one.
    if !asked.json {
        println!("{:<28}{:>16}", "sender", "bytes of HEADERS");
        for seen in seen {
            println!("{:<28}{:>16}", seen.sender.name(), seen.headers_bytes());
        }
    }
    callgrind::without_valgrind("only bytes were counted")
}
