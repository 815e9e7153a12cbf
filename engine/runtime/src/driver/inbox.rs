//! Everything that happens to a run comes through one ordered channel.

use banister_core::run::{Actor, Answer, Command, Input, Rejected};
use tokio::sync::{mpsc, oneshot};

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

/// One message to the loop: what happened, and who waits until it is durable.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) input: Box<Input>,
    pub(super) reply: Option<oneshot::Sender<Result<u64, Refusal>>>,
}

/// Sends inputs to a run. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Inbox(mpsc::Sender<Message>);

impl Inbox {
    pub(super) fn new() -> (Self, mpsc::Receiver<Message>) {
        let (sender, receiver) = mpsc::channel(ROOM);
        (Self(sender), receiver)
    }

    /// One whose inputs are all taken, and handed on.
    #[cfg(test)]
    pub(crate) fn that_takes_all() -> (Self, mpsc::Receiver<Input>) {
        let (inbox, mut messages) = Self::new();
        let (taken, inputs) = mpsc::channel(ROOM);
        tokio::spawn(async move {
            while let Some(Message { input, reply }) = messages.recv().await {
                drop(taken.send(*input).await);
                reply.map(|reply| reply.send(Ok(1)));
            }
        });
        (inbox, inputs)
    }

    /// Sends an input whose fate nobody waits for.
    ///
    /// # Errors
    /// [`Gone`] if the engine has ended.
    pub async fn send(&self, input: Input) -> Result<(), Gone> {
        self.0.send(Message { input: Box::new(input), reply: None }).await.map_err(|_| Gone)
    }

    /// Sends an input and waits until it is durable; gives the number of the run's last record then.
    ///
    /// # Errors
    /// A [`Refusal`] with its reason.
    pub async fn put(&self, input: Input) -> Result<u64, Refusal> {
        let (reply, answer) = oneshot::channel();
        let sent = self.0.send(Message { input: Box::new(input), reply: Some(reply) }).await;
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
}
