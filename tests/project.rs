//! The project's promises about itself: what its manifests, documents and sources say of each other, so that none of them
//! rots unseen.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use toml::{Table, Value};

/// The most lines of a Rust file, its tests not counted.
const MAX_LINES: usize = 400;

/// Which modules of the library each module may import. A new module gets a row here, and a place in the order.
const LAYERS: [(&str, &[&str]); 19] = [
    ("token", &[]),
    ("mode", &[]),
    ("peer_text", &[]),
    ("grpc_timeout", &[]),
    ("reject", &[]),
    ("proto", &[]),
    ("source", &["mode", "token"]),
    ("keyring", &["source", "token"]),
    ("keyring_file", &["keyring", "source", "token"]),
    ("reload", &["keyring", "source", "token"]),
    ("tls", &["mode", "peer_text", "reload", "source"]),
    ("credential", &["reject", "token"]),
    ("verify", &["credential", "keyring", "reject", "token"]),
    ("attach", &["grpc_timeout", "keyring", "reject", "token"]),
    ("require", &["credential", "grpc_timeout", "keyring", "peer_text", "reject", "verify"]),
    ("http", &["credential", "keyring", "reject", "require", "verify"]),
    ("interceptor", &["attach", "credential", "keyring", "require", "token"]),
    ("auth", &["attach", "http", "keyring", "mode", "reload", "require", "source", "tls", "verify"]),
    ("status", &["auth", "keyring", "mode", "proto", "reject", "require", "token"]),
];

#[test]
fn every_member_states_its_rust_version_its_licence_and_the_shared_lints() {
    for (member, manifest) in members() {
        let package = table(&manifest, "package");
        let shared = |key: &str| package.get(key).is_some_and(|value| value.get("workspace").is_some());
        assert!(package.get("rust-version").is_some_and(Value::is_str), "{member}: no rust-version of its own");
        assert!(shared("license"), "{member}: license.workspace = true is missing");
        assert!(shared("edition"), "{member}: edition.workspace = true is missing");
        let lints = table(&manifest, "lints");
        assert_eq!(
            lints.get("workspace"),
            Some(&Value::Boolean(true)),
            "{member}: [lints] workspace = true is missing"
        );
    }
    assert!(read("LICENSE").contains("Apache License"));
}

#[test]
fn every_crate_is_a_member_and_those_with_tests_are_tested() {
    let root = manifest(Path::new("."));
    let workspace = table(&root, "workspace");
    let default = strings(&workspace["default-members"]);
    let listed = members();
    for folder in fs::read_dir(root_folder().join("crates")).unwrap() {
        let member = format!("crates/{}", folder.unwrap().file_name().to_string_lossy());
        assert!(listed.contains_key(&member), "{member} is no member of the workspace");
    }
    let ci = read(".ci/run");
    let sources = sources();
    for (member, manifest) in &listed {
        let tested: Vec<_> = sources
            .iter()
            .filter(|source| source.path.starts_with(&format!("{member}/")))
            .filter(|source| source.tokens.windows(2).any(|pair| pair == ["test", "]"] || pair == ["proptest", "!"]))
            .collect();
        // Tests that are nothing but models have a stage of their own: everything is built otherwise for them.
        let models = tested.iter().all(|source| source.text.contains("#![cfg(loom)]"));
        let package = table(manifest, "package")["name"].as_str().unwrap();
        let run = default.contains(member) || models && ci.contains(&format!("cargo test --locked -p {package}\n"));
        assert!(tested.is_empty() || run, "{member} has tests that neither `cargo test` nor .ci/run runs");
    }
}

#[test]
fn the_documents_agree_with_the_manifest() {
    let manifest = manifest(Path::new("."));
    let rust = table(&manifest, "package")["rust-version"].as_str().unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert!(read("CHANGELOG.md").contains(&format!("## [{version}]")), "CHANGELOG.md: no heading for {version}");
    let readme = read("README.md");
    let compatible = version.rsplit_once('.').unwrap().0;
    assert!(readme.contains(version) || readme.contains(&format!("\"{compatible}\"")), "README.md: not {version}");
    assert!(readme.contains(&format!("Rust {rust}")), "README.md: does not say Rust {rust}");
    for document in documents() {
        let text = read(&document);
        for (_, after) in text.match_indices("Rust 1.").map(|(start, found)| text.split_at(start + found.len())) {
            let minor: String = after.chars().take_while(char::is_ascii_digit).collect();
            assert_eq!(format!("1.{minor}"), rust, "{document}: another Rust version than the manifest's");
        }
    }
}

#[test]
fn the_feature_tables_agree_with_the_manifest() {
    let manifest = manifest(Path::new("."));
    let features = table(&manifest, "features");
    let default = strings(&features["default"]);
    let expected: BTreeMap<_, _> =
        features.keys().filter(|name| *name != "default").map(|name| (name.clone(), default.contains(name))).collect();
    let library: String = read("src/lib.rs")
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| format!("{}\n", line.trim()))
        .collect();
    for (document, text) in [("README.md", read("README.md")), ("src/lib.rs", library)] {
        assert_eq!(
            feature_table(&text),
            expected,
            "{document}: the table under Features is not the manifest's [features]"
        );
    }
}

