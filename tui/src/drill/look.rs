//! Checks for which a host or a ledger is looked at.

use std::process::Output;

use banister_core::drill::{Check, CheckKind, Evidence, Verdict, judge};
use banister_core::runbook::HostName;
use banister_core::source::visible;

use super::stage::Stage;

/// Judges a check while the hosts are up; nothing where they must be gone.
pub(super) fn look(check: &Check, evidence: &Evidence, stage: &Stage, run: Option<&str>) -> Option<Vec<Verdict>> {
    match &check.kind {
        CheckKind::Run { hosts, script, says } => {
            let verdict = |host: &HostName| {
                let (holds, found) = ran(stage, host, script, says.as_deref());
                Verdict { holds, name: format!("{host} {}", check.name), found }
            };
            Some(hosts.iter().map(verdict).collect())
        }
        CheckKind::JournalWitnessed => {
            let (holds, found) = witnessed(stage, run);
            Some(vec![Verdict { holds, name: check.name.clone(), found }])
        }
        _ => judge(check, evidence),
    }
}

fn ran(stage: &Stage, host: &HostName, script: &str, says: Option<&str>) -> (bool, String) {
    let output = match stage.host(host.as_str()).map(|host| host.exec(script)) {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return (false, format!("it could not be looked at: {error}")),
        Err(failure) => return (false, failure.message),
    };
    let printed = String::from_utf8_lossy(&output.stdout);
    let printed = visible(printed.trim_end_matches('\n')).to_string();
    match says {
        _ if !output.status.success() => (false, format!("{}: {}", output.status, last_line(&output))),
        Some(text) if visible(text) != printed => (false, format!("`{printed}`, not `{}`", visible(text))),
        _ => (true, printed),
    }
}

/// The program's own word for it, asked where the hosts can be reached.
fn witnessed(stage: &Stage, run: Option<&str>) -> (bool, String) {
    let Some(run) = run else { return (false, "there is no journal".to_owned()) };
    let mut command = stage.banister();
    command.args(["verify", run, "--witnesses", "--state-dir"]).arg(&stage.dir);
    match command.output() {
        Ok(output) => {
            let said = last_line(&output);
            // By all: a host that could not be asked is named, and is no reason for the program to fail.
            let mut numbers = said.split(' ').filter_map(|word| word.parse::<usize>().ok());
            let is_by_all = matches!((numbers.next(), numbers.next()), (Some(by), Some(of)) if by == of && of > 0);
            (output.status.success() && is_by_all, said)
        }
        Err(error) => (false, format!("it could not be verified: {error}")),
    }
}

fn last_line(output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let last = |text: &str| text.lines().rfind(|line| !line.trim().is_empty()).map(|line| visible(line).to_string());
    let (first, second) = if output.status.success() { (&stdout, &stderr) } else { (&stderr, &stdout) };
    last(first).or_else(|| last(second)).unwrap_or_default()
}
