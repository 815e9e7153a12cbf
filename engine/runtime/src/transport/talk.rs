//! One conversation with the wrapper on a host.

use std::time::Duration;

use banister_core::run::CancelReport;
use tokio::io::{AsyncReadExt as _, BufReader};
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use super::follow::Follow;
use super::{BoxFuture, Channel, OutputSink, Transport};
use crate::ledger::{Answer, AnswerReader, Clocks, LedgerPlace, RequestError, Verb, script};

/// What a wrapper said, whole or not.
pub(super) struct Talk {
    pub(super) answers: Vec<Answer>,
    /// Why it is not whole.
    pub(super) broken: Option<Broken>,
    /// How far the output was fetched meanwhile.
    pub(super) follow: Follow,
}

pub(super) enum Broken {
    /// It was never sent.
    Unsendable(RequestError),
    /// No shell could be started.
    Unreachable(String),
    /// Nor was there an ssh agent in time: why, without what to do.
    NoAgent(String),
    /// It was sent, and the answer did not come.
    Lost(String),
}

impl Broken {
    /// In one sentence; for want of an agent with what is to be done now.
    pub(super) fn why(self, then: &str) -> String {
        match self {
            Self::Unsendable(error) => error.to_string(),
            Self::NoAgent(why) => format!("{why}: {then}"),
            Self::Unreachable(why) | Self::Lost(why) => why,
        }
    }
}

/// The last word of a wrapper.
pub(super) enum Verdict {
    Revoked,
    Claimed,
    Differs,
    Running,
    Done(i32, Clocks),
    Lost(String),
    Cancelled(CancelReport),
    Refused(String),
    Account(String),
    Changed(String),
    Broken(Broken),
}

impl Talk {
    pub(super) fn broken(why: Broken) -> Self {
        Self { answers: Vec::new(), broken: Some(why), follow: Follow::default() }
    }

    pub(super) fn verdict(self) -> (Verdict, Follow) {
        let verdict = match self.broken {
            Some(broken) => Verdict::Broken(broken),
            None => Verdict::of(self.answers),
        };
        (verdict, self.follow)
    }
}

impl Verdict {
    fn of(answers: Vec<Answer>) -> Self {
        let mut alive = Vec::new();
        for answer in answers {
            match answer {
                Answer::Alive(process) => alive.push(process),
                Answer::Revoked => return Verdict::Revoked,
                Answer::Claimed => return Verdict::Claimed,
                Answer::Differs => return Verdict::Differs,
                Answer::Running => return Verdict::Running,
                Answer::Done(status, clocks) => return Verdict::Done(status, clocks),
                Answer::Lost(why) => return Verdict::Lost(why),
                Answer::Cancelled => return Verdict::Cancelled(CancelReport { alive }),
                Answer::Refused(why) => return Verdict::Refused(why),
                Answer::Account(why) => return Verdict::Account(why),
                Answer::Changed(why) => return Verdict::Changed(why),
                _ => {}
            }
        }
        Verdict::Broken(Broken::Lost("the host's answer says nothing".to_owned()))
    }
}

/// Waits for a beat that there may be, and forgets it; whether the command was seen alive.
async fn over(future: &mut Option<BoxFuture<'_, Talk>>) -> bool {
    match future {
        Some(running) => {
            let talk = running.await;
            *future = None;
            talk.answers.iter().any(|answer| matches!(answer, Answer::Running))
        }
        None => std::future::pending().await,
    }
}

/// For the beats of a talk within a talk: only a named type ends the recursion of types.
fn beat_of<'a>(
    transport: &'a dyn Transport,
    place: &'a LedgerPlace,
    dir: Option<&'a str>,
    verb: &'a Verb<'a>,
) -> BoxFuture<'a, Talk> {
    Box::pin(talk(transport, place, dir, verb, None, None))
}

/// Sends a verb and listens until the answer is whole. With a sink the output of the key is fetched meanwhile. What was
/// not sent when `before` is cancelled never is.
pub(super) async fn talk(
    transport: &dyn Transport,
    place: &LedgerPlace,
    dir: Option<&str>,
    verb: &Verb<'_>,
    mut sink: Option<&mut (dyn OutputSink + 'static)>,
    before: Option<&CancellationToken>,
) -> Talk {
    let mut talk = Talk { answers: Vec::new(), broken: None, follow: Follow::default() };
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    let channel = match script(place, dir, &nonce, verb) {
        Err(e) => Err(Broken::Unsendable(e)),
        Ok(script) => {
            let opened = match before {
                Some(over) => transport.open_before(script, over).await,
                None => transport.open(script).await,
            };
            opened.map_err(|e| if e.no_agent { Broken::NoAgent(e.why) } else { Broken::Unreachable(e.to_string()) })
        }
    };
    let Channel { stdin, stdout, mut stderr } = match channel {
        Ok(channel) => channel,
        Err(broken) => {
            talk.broken = Some(broken);
            return talk;
        }
    };
    drop(stdin);
    let mut reader = AnswerReader::new(BufReader::new(stdout), &nonce);
    let mut pulls = interval_at(Instant::now() + transport.look_every(), transport.look_every());
    pulls.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let beat_verb = match verb {
        Verb::Start { request, .. } => Some(Verb::Beat(request)),
        _ => None,
    };
    let every = Duration::from_millis(place.beat_ms.max(1));
    let mut beats = interval_at(Instant::now() + every, every);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut beat: Option<BoxFuture<'_, Talk>> = None;
    let mut complaint = Vec::new();
    let mut buffer = [0; 1024];
    let mut complaining = true;
    loop {
        tokio::select! {
            // The answer first, always: a look at the output may have to wait for a connection that is gone.
            biased;
            answer = reader.next() => match answer {
                Ok(Some(Answer::End)) => return talk,
                Ok(Some(Answer::Beat)) => {
                    if let Some(sink) = sink.as_deref_mut() {
                        sink.alive();
                    }
                }
                Ok(Some(Answer::Part(stream, bytes))) => talk.follow.came_along(stream, bytes),
                Ok(Some(answer)) => {
                    if let Answer::Key(key) = &answer {
                        talk.follow.found(key.clone());
                    }
                    talk.answers.push(answer);
                }
                Ok(None) => {
                    let said = String::from_utf8_lossy(&complaint);
                    let said = said.lines().last().map_or(String::new(), |line| format!(" ({line})"));
                    talk.broken = Some(Broken::Lost(format!("the wrapper on the host ended without an answer{said}")));
                    return talk;
                }
                Err(e) => {
                    talk.broken = Some(Broken::Lost(e.to_string()));
                    return talk;
                }
            },
            read = stderr.read(&mut buffer), if complaining => match read {
                Ok(n) if n > 0 => {
                    complaint.extend_from_slice(&buffer[..n]);
                    let surplus = complaint.len().saturating_sub(2048);
                    complaint.drain(..surplus);
                }
                _ => complaining = false,
            },
            _ = beats.tick(), if beat.is_none() => {
                beat = beat_verb.as_ref().map(|verb| beat_of(transport, place, dir, verb));
            }
            lives = over(&mut beat) => {
                if let Some(sink) = sink.as_deref_mut().filter(|_| lives) {
                    sink.alive();
                }
            }
            _ = pulls.tick(), if sink.is_some() => {
                if let Some(sink) = sink.as_deref_mut() {
                    // What cannot be read now shows at the end, when it matters.
                    let _ = talk.follow.pull(transport, sink).await;
                }
            }
        }
    }
}
