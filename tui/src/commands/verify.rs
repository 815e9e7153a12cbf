//! `banister verify`: says how far a journal is whole, and with `--witnesses` what the hosts have seen of it.

use std::fmt::Write as _;

use std::path::PathBuf;

use banister_core::run::ExitCode;
use banister_core::runbook::HostName;
use banister_core::source::visible;
use banister_runtime::driver::{Feed, Testimony, testimonies};
use banister_runtime::journal::{self, Verification};

use crate::cli::VerifyArgs;
use crate::exit_code;
use crate::failure::Failure;
use crate::launch::ssh;
use crate::runtime::runtime;
use crate::{select, terminal};

pub(super) fn verify(args: &VerifyArgs) -> Result<ExitCode, Failure> {
    // A run's id has no `/` and no `.`; what has one is a file.
    if args.run.contains(['/', '.']) {
        if args.witnesses {
            let message = "witnesses are asked about a run, and this is a file";
            return Err(Failure::new(exit_code::USAGE, message).hint("give the run's id, and --state-dir"));
        }
        let verification = journal::verify(&PathBuf::from(&args.run))?;
        terminal::data(&verification.to_string())?;
        return Ok(verification.exit_code());
    }
    let run = select::run(&args.run, &args.state)?;
    let mut verification = journal::verify(&run.journal_path())?;
    // Of a journal that is broken hosts are not asked: what they say would be compared with what is not it.
    if !args.witnesses || verification.exit_code() != ExitCode::DONE {
        terminal::data(&verification.to_string())?;
        return Ok(verification.exit_code());
    }
    verification.leave_the_end_to_witnesses();
    let runtime = runtime()?;
    let said = runtime.block_on(testimonies(&run, ssh(args.ssh_config.as_deref())?, &Feed::default()))?;
    runtime.shutdown_background();
    terminal::data(&told(&verification, &said))?;
    Ok(exit(&said))
}

/// What the hosts said, one line each, and how many of them agree.
fn told(verification: &Verification, said: &[(HostName, Testimony)]) -> String {
    let mut text = verification.to_string();
    for (host, testimony) in said {
        let _ = match testimony {
            Testimony::Agrees(seq) => writeln!(text, "witness: {host} has seen record {seq}, and the journal holds it"),
            Testimony::SawNothing => writeln!(text, "witness: {host} was sent nothing"),
            Testimony::Contradicts(seq) => writeln!(
                text,
                "broken: {host} has seen record {seq}, and the journal does not hold it: records are lost, or another \
                 engine went on elsewhere"
            ),
            Testimony::NotAsked(why) => writeln!(text, "not asked: {host}: {}", visible(why)),
        };
    }
    // A host that was only looked at was sent nothing, and has nothing to say.
    let _ = match said.iter().filter(|(_, testimony)| *testimony != Testimony::SawNothing).count() {
        0 => writeln!(text, "no witness: no host was sent anything"),
        hosts => writeln!(text, "witnessed by {} of {hosts} touched hosts", agreeing(said)),
    };
    text
}

fn agreeing(said: &[(HostName, Testimony)]) -> usize {
    said.iter().filter(|(_, testimony)| matches!(testimony, Testimony::Agrees(_))).count()
}

fn exit(said: &[(HostName, Testimony)]) -> ExitCode {
    if said.iter().any(|(_, testimony)| matches!(testimony, Testimony::Contradicts(_))) {
        return ExitCode::JOURNAL_BROKEN;
    }
    let is_silent = |(_, testimony): &(HostName, Testimony)| matches!(testimony, Testimony::NotAsked(_));
    if !said.is_empty() && said.iter().all(is_silent) { exit_code::UNAVAILABLE } else { ExitCode::DONE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_were_sent_nothing_are_no_witnesses() {
        let host = |n: usize| HostName::new(format!("web-{n}")).expect("a name");
        let verification = Verification {
            path: PathBuf::new(),
            verdict: "whole".to_owned(),
            failures: Vec::new(),
            remarks: Vec::new(),
        };
        let told = |said: &[Testimony]| {
            let said: Vec<_> = (1..).zip(said).map(|(n, t)| (host(n), t.clone())).collect();
            told(&verification, &said).lines().last().unwrap_or_default().to_owned()
        };
        assert_eq!(told(&[]), "no witness: no host was sent anything");
        assert_eq!(told(&[Testimony::SawNothing]), "no witness: no host was sent anything");
        assert_eq!(told(&[Testimony::Agrees(3), Testimony::SawNothing]), "witnessed by 1 of 1 touched hosts");
        let silent = Testimony::NotAsked("no route".to_owned());
        assert_eq!(told(&[Testimony::Agrees(3), silent]), "witnessed by 1 of 2 touched hosts");
    }

    #[test]
    fn one_witness_against_it_breaks_it_and_silence_of_all_is_no_answer() {
        let host = |n: usize| HostName::new(format!("web-{n}")).expect("a name");
        let of = |said: &[Testimony]| exit(&(1..).zip(said).map(|(n, t)| (host(n), t.clone())).collect::<Vec<_>>());
        let silent = || Testimony::NotAsked("no route".to_owned());
        assert_eq!(of(&[]), ExitCode::DONE);
        assert_eq!(of(&[Testimony::Agrees(3), silent()]), ExitCode::DONE);
        assert_eq!(of(&[Testimony::Agrees(3), Testimony::Contradicts(9), silent()]), ExitCode::JOURNAL_BROKEN);
        assert_eq!(of(&[silent(), silent()]), exit_code::UNAVAILABLE);
    }
}
