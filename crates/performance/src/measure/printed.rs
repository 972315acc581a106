//! Data that a bench prints: one JSON object among whatever else is on its standard output.

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;

/// The object that begins at the first line with a brace in front. More than one is an error, since one of them would be
/// lost.
pub(super) fn object<T: DeserializeOwned>(output: &str) -> Result<T> {
    let begin = if output.starts_with('{') { Some(0) } else { output.find("\n{").map(|before| before + 1) };
    let begin = begin.context("the bench printed no JSON object; it must, with `--json`")?;
    let mut objects = serde_json::Deserializer::from_str(&output[begin..]).into_iter::<T>();
    let object = objects.next().context("the bench printed no JSON object; it must, with `--json`")?;
    let object = object.context("what the bench printed is not of the shape in crates/performance/src/data")?;
    let rest = &output[begin + objects.byte_offset()..];
    ensure!(!rest.lines().any(|line| line.starts_with('{')), "the bench printed two JSON objects; it must print one");
    Ok(object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::calls::Instructions;

    #[test]
    fn the_object_is_found_in_one_line_and_in_many_between_other_lines() {
        for output in [
            include_str!("../../tests/data/output/instructions.txt").to_owned(),
            include_str!("../../tests/data/instructions.json").to_owned(),
            format!("running\n{}ok\n", include_str!("../../tests/data/instructions.json")),
        ] {
            let instructions: Instructions = object(&output).unwrap();
            assert!(instructions.rows.iter().any(|row| row.case.starts_with("attach/") && row.peer), "{output}");
        }
    }

    #[test]
    fn what_is_no_object_of_that_shape_or_more_than_one_is_refused() {
        for (output, why) in [
            ("", "no JSON object"),
            ("all done\n", "no JSON object"),
            ("{\"rows\": []}\n", "shape"),
            ("{\"rows\": [], \"comparison\": []}\n{\"rows\": [], \"comparison\": []}\n", "two JSON objects"),
        ] {
            let error = object::<Instructions>(output).unwrap_err();
            assert!(format!("{error:#}").contains(why), "{output}: {error:#}");
        }
    }
}
