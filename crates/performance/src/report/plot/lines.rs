//! Lines over an axis, with the name of each behind its end.

use anyhow::Result;
use plotters::style::RGBColor;

use super::super::table::rounded;
use super::canvas::{Canvas, Mark, Side};
use super::palette::{FAINT, GRID, TEXT};

pub(super) const WIDTH: u32 = 880;
/// Of a panel with its title and its axis.
pub(super) const HEIGHT: f64 = 300.0;
/// Where values are drawn, from the left and from the top of a panel.
const LEFT: f64 = 80.0;
const RIGHT: f64 = 610.0;
const TOP: f64 = 52.0;
const BOTTOM: f64 = 240.0;
/// The least distance of two names behind their lines.
const APART: f64 = 17.0;
/// The least distance of two places whose numbers are written on the axis.
const NUMBERED: f64 = 44.0;
/// How many steps the upright axis has.
const STEPS: u32 = 4;

pub(super) struct Line {
    pub(super) name: String,
    /// Values by their places on the axis; one without a place is level over the whole of it.
    pub(super) values: Values,
    pub(super) colour: RGBColor,
    pub(super) mark: Mark,
    /// What is written at each value, or nothing at all.
    pub(super) notes: Vec<String>,
}

pub(super) enum Values {
    At(Vec<(u32, f64)>),
    Level(f64),
}

pub(super) struct Panel {
    pub(super) title: String,
    /// What stands below the axis.
    pub(super) axis: String,
    /// Whether places double from one to the next, rather than grow by one.
    pub(super) doubling: bool,
    pub(super) lines: Vec<Line>,
}

impl Panel {
    /// Draws it from that height on.
    pub(super) fn draw(&self, canvas: &Canvas<'_>, above: f64) -> Result<()> {
        let places = self.places();
        let most = axis_end(self.values().fold(1.0, f64::max));
        let across = |place: u32| self.across(&places, place);
        let up = |value: f64| above + BOTTOM - (BOTTOM - TOP) * value / most;

        canvas.title((20.0, above + 24.0), &self.title, TEXT)?;
        for step in 0..=STEPS {
            let value = most * f64::from(step) / f64::from(STEPS);
            canvas.line(&[(LEFT, up(value)), (RIGHT, up(value))], if step == 0 { FAINT } else { GRID }, 1)?;
            canvas.text((LEFT - 10.0, up(value)), &rounded(value), 12.0, FAINT, Side::Left)?;
        }
        for place in self.numbered(&places) {
            canvas.line(&[(across(place), above + BOTTOM), (across(place), above + BOTTOM + 5.0)], FAINT, 1)?;
            canvas.text(
                (across(place), above + BOTTOM + 16.0),
                &rounded(f64::from(place)),
                12.0,
                FAINT,
                Side::Middle,
            )?;
        }
        canvas.text(((LEFT + RIGHT) / 2.0, above + BOTTOM + 38.0), &self.axis, 12.0, FAINT, Side::Middle)?;

        let mut names = Vec::new();
        for line in &self.lines {
            let end = match &line.values {
                Values::Level(value) => {
                    canvas.dashes(LEFT, RIGHT, up(*value), line.colour)?;
                    up(*value)
                }
                Values::At(values) => {
                    let points: Vec<_> = values.iter().map(|(place, value)| (across(*place), up(*value))).collect();
                    canvas.line(&points, line.colour, 2)?;
                    for point in &points {
                        canvas.mark(*point, line.mark, line.colour)?;
                    }
                    for ((x, y), note) in points.iter().zip(&line.notes) {
                        // Below its mark, unless that is where the axis is.
                        let beside = if y + 24.0 > above + BOTTOM { y - 16.0 } else { y + 16.0 };
                        canvas.text((*x, beside), note, 11.0, line.colour, Side::Middle)?;
                    }
                    points.last().map_or(above + BOTTOM, |point| point.1)
                }
            };
            names.push((end, line));
        }
        names.sort_by(|one, other| one.0.total_cmp(&other.0));
        let heights = apart(names.iter().map(|(end, _)| *end).collect());
        for ((end, line), height) in names.into_iter().zip(heights) {
            canvas.line(&[(RIGHT + 9.0, end), (RIGHT + 17.0, height)], line.colour, 1)?;
            match line.values {
                Values::At(_) => canvas.mark((RIGHT + 23.0, height), line.mark, line.colour)?,
                Values::Level(_) => canvas.line(&[(RIGHT + 19.0, height), (RIGHT + 27.0, height)], line.colour, 2)?,
            }
            canvas.text((RIGHT + 33.0, height), &line.name, 12.0, TEXT, Side::Right)?;
        }
        Ok(())
    }

