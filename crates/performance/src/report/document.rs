//! The document: its sections in their order.

use anyhow::Result;

use super::figures::Figures;
use super::{
    allocations, beside_ray, budgets, constant_time, end_to_end, headline, intro, machine, meaning, overhead, scale,
    threads, tokens, wire,
};

/// What `docs/performance.md` must hold.
pub(super) fn text(figures: &Figures) -> Result<String> {
    let sections = [
        intro::text(),
        machine::text(&figures.machine),
        headline::text(figures)?,
        budgets::text(figures),
        allocations::text(&figures.allocations),
        tokens::text(figures),
        overhead::text(&figures.overhead),
        threads::text(&figures.threads),
        wire::text(&figures.wire),
        constant_time::text(&figures.instructions, &figures.constant_time),
        end_to_end::text(&figures.end_to_end),
        beside_ray::text(&figures.end_to_end),
        scale::text(&figures.scale),
        intro::anew(),
        meaning::text(),
    ];
    let mut text = sections
        .iter()
        .map(|section| section.trim())
        .filter(|section| !section.is_empty())
        .collect::<Vec<_>>()
        .join("\n\n");
    text.push('\n');
    Ok(text)
}
