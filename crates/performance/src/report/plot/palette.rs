//! Colours, from Okabe and Ito's set, which people tell apart whatever colours they see. No two that stand for different
//! things differ in colour alone: bars have names, lines have marks.

use plotters::style::RGBColor;

pub(super) const OURS: RGBColor = RGBColor(0, 114, 178);
pub(super) const OTHERS: RGBColor = RGBColor(230, 159, 0);
/// Ours, without the layers.
pub(super) const WITHOUT: RGBColor = RGBColor(110, 110, 110);
pub(super) const LIMIT: RGBColor = RGBColor(180, 40, 0);

pub(super) const PANEL: RGBColor = RGBColor(252, 252, 250);
pub(super) const EDGE: RGBColor = RGBColor(208, 215, 222);
pub(super) const GRID: RGBColor = RGBColor(228, 228, 226);
pub(super) const TEXT: RGBColor = RGBColor(31, 35, 40);
pub(super) const FAINT: RGBColor = RGBColor(89, 99, 110);
