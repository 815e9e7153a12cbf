//! Everything that happens to a run comes through one ordered channel.

use banister_core::run::{Actor, Answer, Command, Input, Rejected};
use tokio::sync::{mpsc, oneshot};

use super::Snapshot;

/// How many messages may wait. Whoever sends more waits himself: an executor has finished its command by then.
const ROOM: usize = 1024;

/// The engine has ended and takes nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the engine has ended")]
pub struct Gone;

/// What became of an input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The run did not take it; nothing changed.
    #[error("{0}")]
    Rejected(Rejected),
    /// It was taken and could not be journalled: what became of it is not known before the run is resumed.
    #[error("the journal could not be written: {0}")]
    NotWritten(String),
    /// Nobody is there to take it.
    #[error("{0}")]
    Gone(Gone),
}

/// One message to the loop.
#[derive(Debug)]
pub(super) enum Message {
    /// Something happened; the answer comes when it is durable.
    Input(Box<Input>, Option<oneshot::Sender<Result<u64, Refusal>>>),
    /// Somebody wants to see how the run stands.
    Look(oneshot::Sender<Box<Snapshot>>),
}

impl Message {
    #[cfg(test)]
    pub(super) fn into_input(self) -> Option<Input> {
        match self {
            Self::Input(input, _) => Some(*input),
            Self::Look(_) => None,
        }
    }
}

/// Sends inputs to a run. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Inbox(mpsc::Sender<Message>);

impl Inbox {
    pub(super) fn new() -> (Self, mpsc::Receiver<Message>) {
        let (sender, receiver) = mpsc::channel(ROOM);
        (Self(sender), receiver)
    }

    /// Sends an input whose fate nobody waits for.
    ///
    /// # Errors
    /// [`Gone`] if the engine has ended.
    pub async fn send(&self, input: Input) -> Result<(), Gone> {
        self.0.send(Message::Input(Box::new(input), None)).await.map_err(|_| Gone)
    }

    /// Sends an input and waits until it is durable; gives the number of the run's last record then.
    ///
    /// # Errors
    /// A [`Refusal`] with its reason.
    pub async fn put(&self, input: Input) -> Result<u64, Refusal> {
        let (reply, answer) = oneshot::channel();
        let sent = self.0.send(Message::Input(Box::new(input), Some(reply))).await;
        sent.map_err(|_| Refusal::Gone(Gone))?;
        answer.await.unwrap_or(Err(Refusal::Gone(Gone)))
    }

    /// Gives a command of a person.
    ///
    /// # Errors
    /// As [`Inbox::put`].
    pub async fn command(&self, actor: Actor, command: Command) -> Result<u64, Refusal> {
        self.put(Input::Commanded { actor, command }).await
    }

    /// Gives a person's answer to an ask.
    ///
    /// # Errors
    /// As [`Inbox::put`].
    pub async fn answer(&self, actor: Actor, answer: Answer) -> Result<u64, Refusal> {
        self.put(Input::Answered { actor, answer }).await
    }

    /// How the run stands, as committed.
    ///
    /// # Errors
    /// [`Gone`] if the engine has ended.
    pub async fn look(&self) -> Result<Box<Snapshot>, Gone> {
        let (reply, answer) = oneshot::channel();
        self.0.send(Message::Look(reply)).await.map_err(|_| Gone)?;
        answer.await.map_err(|_| Gone)
    }
}
