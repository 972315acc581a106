//! What a call that is let in costs, against the number of accepted tokens and against the length of the token.

use anyhow::Result;

use super::super::cases::{ACCEPT, LENGTH, counted, float, split};
use super::super::figures::Figures;
use super::bars::whole;
use super::canvas::{Mark, svg};
use super::lines::{HEIGHT, Line, Panel, Values, WIDTH};
use super::palette::{OTHERS, OURS};
use crate::data::calls::InstructionRow;

pub(super) fn plot(figures: &Figures) -> Result<String> {
    let ours = |rows: Vec<(u32, &InstructionRow)>| Line {
        name: "ray-auth".to_owned(),
        values: Values::At(rows.into_iter().map(|(place, row)| (place, float(row.instructions))).collect()),
        colour: OURS,
        mark: Mark::Circle,
        notes: Vec::new(),
    };
    let mut lines = vec![ours(counted(&figures.instructions, ACCEPT, "token"))];
    lines.extend(figures.group(ACCEPT)?.peers().map(|peer| Line {
        name: split(&peer.case).1.to_owned(),
        values: Values::Level(float(peer.instructions)),
        colour: OTHERS,
        mark: Mark::Circle,
        notes: Vec::new(),
    }));
    let mut panels = vec![Panel {
        title: "Instructions of a call that is let in, by accepted tokens".to_owned(),
        axis: "accepted tokens; other crates (dashes) with one token".to_owned(),
        doubling: false,
        lines,
    }];
    let lengths = counted(&figures.instructions, LENGTH, "");
    if !lengths.is_empty() {
        panels.push(Panel {
            title: "Instructions of a call that is let in, by length of the token".to_owned(),
            axis: "bytes of the token; one accepted token".to_owned(),
            doubling: false,
            lines: vec![ours(lengths)],
        });
    }
    svg(WIDTH, whole(panels.iter().map(|_| HEIGHT).sum::<f64>()), |canvas| {
        let mut above = 0.0;
        for panel in &panels {
            panel.draw(canvas, above)?;
            above += HEIGHT;
        }
        Ok(())
    })
}
