//! A panel to draw on: text, bars and lines at points of it, through plotters.

use std::fmt::Display;

use anyhow::{Result, anyhow};
use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, IntoFont, RGBColor};

use super::palette::{EDGE, PANEL};

/// Where a text stands from its point, its middle at the point's height.
#[derive(Clone, Copy)]
pub(super) enum Side {
    Left,
    Middle,
    Right,
}

/// What is drawn at a value on a line.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Mark {
    Circle,
    Square,
}

pub(super) struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
}

/// An SVG of that size: its panel, and what is drawn on it.
pub(super) fn svg(width: u32, height: u32, draw: impl FnOnce(&Canvas<'_>) -> Result<()>) -> Result<String> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (width, height)).into_drawing_area();
        let canvas = Canvas { area };
        let (right, bottom) = (f64::from(width) - 1.0, f64::from(height) - 1.0);
        canvas.bar((0.0, 0.0), (right, bottom), PANEL)?;
        for (from, to) in [
            ((0.0, 0.0), (right, 0.0)),
            ((right, 0.0), (right, bottom)),
            ((right, bottom), (0.0, bottom)),
            ((0.0, bottom), (0.0, 0.0)),
        ] {
            canvas.line(&[from, to], EDGE, 1)?;
        }
        draw(&canvas)?;
        canvas.area.present().map_err(undrawn)?;
    }
    Ok(text)
}

impl Canvas<'_> {
    pub(super) fn text(&self, at: (f64, f64), text: &str, size: f64, colour: RGBColor, side: Side) -> Result<()> {
        self.write(at, text, size, FontStyle::Normal, colour, side)
    }

    pub(super) fn title(&self, at: (f64, f64), text: &str, colour: RGBColor) -> Result<()> {
        self.write(at, text, 16.0, FontStyle::Bold, colour, Side::Right)
    }

    fn write(
        &self,
        at: (f64, f64),
        text: &str,
        size: f64,
        style: FontStyle,
        colour: RGBColor,
        side: Side,
    ) -> Result<()> {
        let horizontal = match side {
            Side::Left => HPos::Right,
            Side::Middle => HPos::Center,
            Side::Right => HPos::Left,
        };
        // Plotters divides a size by 1.24 in an SVG.
        let font =
            ("sans-serif", size * 1.24, style).into_font().color(&colour).pos(Pos::new(horizontal, VPos::Center));
        self.area.draw(&Text::new(text.to_owned(), point(at), font)).map_err(undrawn)
    }

    pub(super) fn bar(&self, from: (f64, f64), to: (f64, f64), colour: RGBColor) -> Result<()> {
        self.area.draw(&Rectangle::new([point(from), point(to)], colour.filled())).map_err(undrawn)
    }

    pub(super) fn line(&self, points: &[(f64, f64)], colour: RGBColor, width: u32) -> Result<()> {
        let points: Vec<_> = points.iter().copied().map(point).collect();
        self.area.draw(&PathElement::new(points, colour.stroke_width(width))).map_err(undrawn)
    }

    /// A level line of dashes.
    pub(super) fn dashes(&self, from: f64, to: f64, y: f64, colour: RGBColor) -> Result<()> {
        let mut x = from;
        while x < to {
            self.line(&[(x, y), ((x + 7.0).min(to), y)], colour, 2)?;
            x += 12.0;
        }
        Ok(())
    }

    pub(super) fn mark(&self, (x, y): (f64, f64), mark: Mark, colour: RGBColor) -> Result<()> {
        match mark {
            Mark::Circle => self.area.draw(&Circle::new(point((x, y)), 4, colour.filled())).map_err(undrawn),
            Mark::Square => {
                let corners =
                    [(-4.0, -4.0), (4.0, -4.0), (4.0, 4.0), (-4.0, 4.0)].map(|(dx, dy)| point((x + dx, y + dy)));
                self.area.draw(&Polygon::new(corners, colour.filled())).map_err(undrawn)
            }
        }
    }
}

/// The pixel of a point; whole ones, so that edges are sharp and the bytes do not hang on how floats are printed.
fn point((x, y): (f64, f64)) -> (i32, i32) {
    #[allow(clippy::cast_possible_truncation, reason = "a panel is some hundred pixels wide")]
    let pixel = |value: f64| value.round() as i32;
    (pixel(x), pixel(y))
}

fn undrawn(error: impl Display) -> anyhow::Error {
    anyhow!("a plot cannot be drawn ({error}); this is a mistake in the report")
}
