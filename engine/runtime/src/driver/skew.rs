//! How far the clocks of hosts are from this machine's. Timelines join what they say.

use std::time::Duration;

use banister_core::plan::{Host, Transport as Reached};
use banister_core::runbook::HostName;
use chrono::Utc;
use tokio::io::AsyncReadExt as _;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Feed;
use super::ways::Ways;
use crate::ledger::ShellText;
use crate::ssh::SshSettings;
use crate::state::RunId;
use crate::transport::Transport;

/// How long a host that lets us in may take to say what time it is.
const ANSWER_TIME: Duration = Duration::from_secs(60);

/// Asks every host that is reached by ssh what time it is, all at once. Gives by how many milliseconds at least its
/// clock is ahead (or, below zero, behind), or why it did not say; in the order of `hosts`.
pub async fn skews(hosts: &[Host], ssh: &SshSettings) -> Vec<(HostName, Result<i64, String>)> {
    let over_ssh: Vec<Host> = hosts.iter().filter(|host| host.transport == Reached::Ssh).cloned().collect();
    // Masters of its own: two people may look at once.
    let ways = Ways::open(&over_ssh, RunId::random().as_str(), ssh, &Feed::default(), None);
    let mut asked = JoinSet::new();
    for (index, host) in over_ssh.iter().enumerate() {
        let (name, way) = (host.name.clone(), ways.to(host));
        asked.spawn(async move {
            let answer = timeout(ANSWER_TIME, async { skew(&*way?).await }).await;
            let late = || Err(format!("it did not answer within {} s", ANSWER_TIME.as_secs()));
            (index, name, answer.unwrap_or_else(|_| late()))
        });
    }
    let mut answers = asked.join_all().await;
    answers.sort_by_key(|(index, ..)| *index);
    if let Some(masters) = ways.masters() {
        masters.close().await;
    }
    answers.into_iter().map(|(_, name, answer)| (name, answer)).collect()
}

async fn skew(transport: &dyn Transport) -> Result<i64, String> {
    let mut script = ShellText::default();
    // The connection is made first, so that only the question itself lies between the two looks at our clock.
    script.syntax("exit\n");
    drop(transport.open(script).await.map_err(|error| error.to_string())?);
    let mut script = ShellText::default();
    script.syntax("date -u +%s\nexit\n");
    let before = Utc::now().timestamp_millis();
    let mut channel = transport.open(script).await.map_err(|error| error.to_string())?;
    let mut text = String::new();
    channel.stdout.read_to_string(&mut text).await.map_err(|error| error.to_string())?;
    let after = Utc::now().timestamp_millis();
    let seconds: i64 = text.trim().parse().map_err(|_| format!("its `date` says `{}`", text.trim()))?;
    Ok(apart(before, after, seconds))
}

/// The least difference that explains it: its clock showed a whole second, at some moment between two of ours.
fn apart(before: i64, after: i64, seconds: i64) -> i64 {
    let (first, last) = (seconds.saturating_mul(1000), seconds.saturating_mul(1000).saturating_add(999));
    if first > after {
        first - after
    } else if last < before {
        last - before
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::apart;

    #[test]
    fn only_what_cannot_be_explained_otherwise_is_a_difference() {
        let cases = [
            (10_500, 10_600, 10, 0),
            (10_500, 11_200, 11, 0),
            (10_500, 10_600, 13, 2400),
            (10_500, 10_600, 7, -2501),
            (9_999, 10_000, 10, 0),
        ];
        for (before, after, seconds, expect) in cases {
            assert_eq!(apart(before, after, seconds), expect, "{before} {after} {seconds}");
        }
    }
}
