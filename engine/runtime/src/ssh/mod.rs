//! The operator's own ssh: how commands reach other hosts.
//!
//! One **master** (a multiplexing `ssh` process) per host for the run, shared by all channels to it; the crate `openssh`
//! opens the channels. A [`SshTransport`] reaches one host; [`Masters`] keeps all of a run's masters and ends them.
//!
//! What a failure means is decided by one line: before a channel is open and has the whole script, nothing was started
//! ([`crate::transport::TransportError`]); afterwards the stream ends with an error, and only the host's own answer
//! counts. No exit status of ssh is ever taken for a command's.
//!
//! **Times.** A peer that is gone is noticed within 20 seconds: by ssh's keepalive on the master, or by a second command
//! that is started where a channel is silent ([`SILENT_TIME`] and [`PROBE_TIME`] together stay below that). The second
//! is needed because a keepalive is answered by half of an sshd too.
//!
//! **Why masters are started here** and not by the crate's `connect_mux`: that gives no process to end when connecting
//! hangs, throws away what a jump host's ssh says, lets Ctrl-C reach an ssh that is connecting, and its sessions block
//! the thread that drops them. Here each master is held by a connection of ours to its control socket: as long as
//! that is open the master stays however long a person thinks; when this process dies, it goes after its idle time.
//!
//! What this module deliberately does not do: it reads no key, knows no host's address better than ssh does, and runs
//! no step. It does not judge: whether something is tried again is decided elsewhere, except a connection that the
//! other side was too busy to take.

mod channel;
mod config;
mod connect;
mod control;
mod end;
mod keeper;
mod link;
mod master;
mod masters;
mod refusal;
mod strictness;
mod target;

use std::time::Duration;

pub use config::SshSettings;
pub use control::SshError;
pub use link::SshTransport;
pub use masters::Masters;
pub use refusal::{Refusal, RefusalKind};
pub use target::SshTarget;

/// Between two questions of ssh's own whether the other side is there; after [`ALIVE_COUNT`] without an answer the
/// connection is over.
pub const ALIVE_INTERVAL: Duration = Duration::from_secs(5);
/// How many of ssh's own questions may stay without an answer.
pub const ALIVE_COUNT: u32 = 3;
/// How long a channel may be silent before a second command is started beside it.
pub const SILENT_TIME: Duration = Duration::from_secs(8);
/// How long the other side may take to open a channel for that second command; then the connection is dead.
pub const PROBE_TIME: Duration = Duration::from_secs(8);
/// Until the other side has sent its banner.
pub const CONNECT_TIME: Duration = Duration::from_secs(10);
/// Until somebody is logged in; an agent may want a key to be touched.
pub const LOGIN_TIME: Duration = Duration::from_secs(45);
/// How long a master lives that nobody uses any more, because the engine that used it is dead.
pub const IDLE_TIME: Duration = Duration::from_secs(60);
/// Until a channel is open, and until it has taken its script.
pub const OPEN_TIME: Duration = Duration::from_secs(15);
/// How long a master may take to end when it is told to; then it is killed.
pub const END_TIME: Duration = Duration::from_secs(2);

/// Connections that are being made at once. Fewer than an sshd lets be unauthenticated at once by default (`MaxStartups
/// 10:30:100`), since all of them may go through one jump host.
pub const MAX_CONNECTING: usize = 8;
/// Masters alive at once; beyond that, idle ones are ended.
pub const MAX_MASTERS: usize = 200;
/// Channels of a master: two fewer than an sshd takes by default (`MaxSessions 10`), for the probe and for a late end.
pub const MAX_CHANNELS: usize = 8;
/// Masters to one host: a second one is made where all channels stay taken, so that a cancel gets through.
pub const MAX_MASTERS_PER_HOST: usize = 4;
