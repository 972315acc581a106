//! The section on whole clusters: what the layers cost there, and what a rotation is like.

mod checks;
mod conclusion;
mod load;
mod rotation;

use super::table::rounded;
use crate::data::scale::Scale;

pub(super) fn text(scale: &Scale) -> String {
    let built = if scale.optimized {
        ""
    } else {
        "**It was built without optimizations: the times are not those of the layers in use.**\n\n"
    };
    let sections = [conclusion::text(scale), load::text(scale), checks::text(scale), rotation::text(scale)];
    format!(
        "## Whole clusters\n\nOn paper and by simulation: nobody had so many machines. The model counts what the layers do in one call, and\n\
         takes it as often as there are calls, connections and nodes; the simulation lets each node find a change of a shared\n\
         Secret as a kubelet would. What both are made of was measured, is what Kubernetes documents, or is marked as assumed.\n\n\
         {built}{}",
        sections.join("\n")
    )
}

/// With as many digits as it needs.
fn figure(value: f64) -> String {
    if value.fract() == 0.0 { rounded(value) } else { format!("{value:.2}") }
}

/// A part of one core.
fn percent(part: f64) -> String {
    format!("{:.2}%", part * 100.0)
}

/// Bytes with the unit that suits them.
fn bytes(bytes: f64) -> String {
    let units = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    let unit = units.into_iter().find(|(size, _)| bytes >= *size);
    unit.map_or_else(|| format!("{bytes:.0} B"), |(size, name)| format!("{:.1} {name}", bytes / size))
}

/// A size for arithmetic: what a model says of memory is not exact to the byte.
#[allow(clippy::cast_precision_loss, reason = "as exact as it is shown")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_the_unit_that_suits_them() {
        for (size, expected) in [
            (0.0, "0 B"),
            (999.0, "999 B"),
            (2_952.0, "3.0 kB"),
            (6.1e6, "6.1 MB"),
            (61e9, "61.0 GB"),
            (2e12, "2.0 TB"),
        ] {
            assert_eq!(bytes(size), expected);
        }
        assert_eq!((figure(10_000.0).as_str(), figure(0.3).as_str()), ("10,000", "0.30"));
    }
}
