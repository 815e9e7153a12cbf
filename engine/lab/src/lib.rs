//! Throw-away hosts on one machine: real sshd in namespaces over the machine's own root, to be broken for real.
//!
//! A lab is one set of unnamed namespaces with a bridge in it, and a nested set for each host. Hosts see the machine's
//! programs, and nothing that they do reaches the machine. One more host, [`OPS`], has no sshd; an engine that is to work
//! on the others runs there, through [`Lab::command`]. Cleaning up is the kernel's work: it happens when a pipe that the
//! owner holds is closed, however the owner ends.
//!
//! What this crate deliberately does not do: it knows no runbook, no run and no drill. It makes hosts, breaks them when
//! told to, and leaves nothing behind. It is no prison either: root in a host shares the machine's kernel.

mod available;
mod deadline;
mod enter;
mod error;
mod frame;
mod host;
mod inner;
mod inventory;
mod lab;
mod layer;
mod serve;
mod spec;
mod standing;
mod supervisor;
pub mod testing;

pub use available::{Unavailable, available};
pub use error::LabError;
pub use host::{LabHost, SshdProcess};
pub use lab::Lab;
pub use layer::cache_dir;
pub use serve::Served;
pub use spec::{Bind, LabSpec, Small};
pub use standing::{Keeper, Standing, standing_dir};

/// The host in which an engine runs that works on the others.
pub const OPS: &str = "ops";

/// The account in each host, besides root, that the lab's key opens. It may become root by `sudo -n`.
pub const ACCOUNT: &str = "ops";
