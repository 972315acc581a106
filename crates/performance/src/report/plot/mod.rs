//! The plots, as SVG on a light panel of their own, so that they can be read on any page.

mod bars;
mod canvas;
mod lines;
mod palette;
mod throughput;
mod tokens;

use anyhow::Result;

use super::cases::{ACCEPT, ATTACH, REFUSE};
use super::figures::Figures;

/// All plots, by the names of their files.
pub(super) fn all(figures: &Figures) -> Result<Vec<(&'static str, String)>> {
    Ok(vec![
        (ATTACH, bars::group(&figures.group(ATTACH)?, "Client: a token is attached")?),
        (ACCEPT, bars::group(&figures.group(ACCEPT)?, "Server: a call is let in")?),
        (REFUSE, bars::group(&figures.group(REFUSE)?, "Server: a call is refused")?),
        ("tokens", tokens::plot(figures)?),
        ("throughput", throughput::plot(&figures.end_to_end)?),
    ])
}