#[test]
fn every_path_that_the_documents_name_exists() {
    let top: Vec<_> = fs::read_dir(root_folder())
        .unwrap()
        .map(|entry| format!("{}/", entry.unwrap().file_name().to_string_lossy()))
        .filter(|folder| !["target/", ".git/"].contains(&folder.as_str()))
        .collect();
    for document in documents() {
        let text = read(&document);
        let named = text.split('`').skip(1).step_by(2).filter(|span| top.iter().any(|folder| span.starts_with(folder)));
        for span in named.filter(|span| !span.contains([' ', '<', '*', '\n'])) {
            let (path, item) = span.split_once("::").map_or((span, None), |(path, item)| (path, Some(item)));
            assert!(root_folder().join(path).exists(), "{document} names {path}, which does not exist");
            if let Some(item) = item {
                assert!(read(path).contains(&format!("fn {item}(")), "{document} names {item}, which is not in {path}");
            }
        }
        let folder = root_folder().join(&document).parent().unwrap().to_owned();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
            let path = link.split('#').next().unwrap_or_default();
            assert!(
                path.contains(':') || folder.join(path).exists(),
                "{document} links to {link}, which does not exist"
            );
        }
    }
}

#[test]
fn every_table_of_vectors_is_json() {
    let vectors = files("tests/vectors");
    assert!(!vectors.is_empty());
    for path in vectors {
        let parsed: Result<serde_json::Value, _> = serde_json::from_str(&read(&path));
        assert!(parsed.is_ok_and(|value| value.is_object() || value.is_array()), "{path} is not JSON");
    }
}

#[test]
fn no_file_is_longer_than_it_may_be() {
    for source in sources() {
        let lines: Vec<_> = source.text.lines().collect();
        let tests = lines.windows(2).position(|pair| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod "));
        let count = tests.unwrap_or(lines.len());
        assert!(count <= MAX_LINES, "{} has {count} lines; a new concern is a new file", source.path);
    }
}

#[test]
fn no_source_holds_what_it_must_not() {
    let everywhere: [&[&str]; 5] =
        [&["unsafe"], &["todo", "!"], &["dbg", "!"], &["unimplemented", "!"], &["#", "[", "ignore"]];
    let in_the_library: [&[&str]; 4] = [&["println", "!"], &["eprintln", "!"], &["print", "!"], &["eprint", "!"]];
    for source in sources() {
        let library = source.path.starts_with("src/").then_some(in_the_library);
        for forbidden in everywhere.into_iter().chain(library.into_iter().flatten()) {
            assert!(!holds(&source.tokens, forbidden), "{} holds {}", source.path, forbidden.concat());
        }
        for word in [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")] {
            assert!(!source.text.contains(word), "{} holds {word}", source.path);
        }
    }
}

#[test]
fn lower_modules_do_not_import_upper_ones() {
    let allowed = BTreeMap::from(LAYERS);
    for source in library() {
        let module = source.path["src/".len()..].split(['/', '.']).next().unwrap();
        if module == "lib" {
            continue;
        }
        let allowed = allowed.get(module).unwrap_or_else(|| panic!("{module} has no row in LAYERS"));
        for window in source.code.windows(4).filter(|window| window[..3] == ["crate", ":", ":"]) {
            let imported = window[3].as_str();
            assert!(imported == module || allowed.contains(&imported), "{} imports {imported}", source.path);
        }
    }
    for (place, (module, imports)) in LAYERS.iter().enumerate() {
        let above = |name: &&str| LAYERS[..place].iter().any(|(upper, _)| upper == name);
        assert!(imports.iter().all(above), "{module} imports what stands below it");
    }
}

#[test]
fn the_environment_is_read_in_from_env_and_nowhere_else() {
    let before = ["from_vars", "(", "|", "name", "|", "std", ":", ":"];
    for source in library() {
        let tokens = &source.code;
        for read in (0..tokens.len()).filter(|at| tokens[*at..].starts_with(&["env".into(), ":".into(), ":".into()])) {
            let allowed = read >= before.len() && tokens[read - before.len()..read] == before;
            assert!(allowed, "{} reads the environment; give `from_vars` a lookup", source.path);
        }
    }
}

#[test]
fn there_is_one_comparison() {
    let comparing: Vec<_> = library().into_iter().filter(|source| holds(&source.code, &["ct_eq"])).collect();
    let paths: Vec<_> = comparing.iter().map(|source| source.path.as_str()).collect();
    assert_eq!(paths, ["src/token/compare.rs"]);
}

#[test]
fn what_looks_at_a_token_in_the_clear_is_listed_here() {
    // Each with why: whoever is added could compare it, print it or keep it. None of them meets what a peer presented.
    let listed = [
        "src/keyring/rules.rs",    // asks whether two tokens are the same, by the one comparison
        "src/keyring/snapshot.rs", // the same
        "src/reload/judge.rs",     // asks whether a file's token is the beginning of one that is held
        "src/source/generate.rs",  // writes a new token to its file
        "src/source/text.rs",      // writes a keyring's text
        "src/token/mod.rs",        // is the accessor
        "src/token/session.rs",    // writes what a cookie holds
        "src/token/set.rs",        // asks whether two tokens are the same, by the one comparison
    ];
    let looking: Vec<_> = library().into_iter().filter(|source| holds(&source.code, &["expose_secret"])).collect();
    let paths: Vec<_> = looking.iter().map(|source| source.path.as_str()).collect();
    assert_eq!(paths, listed);
}

/// A Rust file: its text, and its code as tokens, without comments and without what is in literals.
struct Source {
    path: String,
    text: String,
    tokens: Vec<String>,
    /// The tokens outside of test modules; none of a file that is all tests.
    code: Vec<String>,
}

impl Source {
    fn new(path: String) -> Self {
        let text = read(&path);
        let mut tokens = Vec::new();
        flatten(text.parse().unwrap_or_else(|error| panic!("{path}: {error}")), &mut tokens);
        let all_tests = path.ends_with("/tests.rs") || path.contains("/tests/");
        let code = if all_tests { Vec::new() } else { without_test_modules(&tokens) };
        Self { path, text, tokens, code }
    }
}

fn without_test_modules(tokens: &[String]) -> Vec<String> {
    let start = ["#", "[", "cfg", "(", "test", ")", "]", "mod"];
    let Some(begin) = tokens.windows(start.len()).position(|window| window == start) else { return tokens.to_vec() };
    let mut depth = 0;
    let end = tokens[begin..].iter().enumerate().skip(start.len()).find_map(|(at, token)| {
        match token.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        (depth == 0 && matches!(token.as_str(), ";" | "}")).then_some(begin + at + 1)
    });
    let rest = without_test_modules(&tokens[end.unwrap_or(tokens.len())..]);
    tokens[..begin].iter().cloned().chain(rest).collect()
}

fn flatten(stream: TokenStream, tokens: &mut Vec<String>) {
    for tree in stream {
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    proc_macro2::Delimiter::Parenthesis => ("(", ")"),
                    proc_macro2::Delimiter::Brace => ("{", "}"),
                    proc_macro2::Delimiter::Bracket => ("[", "]"),
                    proc_macro2::Delimiter::None => ("", ""),
                };
                tokens.push(open.to_owned());
                flatten(group.stream(), tokens);
                tokens.push(close.to_owned());
            }
            TokenTree::Literal(_) => tokens.push("\"\"".to_owned()),
            other => tokens.push(other.to_string()),
        }
    }
}

