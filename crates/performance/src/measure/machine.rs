//! On what and with what is measured: nothing that tells whose machine it is.

use std::fs;

use anyhow::{Context, Result};

use super::command::Invocation;
use super::lock;
use super::tree::Tree;
use crate::data::machine::Machine;

pub(super) fn look(tree: &Tree) -> Result<Machine> {
    let read =
        |path: &str| fs::read_to_string(path).with_context(|| format!("{path} cannot be read; measure on Linux"));
    let cpuinfo = read("/proc/cpuinfo")?;
    let print = |program: &str, arguments: &[&str]| {
        let output = Invocation::new(tree, program, arguments).output()?;
        anyhow::Ok(output.trim().to_owned())
    };
    let mut versions =
        lock::crates(&fs::read_to_string(tree.root.join("Cargo.lock")).context("there is no Cargo.lock")?)?;
    let requirements = fs::read_to_string(tree.root.join("interop/requirements.txt"));
    let requirements = requirements.context("interop/requirements.txt cannot be read")?;
    let ray = lock::ray(&requirements).context("interop/requirements.txt pins no ray; it must, with `==`")?;
    versions.insert("Ray".to_owned(), ray);
    Ok(Machine {
        date: print("date", &["-u", "+%F"])?,
        processor: processor(&cpuinfo),
        cores: cores(&cpuinfo),
        memory_gib: memory_gib(&read("/proc/meminfo")?).context("/proc/meminfo tells no MemTotal")?,
        // Without what whoever built it calls it.
        kernel: print("uname", &["-r"])?.split('-').next().unwrap_or_default().to_owned(),
        rustc: print("rustc", &["--version"])?,
        valgrind: print("valgrind", &["--version"])?.trim_start_matches("valgrind-").to_owned(),
        versions,
    })
}

/// As Linux names it on x86-64; other processors tell no name there.
fn processor(cpuinfo: &str) -> String {
    fields(cpuinfo, "model name").next().unwrap_or("not told by the system").to_owned()
}

fn cores(cpuinfo: &str) -> u32 {
    fields(cpuinfo, "processor").map(|_| 1).sum()
}

/// In whole GiB, rounded: the kernel keeps some of what is built in.
fn memory_gib(meminfo: &str) -> Option<u32> {
    const KIB: u64 = 1024 * 1024;
    let kib: u64 = fields(meminfo, "MemTotal").next()?.strip_suffix(" kB")?.parse().ok()?;
    u32::try_from((kib + KIB / 2) / KIB).ok()
}

fn fields<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs.filter(move |(key, _)| key.trim() == name).map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_its_cores_and_the_memory_are_read_as_linux_writes_them() {
        let cpuinfo = "processor\t: 0\nmodel name\t: AMD EPYC\n\nprocessor\t: 1\nmodel name\t: AMD EPYC\n";
        assert_eq!((processor(cpuinfo).as_str(), cores(cpuinfo)), ("AMD EPYC", 2));
        let arm = "processor\t: 0\nCPU part\t: 0xd40\n";
        assert_eq!((processor(arm).as_str(), cores(arm)), ("not told by the system", 1));
        assert_eq!(memory_gib("MemTotal:       24575380 kB\nMemFree:        1 kB\n"), Some(23));
        assert_eq!(memory_gib("MemFree: 1 kB\n"), None);
    }
}
