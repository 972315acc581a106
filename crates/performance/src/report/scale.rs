//! The section on whole clusters: the place for what `scale.json` says. It is not rendered yet.

use std::path::Path;

use anyhow::Result;

/// The section, with its heading; empty, and then left out, until there is one.
///
/// It reads its own data (`figures::read(root, Measurement::Scale)`), so that the report does without them until then.
#[allow(clippy::unnecessary_wraps, reason = "reading the data can fail")]
pub(super) fn text(_root: &Path) -> Result<String> {
    Ok(String::new())
}
