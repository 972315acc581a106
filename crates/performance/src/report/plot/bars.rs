//! Bars that lie one below the other, each with its name and its value.

use anyhow::Result;
use plotters::style::RGBColor;

use super::super::cases::{Group, float, split};
use super::super::table::{count, times};
use super::canvas::{Canvas, Side, svg};
use super::palette::{FAINT, LIMIT, OTHERS, OURS, TEXT};

const WIDTH: u32 = 880;
/// Of one bar with its distance to the next.
const STEP: f64 = 27.0;
/// Where bars begin, behind their names.
const BEGIN: f64 = 345.0;
/// Where the longest ends, before its value.
const END: f64 = 735.0;

pub(super) struct Bar {
    pub(super) name: String,
    pub(super) value: f64,
    /// What is written behind it.
    pub(super) label: String,
    pub(super) colour: RGBColor,
    /// What it must not exceed.
    pub(super) limit: Option<f64>,
}

/// The cases of a group, in the order of the data, with how many times the first of ours each is.
pub(super) fn group(group: &Group<'_>, title: &str) -> Result<String> {
    let bars: Vec<_> = group
        .rows
        .iter()
        .map(|row| Bar {
            name: split(&row.case).1.to_owned(),
            value: float(row.instructions),
            label: format!("{} ({}×)", count(row.instructions), times(group.ratio(row))),
            colour: if row.peer { OTHERS } else { OURS },
            limit: row.budget.map(float),
        })
        .collect();
    let legend = 88.0 + height(&bars);
    let below =
        format!("instructions of a call over a service that does nothing; × of “{}”", split(&group.reference.case).1);
    svg(WIDTH, whole(legend + 22.0), |canvas| {
        canvas.title((20.0, 24.0), title, TEXT)?;
        canvas.text((20.0, 46.0), &below, 12.0, FAINT, Side::Right)?;
        draw(canvas, 68.0, &bars)?;
        key(canvas, BEGIN, legend, OURS, "ray-auth")?;
        if group.peers().next().is_some() {
            key(canvas, BEGIN + 110.0, legend, OTHERS, "other crates")?;
        }
        if bars.iter().any(|bar| bar.limit.is_some()) {
            canvas.line(&[(BEGIN + 246.0, legend - 7.0), (BEGIN + 246.0, legend + 7.0)], LIMIT, 3)?;
            canvas.text((BEGIN + 255.0, legend), "budget", 12.0, FAINT, Side::Right)?;
        }
        Ok(())
    })
}

pub(super) fn height(bars: &[Bar]) -> f64 {
    bars.iter().map(|_| STEP).sum()
}

/// Draws them from that height on.
pub(super) fn draw(canvas: &Canvas<'_>, top: f64, bars: &[Bar]) -> Result<()> {
    let most = bars.iter().flat_map(|bar| [Some(bar.value), bar.limit]).flatten().fold(1.0, f64::max);
    let place = |value: f64| BEGIN + (END - BEGIN) * value.max(0.0) / most;
    let mut y = top;
    for bar in bars {
        let middle = y + STEP / 2.0;
        canvas.text((BEGIN - 10.0, middle), &bar.name, 13.0, TEXT, Side::Left)?;
        canvas.bar((BEGIN, y + 4.0), (place(bar.value), y + STEP - 4.0), bar.colour)?;
        let limit = bar.limit.map(place);
        if let Some(limit) = limit {
            canvas.line(&[(limit, y + 2.0), (limit, y + STEP - 2.0)], LIMIT, 3)?;
        }
        let behind = place(bar.value).max(limit.unwrap_or(BEGIN)) + 8.0;
        canvas.text((behind, middle), &bar.label, 13.0, TEXT, Side::Right)?;
        y += STEP;
    }
    canvas.line(&[(BEGIN, top), (BEGIN, y)], FAINT, 1)
}

/// A patch of a colour, and what it stands for.
pub(super) fn key(canvas: &Canvas<'_>, x: f64, y: f64, colour: RGBColor, name: &str) -> Result<()> {
    canvas.bar((x, y - 6.0), (x + 12.0, y + 6.0), colour)?;
    canvas.text((x + 19.0, y), name, 12.0, FAINT, Side::Right)
}

/// A height in whole pixels.
pub(super) fn whole(height: f64) -> u32 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a panel is some hundred pixels high")]
    let pixels = height.ceil() as u32;
    pixels
}
