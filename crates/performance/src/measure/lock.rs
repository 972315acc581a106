//! The versions of crates, from Cargo.lock, and of Ray, from what the interop suite installs.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;

/// What the figures depend on, or are compared with.
const CRATES: [&str; 8] = ["arc-swap", "h2", "http", "hyper", "subtle", "tonic", "tonic-middleware", "tower-http"];

#[derive(Deserialize)]
struct Lock {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
}

/// The versions of those crates that are in the tree; several of one crate are all named.
pub(super) fn crates(lock: &str) -> Result<BTreeMap<String, String>> {
    let lock: Lock = toml::from_str(lock).context("Cargo.lock is not what cargo writes")?;
    let mut versions: BTreeMap<String, String> = BTreeMap::new();
    for package in lock.package.into_iter().filter(|package| CRATES.contains(&package.name.as_str())) {
        let known = versions.entry(package.name).or_default();
        if !known.is_empty() {
            known.push_str(", ");
        }
        known.push_str(&package.version);
    }
    Ok(versions)
}

/// `ray[default]==2.60.0` among lines of pip's requirements.
pub(super) fn ray(requirements: &str) -> Option<String> {
    let pins = requirements.lines().filter_map(|line| line.split_once("=="));
    pins.filter(|(name, _)| name.split('[').next() == Some("ray")).map(|(_, version)| version.trim().to_owned()).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_the_crates_that_matter() {
        let lock = "version = 4\n\n\
            [[package]]\nname = \"h2\"\nversion = \"0.4.12\"\n\n\
            [[package]]\nname = \"http\"\nversion = \"0.2.12\"\n\n\
            [[package]]\nname = \"http\"\nversion = \"1.4.0\"\ndependencies = [\"bytes\"]\n\n\
            [[package]]\nname = \"syn\"\nversion = \"2.0.0\"\n";
        let versions = crates(lock).unwrap();
        assert_eq!(versions, BTreeMap::from([("h2", "0.4.12"), ("http", "0.2.12, 1.4.0")].map(owned)));
    }

    fn owned((name, version): (&str, &str)) -> (String, String) {
        (name.to_owned(), version.to_owned())
    }

    #[test]
    fn ray_is_found_among_what_has_ray_in_its_name() {
        for (requirements, expected) in [
            ("# real Ray\nxray==1.0\nray[default]==2.60.0\ngrpcio==1.85.1\n", Some("2.60.0")),
            ("ray==2.61.0", Some("2.61.0")),
            ("raytracer==1.0\n", None),
        ] {
            assert_eq!(ray(requirements).as_deref(), expected, "{requirements}");
        }
    }
}
