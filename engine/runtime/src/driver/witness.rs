//! What the touched hosts have seen of the journal: every command carries its head there.
//!
//! A file cannot tell that whole lines are missing from its end, nor that a torn line had been synced. A host that ran
//! a command can: it was sent after a record that no crash takes back.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use banister_core::run::Run;

use super::dispatch::Dispatcher;
use super::{DriverError, Event, Feed};
use crate::journal::JournalError;
use crate::ledger::JournalHead;

/// Asks every host that this run has touched. One that cannot be asked is said: what ran there is asked about anyway,
/// and stays unknown.
///
/// # Errors
/// [`DriverError::Witness`] if a host has seen what the journal does not hold.
pub(super) async fn ask_witnesses(
    run: &Run,
    dispatcher: &Dispatcher,
    journal: &Path,
    feed: &Feed,
) -> Result<(), DriverError> {
    let last = run.state().seq();
    for (host, answer) in dispatcher.witnesses(run).await {
        let head = match answer {
            Ok(Some(head)) => head,
            Ok(None) => continue,
            Err(why) => {
                feed.tell(&Event::Notice(format!("{host} could not be asked what it has seen of the journal: {why}")));
                continue;
            }
        };
        if head.seq > last || !is_in(journal, &head)? {
            let (run, seen) = (run.state().info().map(|info| info.run.clone()).unwrap_or_default(), head.seq);
            return Err(DriverError::Witness { run, host: host.to_string(), seen, last });
        }
    }
    Ok(())
}

/// Whether the journal holds a record with this number and hash. The caller has verified the file.
pub(super) fn is_in(journal: &Path, head: &JournalHead) -> Result<bool, JournalError> {
    let fail = |source| JournalError::Read { path: journal.to_owned(), source };
    let mut file = BufReader::new(File::open(journal).map_err(fail)?);
    let beginning = format!("{{\"v\":1,\"seq\":{},", head.seq);
    let mut line = Vec::new();
    loop {
        line.clear();
        if file.read_until(b'\n', &mut line).map_err(fail)? == 0 {
            return Ok(false);
        }
        if line.starts_with(beginning.as_bytes()) {
            let hash = line.strip_suffix(b"\n").and_then(|line| line.rsplit(|b| *b == b'\t').next());
            if hash == Some(head.hash.as_bytes()) {
                return Ok(true);
            }
        }
    }
}
