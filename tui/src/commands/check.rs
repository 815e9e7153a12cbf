//! `banister check`: says everything that is wrong with runbooks.

use banister_core::plan;
use banister_core::run::ExitCode;
use banister_core::source::{Diagnostic, render_json};
use banister_runtime::settings::read_source;

use crate::cli::{CheckArgs, Format};
use crate::failure::Failure;
use crate::{compile, exit_code, terminal};

pub(super) fn check(args: &CheckArgs) -> Result<ExitCode, Failure> {
    let mut exit = ExitCode::DONE;
    for file in &args.files {
        // A file that is not there must not keep the others from being looked at.
        let source = match read_source(file) {
            Ok(source) => source,
            Err(error) => {
                let failure = Failure::from(error);
                exit = failure.exit;
                terminal::complain(&failure);
                continue;
            }
        };
        let findings = plan::check(&source);
        match args.format {
            Format::Human => {
                compile::say(&source, &findings);
                terminal::talk(&verdict(source.name(), &findings));
            }
            Format::Json => terminal::data(&render_json(&source, &findings))?,
        }
        if exit == ExitCode::DONE && findings.iter().any(Diagnostic::is_error) {
            exit = exit_code::BAD_RUNBOOK;
        }
    }
    Ok(exit)
}

/// One line a file, so that silence is never taken for success.
fn verdict(name: &str, findings: &[Diagnostic]) -> String {
    let errors = findings.iter().filter(|finding| finding.is_error()).count();
    let counted = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    match (errors, findings.len() - errors) {
        (0, 0) => format!("{name}: ok"),
        (0, warnings) => format!("{name}: ok, {}", counted(warnings, "warning")),
        (errors, 0) => format!("{name}: {}", counted(errors, "error")),
        (errors, warnings) => format!("{name}: {}, {}", counted(errors, "error"), counted(warnings, "warning")),
    }
}
