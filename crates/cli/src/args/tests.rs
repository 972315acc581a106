use std::path::Path;

use clap::{CommandFactory, Parser};

use super::Args;

#[test]
fn the_command_line_is_consistent() {
    Args::command().debug_assert();
}

/// The command lines of the tool in a line of a shell, without what the shell does with them.
fn commands(line: &str) -> Vec<Vec<&str>> {
    let words: Vec<_> = line.split_whitespace().collect();
    let starts = words.iter().enumerate().filter(|(_, word)| **word == "ray-auth").map(|(at, _)| at);
    let ends = |word: &&&str| !word.starts_with(['|', '<', '>', '&', ';', '#']);
    starts.map(|at| words[at..].iter().take_while(ends).copied().collect()).collect()
}

fn assert_parses(place: &str, line: &str) -> usize {
    let commands = commands(line);
    for command in &commands {
        let parsed = Args::try_parse_from(command);
        assert!(parsed.is_ok(), "{place}: {line}: {}", parsed.unwrap_err());
    }
    commands.len()
}

#[test]
fn the_command_lines_in_the_documents_make_sense() {
    for document in ["README.md", "docs/rotation.md", "docs/runtime-env.md", "deploy/kubernetes/README.md"] {
        let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(document);
        let text = std::fs::read_to_string(&path).unwrap();
        let shell = text.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix("sh\n"));
        let inline = text
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|span| span.starts_with("ray-auth rotate ") || span.starts_with("ray-auth secret "));
        let found: usize = shell.flat_map(str::lines).chain(inline).map(|line| assert_parses(document, line)).sum();
        assert!(found > 0, "{document} has none");
    }
}

#[test]
fn the_examples_in_the_help_make_sense() {
    let mut command = Args::command();
    command.build();
    let mut found = 0;
    let mut all = vec![&command];
    while let Some(command) = all.pop() {
        let help = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
        let examples = help.split_once("Examples:\n").map(|(_, examples)| examples).unwrap_or_default();
        // Where examples are explained, two blanks stand before that.
        let lines = examples.lines().map(|line| line.trim_start().split("  ").next().unwrap_or_default());
        found += lines.map(|line| assert_parses(command.get_name(), line)).sum::<usize>();
        all.extend(command.get_subcommands());
    }
    assert!(found > 20, "{found}");
}
