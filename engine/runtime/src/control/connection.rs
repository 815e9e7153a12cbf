//! One connection: what is asked on it, and what is told to it.

use std::time::Duration;

use banister_core::run::Actor;
use tokio::net::UnixStream;

use super::attached::{Attached, news};
use super::lines::{Line, Lines, MAX_LINE, Out};
use super::protocol::{Body, Request, Verb};
use super::server::Shared;
use super::stored::chunk;
use crate::agent::Loan;
use crate::driver::{Refusal, person};

/// How long something waits for an engine that starts up before it is told to come again.
const START: Duration = Duration::from_secs(2);

/// Serves it to its end.
pub(super) async fn connection(stream: UnixStream, shared: Shared) {
    let Ok(credentials) = stream.peer_cred() else { return };
    let uid = credentials.uid();
    // The account database may be a network away.
    let Ok(actor) = tokio::task::spawn_blocking(move || person(uid)).await else { return };
    let (reader, writer) = stream.into_split();
    let (mut lines, out) = (Lines::new(reader), Out(writer));
    let mut connection = Connection { actor, shared, out, attached: None, watch: false };
    loop {
        let line = tokio::select! {
            line = lines.next() => line,
            news = news(&mut connection.attached) => {
                let Connection { attached: Some(attached), shared, out, .. } = &mut connection else { continue };
                match attached.tell(news, shared, out).await {
                    Some(()) => continue,
                    None => return,
                }
            }
        };
        if let Line::Whole(line) = &line
            && let Ok(Request { id, verb: Verb::LendAgent {}, .. }) = Request::parse(line)
        {
            return connection.lend(id, lines).await;
        }
        let went = match line {
            Line::Whole(line) => match Request::parse(&line) {
                Ok(request) => connection.request(request).await,
                Err((id, why)) => connection.out.say(id, Body::Error { why }).await,
            },
            Line::TooLong => {
                let why = format!("the line has more than {MAX_LINE} bytes");
                connection.out.say(0, Body::Error { why }).await;
                None
            }
            Line::End => None,
        };
        if went.is_none() {
            return;
        }
    }
}

struct Connection {
    actor: Actor,
    shared: Shared,
    out: Out,
    attached: Option<Attached>,
    watch: bool,
}

impl Connection {
    /// Does what is asked and answers it; `None`: the other end is gone.
    async fn request(&mut self, Request { id, verb, .. }: Request) -> Option<()> {
        let body = match verb {
            Verb::Snapshot {} => self.shared.viewer.snapshot().await,
            Verb::Awaited {} => Body::Awaited { list: self.shared.served.feed.awaited() },
            Verb::Read { key, stream, from, most } => {
                chunk(&self.shared.served.run.out_path(), key, stream, from, most).await
            }
            Verb::Attach { after, watch, output } => {
                self.watch = watch;
                // The old place is given up first: one connection is one person.
                self.attached = None;
                let you = (self.actor.clone(), watch);
                self.attached = Some(Attached::begin(&self.shared, (id, after), you, output, &mut self.out).await?);
                return Some(());
            }
            Verb::Want { output } => {
                if let Some(attached) = &self.attached {
                    attached.want(output);
                    Body::Done { seq: self.shared.served.feed.seq() }
                } else {
                    Body::Error { why: "only who has attached is sent output".to_owned() }
                }
            }
            acting => self.act(acting).await,
        };
        self.out.say(id, body).await
    }

    /// Gives the connection away.
    async fn lend(mut self, id: u64, lines: Lines) {
        let served = &self.shared.served;
        let done = Body::Done { seq: served.feed.seq() };
        if self.attached.is_some() {
            let why = "this connection is attached: lend another one".to_owned();
            // Who does not hear it has gone.
            let _ = self.out.say(id, Body::Error { why }).await;
        } else if self.out.say(id, done).await.is_some()
            && let Some(stream) = lines.reunite(self.out)
        {
            served.lent.lend(Loan { who: self.actor, id, stream });
        }
    }

    async fn act(&self, verb: Verb) -> Body {
        if self.watch {
            return Body::read_only();
        }
        let served = &self.shared.served;
        if matches!(verb, Verb::Drain {}) && !self.actor.is_same_person(&served.operator) {
            let why = format!("only {}, who started this engine, can drain it; hold it, or abort it", served.operator);
            return Body::Rejected { name: "not_the_starter".to_owned(), why };
        }
        let mut started = served.started.clone();
        if tokio::time::timeout(START, started.wait_for(|started| *started)).await.is_err() {
            return Body::Unavailable { why: "the engine is starting: it asks hosts what they have seen".to_owned() };
        }
        let Some(input) = verb.input(self.actor.clone()) else {
            return Body::Error { why: "this is nothing that can be done".to_owned() };
        };
        let done: Result<u64, Refusal> = served.inbox.put(input).await;
        Body::of(done)
    }
}