    /// All places that a value has, in order.
    fn places(&self) -> Vec<u32> {
        let at = |line: &Line| match &line.values {
            Values::At(values) => values.iter().map(|(place, _)| *place).collect(),
            Values::Level(_) => Vec::new(),
        };
        let mut places: Vec<u32> = self.lines.iter().flat_map(at).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Those whose numbers have room on the axis: the last one, and from there back what does not touch.
    fn numbered(&self, places: &[u32]) -> Vec<u32> {
        let mut numbered: Vec<u32> = Vec::new();
        for &place in places.iter().rev() {
            let room =
                numbered.last().is_none_or(|next| self.across(places, *next) - self.across(places, place) >= NUMBERED);
            if room {
                numbered.push(place);
            }
        }
        numbered
    }

    fn values(&self) -> impl Iterator<Item = f64> {
        self.lines.iter().flat_map(|line| match &line.values {
            Values::At(values) => values.iter().map(|(_, value)| *value).collect(),
            Values::Level(value) => vec![*value],
        })
    }

    fn across(&self, places: &[u32], place: u32) -> f64 {
        let scale = |place: u32| if self.doubling { f64::from(place.max(1)).log2() } else { f64::from(place) };
        let (first, last) =
            (places.first().map_or(0.0, |first| scale(*first)), places.last().map_or(1.0, |last| scale(*last)));
        let margin = 14.0;
        let part = if last > first { (scale(place) - first) / (last - first) } else { 0.5 };
        LEFT + margin + (RIGHT - LEFT - 2.0 * margin) * part
    }
}

/// The least round number that is not below: each quarter of it can be written without a fraction, or nearly.
fn axis_end(most: f64) -> f64 {
    let power = 10_f64.powi(POWERS.iter().filter(|power| **power <= most).map(|_| 1).sum::<i32>());
    [0.12, 0.16, 0.2, 0.24, 0.32, 0.4, 0.6, 0.8, 1.0]
        .into_iter()
        .map(|part| part * power)
        .find(|end| *end >= most)
        .unwrap_or(power)
}

const POWERS: [f64; 9] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8];

/// Heights in order, moved so far that no two names touch, and as a whole back to where they were.
fn apart(heights: Vec<f64>) -> Vec<f64> {
    let mut moved = heights.clone();
    let mut begin = 0;
    for at in 1..moved.len() {
        if moved[at] - moved[at - 1] >= APART {
            begin = at;
            continue;
        }
        moved[at] = moved[at - 1] + APART;
        // Half of what the last one was moved, the whole bunch goes back, as far as there is room above it.
        let room = if begin == 0 { f64::INFINITY } else { moved[begin] - moved[begin - 1] - APART };
        let back = ((moved[at] - heights[at]) / 2.0 - (heights[begin] - moved[begin])).clamp(0.0, room);
        for height in &mut moved[begin..=at] {
            *height -= back;
        }
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_order_and_their_distance() {
        for heights in [
            vec![],
            vec![10.0],
            vec![10.0, 11.0],
            vec![10.0, 10.0, 10.0, 100.0, 101.0],
            vec![5.0, 60.0, 61.0, 70.0, 71.0],
        ] {
            let moved = apart(heights.clone());
            assert_eq!(moved.len(), heights.len());
            for pair in moved.windows(2) {
                assert!(pair[1] - pair[0] >= APART - 1e-9, "{heights:?} became {moved:?}");
            }
        }
        assert_eq!(apart(vec![10.0, 200.0]), [10.0, 200.0], "those with room stay");
    }

    #[test]
    fn an_axis_ends_at_a_round_number_above_all_values() {
        for (most, end) in
            [(1818.0, 2000.0), (2340.0, 2400.0), (27_900.0, 32_000.0), (1.0, 1.2), (100.0, 120.0), (9.0, 10.0)]
        {
            assert!((axis_end(most) - end).abs() < 1e-9, "{most}: {}", axis_end(most));
        }
    }
}
