//! What an executor says of a host to which there is no way in time.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::executor::Executor;
use super::{BoxFuture, Channel, Taker, Transport, TransportError};
use crate::ledger::{LedgerPlace, ShellText, Verb};

/// A way that waits for an agent, or for an answer, for as long as it is let.
#[derive(Debug)]
struct Waits {
    for_an_agent: bool,
}

impl Transport for Waits {
    fn open(&self, _: ShellText) -> BoxFuture<'_, Result<Channel, TransportError>> {
        Box::pin(std::future::pending())
    }

    fn open_before<'a>(
        &'a self,
        script: ShellText,
        over: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Channel, TransportError>> {
        if !self.for_an_agent {
            return self.open(script);
        }
        Box::pin(async {
            over.cancelled().await;
            let why = "web-1 needs an ssh agent for a new connection, and none came within 0 s".to_owned();
            Err(TransportError { what: "cannot reach web-1 by ssh".to_owned(), why, no_agent: true })
        })
    }

    fn copy<'a>(&'a self, _: String, _: u64, _: &'a mut Taker<'_>) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn what_was_waited_for_is_the_reason() {
    for (for_an_agent, reason) in [
        (true, "web-1 needs an ssh agent for a new connection, and none came within 0 s: now this"),
        (false, "the host did not answer within 0 s"),
    ] {
        let place = LedgerPlace {
            dir: "/var/tmp".to_owned(),
            run: "7f3a".to_owned(),
            manifest: String::new(),
            expect: None,
            machine: None,
            holder: String::new(),
            grace_ms: 1_000,
            beat_ms: 10_000,
        };
        let executor = Executor::new(Arc::new(Waits { for_an_agent }), place);
        let talk = executor.answered(&Verb::List, Duration::ZERO).await;
        assert_eq!(talk.broken.map(|broken| broken.why("now this")).as_deref(), Some(reason));
    }
}
