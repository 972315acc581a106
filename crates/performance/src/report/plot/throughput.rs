//! Calls a second against calls in flight, with the layers and without; and servers beside each other.

use anyhow::Result;

use super::super::table::{plural, rounded, times};
use super::bars::{self, Bar, whole};
use super::canvas::{Mark, Side, svg};
use super::lines::{HEIGHT, Line, Panel, Values, WIDTH};
use super::palette::{FAINT, OTHERS, OURS, TEXT, WITHOUT};
use crate::data::end_to_end::{Arm, Beside, EndToEnd, Load};

pub(super) fn plot(end_to_end: &EndToEnd) -> Result<String> {
    let mut kinds: Vec<&str> = Vec::new();
    for load in &end_to_end.loads {
        if !kinds.contains(&load.kind.as_str()) {
            kinds.push(&load.kind);
        }
    }
    let panels: Vec<_> = kinds.iter().map(|kind| panel(end_to_end, kind)).collect();
    let beside = beside(&end_to_end.beside_ray);
    let lines = panels.iter().map(|_| HEIGHT).sum::<f64>();
    let below = if beside.is_empty() { 0.0 } else { 68.0 + bars::height(&beside) + 20.0 };
    svg(WIDTH, whole(lines + below), |canvas| {
        let mut above = 0.0;
        for panel in &panels {
            panel.draw(canvas, above)?;
            above += HEIGHT;
        }
        if !beside.is_empty() {
            canvas.title((20.0, above + 24.0), "Calls a second of servers under one load, in one run", TEXT)?;
            canvas.text((20.0, above + 46.0), "× of the same server without tokens", 12.0, FAINT, Side::Right)?;
            bars::draw(canvas, above + 62.0, &beside)?;
        }
        Ok(())
    })
}

/// The loads of one kind on the fewest connections: one line an arm.
fn panel(end_to_end: &EndToEnd, kind: &str) -> Panel {
    let mut loads: Vec<_> = end_to_end.loads.iter().filter(|load| load.kind == kind).collect();
    let fewest = loads.iter().map(|load| load.connections).min().unwrap_or(0);
    loads.retain(|load| load.connections == fewest);
    loads.sort_by_key(|load| load.in_flight);
    let values = |arm: fn(&Load) -> &Arm| {
        Values::At(loads.iter().map(|load| (load.in_flight, arm(load).calls_per_second)).collect())
    };
    Panel {
        title: format!("Calls a second, {kind}"),
        axis: format!("calls in flight, doubling; {}; at the marks: with : without", plural(fewest, "connection")),
        doubling: true,
        lines: vec![
            Line {
                name: "without layers".to_owned(),
                values: values(|load| &load.without),
                colour: WITHOUT,
                mark: Mark::Square,
                notes: Vec::new(),
            },
            Line {
                name: "with the layers of ray-auth".to_owned(),
                values: values(|load| &load.with),
                colour: OURS,
                mark: Mark::Circle,
                notes: loads.iter().map(|load| format!("{:.3}", load.ratio.mean)).collect(),
            },
        ],
    }
}

/// Ours are known by their names, and those with tokens by what they are compared with; loads are named where there are
/// several.
fn beside(servers: &[Beside]) -> Vec<Bar> {
    let loads = |server: &Beside| (server.in_flight, server.connections);
    let several = servers.windows(2).any(|pair| loads(&pair[0]) != loads(&pair[1]));
    servers
        .iter()
        .map(|beside| {
            let rate = beside.arm.calls_per_second;
            let ratio = beside.ratio.map(|ratio| format!(" ({}×)", times(ratio.mean))).unwrap_or_default();
            let on = plural(beside.connections, "connection");
            let load = if several { format!(", {on}") } else { String::new() };
            Bar {
                name: format!("{}{load}", beside.server),
                value: rate,
                label: format!("{}{ratio}", rounded(rate)),
                colour: match (beside.server.starts_with("ours"), beside.ratio) {
                    (true, Some(_)) => OURS,
                    (true, None) => WITHOUT,
                    (false, _) => OTHERS,
                },
                limit: None,
            }
        })
        .collect()
}
