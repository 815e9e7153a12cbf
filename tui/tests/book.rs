//! The book's page of commands names every command and every option.

use banister::cli::Cli;
use clap::CommandFactory as _;

#[test]
fn every_command_and_option_is_in_the_book() {
    let page = include_str!("../../book/src/commands.md");
    let mut missing = Vec::new();
    for command in Cli::command().get_subcommands().filter(|command| !command.is_hide_set()) {
        let name = command.get_name();
        let Some((_, rest)) = page.split_once(&format!("\n## {name}\n")) else {
            missing.push(format!("## {name}"));
            continue;
        };
        let section = rest.split("\n## ").next().unwrap_or(rest);
        for arg in command.get_arguments().filter(|arg| arg.get_id() != "help" && !arg.is_hide_set()) {
            let names = [arg.get_long().map(|l| format!("--{l}")), arg.get_short().map(|s| format!("-{s}"))];
            if names.iter().all(Option::is_none) {
                continue;
            }
            if !names.iter().flatten().any(|name| section.contains(name.as_str())) {
                missing.push(format!("{name}: {}", arg.get_id()));
            }
        }
    }
    assert!(missing.is_empty(), "not in book/src/commands.md: {missing:?}");
}
