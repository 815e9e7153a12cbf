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
//! {"v":1,"id":9,"do":{"attach":{"after":0,"watch":false,"output":{"all":{}}}}}
//! {"v":1,"id":10,"do":{"want":{"output":{"step":{"path":"restart/@web-2/stop","host":null}}}}}
//! {"v":1,"id":11,"do":{"read":{"key":{"run":"5f0c","path":"look","host":"web-2","purpose":"main","attempt":1},"stream":"stdout","from":null,"most":4096}}}
//! {"v":1,"id":12,"do":{"drain":{}}}
//! {"v":1,"id":13,"do":{"lend_agent":{}}}
//! {"v":1,"id":14,"do":{"awaited":{}}}
//! ```
//!
//! Every request is answered once, under its number, when what it did is on the disk:
//!
//! ```json
//! {"v":1,"id":1,"is":{"done":{"seq":17}}}
//! {"v":1,"id":1,"is":{"rejected":{"name":"already_held","why":"the run is held already"}}}
//! {"v":1,"id":8,"is":{"snapshot":{"v":1,"seq":17}}}
//! {"v":1,"id":11,"is":{"chunk":{"from":0,"total":6,"bytes":"aGVsbG8K"}}}
//! {"v":1,"id":14,"is":{"awaited":{"list":[{"since":"2026-11-22T02:59:10.034Z","kind":{"ask":{"path":"look","kind":"pause"}}}]}}}
//! {"v":1,"id":0,"is":{"error":{"why":"the line is not a request: …"}}}
//! {"v":1,"id":3,"is":{"unavailable":{"why":"the engine has ended"}}}
//! ```
//!
//! `attach` is answered by `welcome` (what runs, who is speaking) and then, under the same number, by every `record` after
//! the one that is known, as the journal holds it, and from there on by everything as it happens: `record`, `output`
//! (redacted bytes, base64), `alive`, `pulses` (once a second,
//! of everything that printed something, whatever output is wanted), `present`, `notice`, `ended`. Nothing falls between and nothing comes twice. A viewer
//! that is too slow loses output (`output_lost`); the records it was too slow for are read from the journal when it takes
//! something again. The run never waits for it. An engine that goes without `ended` was killed.
//!
//! A connection that sends `lend_agent` is lent for [`crate::agent`]: after `use` it carries bytes and no more lines.
//!
//! Who speaks is what the kernel says about the other end of the socket; no field names a person. What it deliberately
//! does not do: it decides nothing, and it keeps nothing of a line that did not end.

mod attached;
mod client;
mod connection;
mod lines;
mod loan;
mod protocol;
mod roster;
mod server;
mod stored;
mod survey;
mod viewer;

pub use client::{Client, ControlError, Hearer, Teller};
pub(crate) use loan::{Loaned, lend, use_line};
pub use protocol::{AnswerSaid, Body, MOST_READ, Presence, PulseSaid, Reply, Request, VERSION, Verb, Welcome};
pub(crate) use server::{Served, Socket, serve};
pub use survey::survey;

#[cfg(test)]
mod tests;
