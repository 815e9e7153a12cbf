//! The way in for other processes: a small Unix socket for each run that goes on.
//!
//! It lies in the run's directory (0700) as `control`, mode 0600. Both sides send JSON Lines: one object and one LF.
//! A request has the protocol's version, a number of the sender's choice, and one verb with its fields:
//!
//! ```json
//! {"v":1,"id":1,"do":{"hold":{}}}
//! {"v":1,"id":2,"do":{"continue":{}}}
//! {"v":1,"id":3,"do":{"abort":{"running":"wait"}}}
//! {"v":1,"id":4,"do":{"note":{"text":"pager silenced","at":null}}}
//! {"v":1,"id":5,"do":{"decide":{"text":"we go on with two hosts"}}}
//! {"v":1,"id":6,"do":{"pen":{}}}
//! {"v":1,"id":7,"do":{"answer":{"ask":{"path":"look","number":1},"word":"continue"}}}
//! {"v":1,"id":8,"do":{"snapshot":{}}}
//! {"v":1,"id":9,"do":{"follow":{"output":true}}}
//! ```
//!
//! Every request is answered once, under its number, when what it did is on the disk:
//!
//! ```json
//! {"v":1,"id":1,"is":{"done":{"seq":17}}}
//! {"v":1,"id":1,"is":{"rejected":{"name":"already_held","why":"the run is held already"}}}
//! {"v":1,"id":8,"is":{"snapshot":{"v":1,"seq":17}}}
//! {"v":1,"id":0,"is":{"error":{"why":"the line is not a request: …"}}}
//! ```
//!
//! `follow` is answered by a snapshot and then, under the same number, by everything after it: `record` (as the journal
//! holds it), `output` (redacted bytes, base64), `notice`, `ended`. A viewer that is too slow loses output (`output_lost`)
//! and then records: it gets a fresh snapshot instead. The run never waits for it.
//!
//! Who speaks is what the kernel says about the other end of the socket; no field names a person. What it deliberately
//! does not do: it decides nothing, and it keeps nothing of a line that did not end.

mod client;
mod protocol;
mod server;
mod viewer;

pub use client::{Client, ControlError};
pub use protocol::{AnswerSaid, Body, Reply, Request, VERSION, Verb};
pub(crate) use server::serve;

#[cfg(test)]
mod tests;
