//! Every status that `banister` ends with, in one table: `--help` prints it, the book holds it, a test compares them.

use banister_core::run::ExitCode;

/// What a program ends with that was called wrongly.
pub const USAGE: ExitCode = ExitCode(64);
/// A runbook, a parameter, an inventory or an answers file that cannot be used.
pub const BAD_RUNBOOK: ExitCode = ExitCode(65);
/// No such file, run, step or runbook.
pub const NO_INPUT: ExitCode = ExitCode(66);
/// No host, or no engine, could be asked.
pub const UNAVAILABLE: ExitCode = ExitCode(69);
/// A file or socket could not be read or written.
pub const IO: ExitCode = ExitCode(74);
/// Somebody else has it: another engine holds the run, or a lab is up already.
pub const BUSY: ExitCode = ExitCode(75);
/// The operating system, or a rule of the run, does not allow it.
pub const NOT_ALLOWED: ExitCode = ExitCode(77);
/// The configuration cannot be used.
pub const CONFIG: ExitCode = ExitCode(78);
/// The front end went away, the run goes on.
pub const DETACHED: ExitCode = ExitCode(50);

/// Code and meaning, in the order they are printed. A run's own sentences stand beside its codes, in the core.
pub const TABLE: [(ExitCode, &str); 23] = [
    (ExitCode::DONE, ExitCode::DONE.meaning()),
    (ExitCode::DONE_WITH_EXCEPTIONS, ExitCode::DONE_WITH_EXCEPTIONS.meaning()),
    (ExitCode::FAILED, ExitCode::FAILED.meaning()),
    (ExitCode::UNDO_FAILED, ExitCode::UNDO_FAILED.meaning()),
    (ExitCode::UNKNOWN, ExitCode::UNKNOWN.meaning()),
    (ExitCode::JOURNAL_BROKEN, ExitCode::JOURNAL_BROKEN.meaning()),
    (ExitCode::JOURNAL_UNWRITABLE, ExitCode::JOURNAL_UNWRITABLE.meaning()),
    (ExitCode::PRECONDITION, ExitCode::PRECONDITION.meaning()),
    (ExitCode::REFUSED, ExitCode::REFUSED.meaning()),
    (ExitCode::ASK_UNAVAILABLE, ExitCode::ASK_UNAVAILABLE.meaning()),
    (ExitCode::GATE, ExitCode::GATE.meaning()),
    (ExitCode::ABORTED, ExitCode::ABORTED.meaning()),
    (DETACHED, "detached, the run or its remote steps go on"),
    (ExitCode::DRAINED, ExitCode::DRAINED.meaning()),
    (USAGE, "the command line is wrong"),
    (BAD_RUNBOOK, "a runbook, parameter, inventory or answers file cannot be used"),
    (NO_INPUT, "no such file, runbook, run or step"),
    (UNAVAILABLE, "no host, no engine and no lab could be had"),
    (ExitCode::BUG, ExitCode::BUG.meaning()),
    (IO, "a file or socket could not be read or written"),
    (BUSY, "another engine holds the run, or a lab is up already"),
    (NOT_ALLOWED, "not allowed"),
    (CONFIG, "the configuration cannot be used"),
];

/// The table as `--help` prints it.
#[must_use]
pub fn help() -> String {
    let mut text = String::from("Exit codes:\n");
    for (code, meaning) in TABLE {
        text.push_str(&format!("  {:>2}  {meaning}\n", code.0));
    }
    text
}

/// The table as the book holds it.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from("| code | meaning |\n|---:|---|\n");
    for (code, meaning) in TABLE {
        text.push_str(&format!("| {} | {meaning} |\n", code.0));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_a_run_is_in_the_table() {
        for code in ExitCode::ORDER {
            assert!(TABLE.iter().any(|(known, _)| *known == code), "{code} is missing");
        }
    }

    #[test]
    fn codes_stand_once_and_in_order() {
        assert!(TABLE.windows(2).all(|pair| pair[0].0.0 < pair[1].0.0));
    }
}
