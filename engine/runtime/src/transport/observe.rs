//! Reading commands: no ledger, killed whole when our side lets go.

use std::time::Duration;

use banister_core::run::{CancelReport, Ended, ExecuteRequest, NotStartedReason, Report, UnknownReason};
use tokio::io::AsyncReadExt as _;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::executor::{Context, Finished, Stop, exit_of};
use super::splitter::Splitter;
use super::talk::Broken;
use super::{Transport, account};
use crate::agent::lending;
use crate::ledger::{LedgerPlace, Verb, script};
use crate::output::StreamKind;

/// How long after a kill the wrapper may take to report, beyond its grace.
const REPORT_TIME: Duration = Duration::from_secs(20);
/// Bytes that are read of a stream at once: of most commands little comes, and many run at the same time. A stream that
/// gives so much at once is read in larger pieces.
const LITTLE: usize = 4 * 1024;
const MUCH: usize = 64 * 1024;

/// Runs one to its end, its deadline or its cancel.
pub(super) async fn observe(
    transport: &dyn Transport,
    place: &LedgerPlace,
    request: &ExecuteRequest,
    context: Context,
    mut stop: watch::Receiver<Stop>,
    over: &CancellationToken,
) -> Finished {
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    let verb = Verb::Observe { request, secrets: &*context.secrets };
    let script = match script(place, None, &nonce, &verb) {
        Ok(script) => script,
        Err(e) => return Report::NotStarted(e.into()).into(),
    };
    let started = Instant::now();
    let channel = match transport.open_before(script, over).await {
        Ok(channel) => channel,
        Err(e) if e.no_agent => {
            let why = Broken::NoAgent(e.why).why(&lending("retry"));
            return Report::NotStarted(NotStartedReason::NoAgent { why }).into();
        }
        Err(e) => return Report::NotStarted(NotStartedReason::Unreachable { why: e.to_string() }).into(),
    };
    let mut sink = context.sink;
    let mut stdin = Some(channel.stdin);
    let (mut stdout, mut stderr) = (channel.stdout, channel.stderr);
    let mut splitters = [Splitter::new(&nonce), Splitter::new(&nonce)];
    let (mut out_open, mut err_open) = (true, true);
    let mut buffers = [vec![0u8; LITTLE], vec![0u8; LITTLE]];
    let mut deadline = request.kill_after_ms.map(|ms| started + Duration::from_millis(ms));
    while (out_open && !splitters[0].is_over()) || (err_open && splitters[1].body().is_none()) {
        let [out_buffer, err_buffer] = &mut buffers;
        let (index, kind, read) = tokio::select! {
            read = stdout.read(out_buffer), if out_open => (0, StreamKind::Stdout, read),
            read = stderr.read(err_buffer), if err_open => (1, StreamKind::Stderr, read),
            () = until(deadline) => {
                if stdin.take().is_none() {
                    break;
                }
                deadline = Some(Instant::now() + Duration::from_millis(place.grace_ms) + REPORT_TIME);
                continue;
            }
            _ = stop.wait_for(|s| *s != Stop::No), if stdin.is_some() => {
                stdin = None;
                deadline = Some(Instant::now() + Duration::from_millis(place.grace_ms) + REPORT_TIME);
                continue;
            }
        };
        let buffer = &mut buffers[index];
        match read {
            Ok(n) if n > 0 => {
                splitters[index].push(&buffer[..n], |printed| sink.take(kind, printed));
                if n == buffer.len() {
                    buffer.resize(MUCH, 0);
                }
            }
            _ if index == 0 => out_open = false,
            _ => err_open = false,
        }
    }
    let killed = stdin.is_none();
    drop(stdin);
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let Some(body) = splitters[1].body() else {
        return Report::Unknown(UnknownReason::Lost {
            why: if killed {
                "it was killed, and the host did not confirm it"
            } else {
                "its connection ended before it did"
            }
            .to_owned(),
        })
        .into();
    };
    let mut lines = body.lines();
    let (word, rest) = lines.next().and_then(|l| l.split_once(' ')).unwrap_or(("", ""));
    match word {
        _ if killed && word == "exit" => {
            Report::Cancelled(CancelReport { alive: lines.map(str::to_owned).collect() }).into()
        }
        "exit" => match rest.parse() {
            Ok(status) => {
                let (stdout, stderr) = sink.finish();
                Report::Ended(Box::new(Ended { exit: exit_of(status), took_ms, stdout, stderr })).into()
            }
            Err(_) => Report::Unknown(UnknownReason::Lost { why: format!("its status reads `{rest}`") }).into(),
        },
        "account" => {
            let name = request.command.account.as_deref().unwrap_or("");
            Report::NotStarted(NotStartedReason::Account { why: account::refusal(name, rest) }).into()
        }
        _ => Report::NotStarted(NotStartedReason::Refused { why: rest.to_owned() }).into(),
    }
}

pub(super) async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
