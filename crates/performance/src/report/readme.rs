//! The block in the README that the report writes, between two comments.

use std::fs;
use std::path::Path;

use anyhow::{Result, anyhow, bail};

use super::figures::Figures;
use super::headline;

pub(super) const PATH: &str = "README.md";
const BEGIN: &str = "<!-- performance: begin -->";
const END: &str = "<!-- performance: end -->";

/// The README with the block that the figures give, and all else as it is.
pub(super) fn text(root: &Path, figures: &Figures) -> Result<String> {
    let text = fs::read_to_string(root.join(PATH)).map_err(|error| {
        anyhow!("{PATH} cannot be read ({error}); run this in the project, or name that with --root")
    })?;
    replace(&text, &headline::short(figures)?)
}

fn replace(text: &str, block: &str) -> Result<String> {
    let parts = text.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        (!after.contains(BEGIN) && !after.contains(END)).then_some((before, after))
    });
    let Some((before, after)) = parts else {
        bail!(
            "{PATH} has no place for the table; put one line `{BEGIN}` and below it one line `{END}` where it belongs"
        );
    };
    Ok(format!("{before}{BEGIN}\n{}\n{END}{after}", block.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_comments_is_replaced() {
        let old = format!("above\n\n{BEGIN}\nold\n\nlines\n{END}\n\nbelow\n");
        let new = replace(&old, "new\n").unwrap();
        assert_eq!(new, format!("above\n\n{BEGIN}\nnew\n{END}\n\nbelow\n"));
        assert_eq!(replace(&new, "new\n").unwrap(), new, "twice is as once");
    }

    #[test]
    fn a_readme_without_one_place_for_the_block_is_an_error() {
        let pair = format!("{BEGIN}\n{END}\n");
        for text in ["", "text\n", BEGIN, END, &format!("{END}\n{BEGIN}\n"), &format!("{pair}{pair}")] {
            let error = replace(text, "new\n").unwrap_err().to_string();
            assert!(error.contains(BEGIN) && error.contains(END), "{text}: {error}");
        }
    }
}
