//! The headline: what a call costs with us and with others, as ratios; on the page and in the README.

use anyhow::Result;

use super::cases::{ACCEPT, ATTACH, Group, REFUSE, split};
use super::figures::Figures;
use super::table::{Table, count, interval, or_none, plural, times};
use crate::data::calls::InstructionRow;
use crate::data::end_to_end::{EndToEnd, Load};

/// The load that is told of first, and that has the budget.
pub(super) const IN_FLIGHT: u32 = 64;

/// What is done with a call in each group that others do as well.
const DONE: [(&str, &str); 3] = [
    (ATTACH, "gets its token on the client"),
    (ACCEPT, "is let in by the server"),
    (REFUSE, "is refused by the server"),
];

pub(super) fn text(figures: &Figures) -> Result<String> {
    let mut text = format!("## Beside others\n\n{}\n{}", table(figures)?, sentence());
    for (group, done) in DONE {
        let group = figures.group(group)?;
        text.push_str(&format!(
            "\nA call {done} for {} instructions (`{}`).{}\n\n![Instructions of a call that {done}, ours and others](performance/{}.svg)\n",
            count(group.reference.instructions),
            group.reference.case,
            range(&group),
            group.name,
        ));
    }
    Ok(text)
}

/// The block in the README.
pub(super) fn short(figures: &Figures) -> Result<String> {
    let mut text = format!("{}\n{}", table(figures)?, sentence());
    if let Some(load) = judged(&figures.end_to_end) {
        text.push_str(&format!(
            "\nOver loopback, with {} unary calls in flight on {} and a handler that does next to nothing, a server and\n\
             a client with the layers do {} times the calls a second of the same without them\n\
             (95% interval over {} pairs).",
            load.in_flight,
            plural(load.connections, "connection"),
            interval(load.ratio),
            load.pairs,
        ));
        let lowest = figures.end_to_end.loads.iter().min_by(|one, other| one.ratio.mean.total_cmp(&other.ratio.mean));
        if let Some(lowest) = lowest {
            text.push_str(&format!(
                " Of all loads that were measured, the lowest is {} with {} {} calls\non {}.\n",
                interval(lowest.ratio),
                lowest.in_flight,
                lowest.kind,
                plural(lowest.connections, "connection"),
            ));
        }
    }
    text.push_str(
        "\n[docs/performance.md](docs/performance.md) says how this was measured, and what it does not say.\n",
    );
    Ok(text)
}

/// The load that the budget is about: unary calls on the fewest connections.
pub(super) fn judged(end_to_end: &EndToEnd) -> Option<&Load> {
    let loads = end_to_end.loads.iter().filter(|load| load.kind == "unary" && load.in_flight == IN_FLIGHT);
    loads.min_by_key(|load| load.connections)
}

fn table(figures: &Figures) -> Result<String> {
    let mut table = Table::new(&["a call that", " with", "instructions, ours = 1", "allocations"]);
    for (group, done) in DONE {
        let group = figures.group(group)?;
        let row = |row: &InstructionRow, done: &str, who: &str| {
            let allocations = or_none(figures.allocations_of(&row.case));
            [done.to_owned(), who.to_owned(), times(group.ratio(row)), allocations]
        };
        table.row(row(group.reference, done, "**ray-auth**"));
        for peer in group.peers() {
            table.row(row(peer, "", split(&peer.case).1));
        }
    }
    Ok(table.text())
}

fn sentence() -> &'static str {
    "What a call costs more than the same call to a service that does nothing: instructions, counted by callgrind.\n"
}

fn range(group: &Group<'_>) -> String {
    let ratios: Vec<_> = group.peers().map(|peer| group.ratio(peer)).collect();
    let least = ratios.iter().copied().reduce(f64::min);
    let most = ratios.iter().copied().reduce(f64::max);
    match (least, most) {
        (Some(least), Some(most)) if ratios.len() > 1 => {
            format!(" Others take {} to {} times as many.", times(least), times(most))
        }
        (Some(ratio), _) => format!(" The other one takes {} times as many.", times(ratio)),
        _ => String::new(),
    }
}
