//! The tables for people.

use crate::data::scale::{CheckRow, LoadRow, RotationRow, Scale, StepRow};

/// All of them.
pub(super) fn show(scale: &Scale) -> String {
    let constants = scale
        .constants
        .iter()
        .map(|row| vec![row.name.clone(), figure(row.value), row.unit.clone(), row.source.clone()]);
    let memory = scale.memory.iter().map(|row| vec![row.what.clone(), row.bytes.to_string()]);
    let sections = [
        ("Constants", table(&["CONSTANT", "VALUE", "UNIT", "SOURCE"], constants)),
        (
            "Constants against measurements",
            table(&["CHECK", "UNIT", "MODELLED", "MEASURED", "LOW", "HIGH", "HOLDS"], scale.checks.iter().map(check)),
        ),
        ("Memory", table(&["WHAT", "BYTES"], memory)),
        ("Clusters under load", table(&LOAD, scale.loads.iter().map(load))),
        ("Rotations", table(&ROTATION, scale.rotations.iter().map(rotation))),
        ("What rotations cost", table(&COST, scale.rotations.iter().map(cost))),
        ("Steps, in seconds from the change of the Secret", table(&STEP, scale.steps.iter().map(step))),
    ];
    let built = if scale.optimized { "" } else { ", without optimizations: times are not those of the layers in use" };
    let mut text = format!("seed {}{built}\n", scale.seed);
    for (title, table) in sections {
        text.push_str(&format!("\n{title}\n\n{table}"));
    }
    text
}

fn check(row: &CheckRow) -> Vec<String> {
    let holds = if row.holds { "yes" } else { "NO" };
    let figures = [row.modelled, row.measured, row.low, row.high].map(figure);
    [row.what.clone(), row.unit.clone()].into_iter().chain(figures).chain([holds.to_owned()]).collect()
}

const LOAD: [&str; 12] = [
    "NODES",
    "CONNECTIONS",
    "CALLS/S",
    "CORE BY INSTRUCTIONS",
    "CORE MEASURED",
    "ROTATING",
    "CORES IN ALL",
    "HEADER MB/S",
    "IN ALL GB/S",
    "PROCESS KB",
    "WAITING KB",
    "CLOSING KB",
];

fn load(row: &LoadRow) -> Vec<String> {
    let percent = |part: f64| format!("{:.2}%", part * 100.0);
    let kilobytes = |bytes: u64| format!("{:.1}", bytes as f64 / 1e3);
    vec![
        row.nodes.to_string(),
        row.connections_per_node.to_string(),
        row.calls_per_second_per_node.to_string(),
        percent(row.core_share_by_instructions),
        percent(row.core_share_measured),
        percent(row.core_share_while_rotating),
        format!("{:.2}", row.cores_in_cluster),
        format!("{:.1}", row.header_bytes_per_second_per_node / 1e6),
        format!("{:.2}", row.header_bytes_per_second_in_cluster / 1e9),
        kilobytes(row.process_bytes_per_node),
        kilobytes(row.waiting_calls_bytes_per_node),
        kilobytes(row.waiting_calls_bytes_per_node_closing),
    ]
}

const ROTATION: [&str; 9] =
    ["ROTATION", "NODES", "LENGTH S", "CALLS", "FAILED", "AT CHANGES", "I1 SPARE S", "I2+I3 SPARE S", "AWAY"];

fn rotation(row: &RotationRow) -> Vec<String> {
    vec![
        row.variant.clone(),
        row.nodes.to_string(),
        format!("{:.1}", row.length_s),
        row.calls.to_string(),
        row.failed.to_string(),
        row.failed_at_changes.to_string(),
        format!("{:.1}", row.margin_accept_s),
        format!("{:.1}", row.margin_retire_s),
        row.restarted.to_string(),
    ]
}

const COST: [&str; 9] =
    ["ROTATION", "MESSAGES", "REQUESTS", "MB", "IN A SECOND", "RELOADS", "RELOAD CPU S", "ASKS", "ASK CPU S"];

fn cost(row: &RotationRow) -> Vec<String> {
    vec![
        row.variant.clone(),
        row.api_messages.to_string(),
        row.api_requests.to_string(),
        format!("{:.1}", row.api_bytes as f64 / 1e6),
        row.api_messages_in_busiest_second.to_string(),
        row.reloads.to_string(),
        format!("{:.1}", row.reload_cpu_s),
        row.asks.to_string(),
        format!("{:.1}", row.ask_cpu_s),
    ]
}

const STEP: [&str; 8] = ["ROTATION", "STEP", "BEGUN", "50%", "99%", "100%", "CONFIRMED", "ROUNDS"];

fn step(row: &StepRow) -> Vec<String> {
    let seconds = |time: f64| format!("{time:.1}");
    vec![
        row.variant.clone(),
        row.step.clone(),
        seconds(row.begun_s),
        seconds(row.half_s),
        seconds(row.nearly_all_s),
        seconds(row.all_s),
        row.confirmed_s.map_or_else(|| "-".to_owned(), seconds),
        row.rounds.to_string(),
    ]
}

/// With as many digits as it needs.
fn figure(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

/// Columns as wide as what is in them: words to the left, figures to the right.
fn table(titles: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let titles: Vec<String> = titles.iter().map(|title| (*title).to_owned()).collect();
    let rows: Vec<_> = std::iter::once(titles).chain(rows).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let cell = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
    let is_figure = |text: &str| text == "-" || text.trim_end_matches('%').parse::<f64>().is_ok();
    let layout: Vec<_> = (0..columns)
        .map(|column| {
            let width = rows.iter().map(|row| cell(row, column).chars().count()).max().unwrap_or_default();
            (width, rows.iter().skip(1).all(|row| is_figure(&cell(row, column))))
        })
        .collect();
    let line = |row: &Vec<String>| {
        let cells = layout.iter().enumerate().map(|(column, (width, right))| {
            let text = cell(row, column);
            if *right { format!("{text:>width$}") } else { format!("{text:<width$}") }
        });
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_left_and_figures_right() {
        let rows = [["a", "1"], ["long", "10.5%"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&["NAME", "N"], rows.into_iter()), "NAME      N\na         1\nlong  10.5%\n");
    }
}
