//! On what and with what it was measured.

use super::table::{Table, plural};
use crate::data::machine::Machine;

pub(super) fn text(machine: &Machine) -> String {
    let mut table = Table::new(&["", " "]);
    let memory = format!("{} GiB", machine.memory_gib);
    let cores = plural(machine.cores, "core");
    for (what, value) in [
        ("day", machine.date.as_str()),
        ("processor", &format!("{}, {cores}", machine.processor)),
        ("memory", &memory),
        ("Linux", &machine.kernel),
        ("compiler", &machine.rustc),
        ("valgrind", &machine.valgrind),
    ] {
        table.row([what, value]);
    }
    for (name, version) in &machine.versions {
        table.row([name, version]);
    }
    format!("## The machine and the versions\n\n{}", table.text())
}
