//! The ledger of a host: what makes a command there happen at most once, and its outcome known.
//!
//! One POSIX `sh` script (`wrapper.sh`) does everything on the host; this module speaks with it. A key is one directory
//! (`mkdir` is the fence), and whether its command ever starts is decided once by the kernel, either way: **asking is
//! claiming**. The states are claimed, started, done with a status, cancelled, lost, revoked.
//!
//! **What is sent, and where it goes.** Script and request go over standard input: nothing of a request is in the
//! wrapper's arguments or environment. A step's script becomes an argument of the shell that runs it (`sh -c`), which
//! others on the host can read; secrets cannot stand in it. They reach only the command's environment or its standard
//! input, out of the wrapper's memory, and no file. What the command prints lies unredacted in the ledger's directory
//! (0700) until it is cleaned.
//!
//! **Limits.** The key covers the start, not half of an effect. A child that left session, process tree and environment
//! behind is not found by a cancel. A status above 128 is read as a signal, as every shell does: `exit 137` looks the
//! same as a kill.
//!
//! **One run has a host.** A ledger's preflight takes the host for its run, or says which run has it; a start and a cancel
//! of a run that does not have the host are refused. What is taken over was said by a person, and comes with the request.
//!
//! What this module deliberately does not do: it never tries twice, it judges nothing, and it waits for no lock.

mod answer;
mod entry;
mod quote;
mod request;

pub use answer::{Answer, AnswerReader, Clocks};
pub use entry::LedgerEntry;
pub use quote::{NulError, ShellText};
pub use request::{JournalHead, LedgerPlace, RequestError, SecretSource, Verb, script};

#[cfg(test)]
pub(crate) use tests::{shells, with_stdin};

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Output, Stdio};

    /// Every shell the wrapper must run under, as far as this machine has them.
    pub(crate) fn shells() -> Vec<Vec<&'static str>> {
        let all = [vec!["dash"], vec!["bash"], vec!["busybox", "ash"]];
        let here = |shell: &Vec<&str>| {
            let found = std::env::split_paths(&std::env::var_os("PATH").unwrap()).any(|d| d.join(shell[0]).exists());
            let required = std::env::var_os("BANISTER_LAB").is_some_and(|v| v == "required");
            assert!(found || !required, "{} is missing", shell[0]);
            if !found {
                eprintln!("skipped: {} is not installed", shell[0]);
            }
            found
        };
        all.into_iter().filter(here).collect()
    }

    /// Runs a command to its end with something to read.
    pub(crate) fn with_stdin(command: &mut Command, input: &[u8]) -> Output {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        child.wait_with_output().unwrap()
    }
}