fn holds(tokens: &[String], wanted: &[&str]) -> bool {
    tokens.windows(wanted.len()).any(|window| window == wanted)
}

/// All of the project's Rust files.
fn sources() -> Vec<Source> {
    let folders = ["src", "crates", "tests", "benches", "examples", "interop"];
    let paths = folders.into_iter().flat_map(files).chain(["build.rs".to_owned()]);
    paths.filter(|path| path.ends_with(".rs")).map(Source::new).collect()
}

/// Those of the library.
fn library() -> Vec<Source> {
    files("src").into_iter().filter(|path| path.ends_with(".rs")).map(Source::new).collect()
}

/// The documents that people read.
fn documents() -> Vec<String> {
    let top =
        fs::read_dir(root_folder()).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    top.chain(files("docs")).filter(|path| path.ends_with(".md")).collect()
}

/// Whether each feature is a default one, by the table under the heading `Features`.
fn feature_table(text: &str) -> BTreeMap<String, bool> {
    let section = text.lines().skip_while(|line| line.trim_start_matches('#') != " Features").skip(1);
    let rows = section.take_while(|line| !line.starts_with('#')).filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        assert!(cells.len() == 5 && !cells[3].is_empty(), "not a row of feature, default and what: {row}");
        (cells[1].trim_matches('`').to_owned(), cells[2] == "yes")
    })
    .collect()
}

/// Every package of the workspace, by its folder.
fn members() -> BTreeMap<String, Table> {
    let root = manifest(Path::new("."));
    let members = strings(&table(&root, "workspace")["members"]);
    members.into_iter().chain([".".to_owned()]).map(|member| (member.clone(), manifest(Path::new(&member)))).collect()
}

fn manifest(folder: &Path) -> Table {
    read(folder.join("Cargo.toml")).parse().expect("a manifest is TOML")
}

fn table<'a>(of: &'a Table, key: &str) -> &'a Table {
    of.get(key).and_then(Value::as_table).unwrap_or_else(|| panic!("no table [{key}]"))
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Every file under a folder, as paths from the root with `/` in them.
fn files(folder: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(root_folder().join(folder)) else { return Vec::new() };
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
        .into_iter()
        .flat_map(|entry| {
            let path = format!("{folder}/{}", entry.file_name().unwrap_or_default().to_string_lossy());
            if entry.is_dir() { files(&path) } else { vec![path] }
        })
        .collect()
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root_folder().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn root_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
