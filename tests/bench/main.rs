//! The figures of Banister, measured side by side in one run: `tests/bench/run`.
//!
//! `figures [--page FILE] [NAME]...` prints one table and, when everything was measured, writes the book's page. It
//! ends 1 if a figure is over twice its aim. What it deliberately does not do: it is no test, and nothing in
//! `tests/run` depends on a time.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on fails")]

mod compile;
mod core;
mod disk;
mod figure;
mod journal;
mod ledger;
mod machine;
mod memory;
mod page;
mod screen;
mod ssh;
mod start;
mod watch;

use std::process::ExitCode;

use figure::{Figure, Verdict};
use machine::Machine;

/// A name people can ask for, and what measures it.
type Measure = (&'static str, fn() -> Vec<Figure>);

const ALL: &[Measure] = &[
    ("disk", disk::measure),
    ("core", core::measure),
    ("journal", journal::measure),
    ("compile", compile::measure),
    ("ledger", ledger::measure),
    ("memory", memory::measure),
    ("start", start::measure),
    ("screen", screen::measure),
    ("ssh", ssh::measure),
];

fn main() -> ExitCode {
    let mut page = None;
    let mut only: Vec<String> = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            // How the part over ssh starts itself in a lab host.
            "--inside" => {
                ssh::inside();
                return ExitCode::SUCCESS;
            }
            "--page" => page = arguments.next(),
            name if ALL.iter().any(|(known, _)| *known == name) => only.push(name.to_owned()),
            other => {
                let names: Vec<&str> = ALL.iter().map(|(name, _)| *name).collect();
                eprintln!("figures: there is no `{other}`; known are {}", names.join(", "));
                return ExitCode::from(2);
            }
        }
    }
    let mut machine = Machine::look();
    let mut figures = Vec::new();
    for (name, measure) in ALL {
        if only.is_empty() || only.iter().any(|wanted| wanted == name) {
            eprintln!("measuring: {name}");
            figures.extend(measure());
        }
    }
    machine.look_again();
    print!("{}", page::table(&machine, &figures));
    if let (Some(page), true) = (page, only.is_empty()) {
        std::fs::write(&page, page::markdown(&machine, &figures)).unwrap();
        eprintln!("written: {page}");
    }
    ExitCode::from(u8::from(figures.iter().any(|figure| figure.verdict() == Verdict::OverTwice)))
}
