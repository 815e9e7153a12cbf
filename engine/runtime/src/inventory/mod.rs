//! The hosts of the operator's ssh configuration as an inventory (`-i ssh`).
//!
//! Only `Host` and `Include` matter here, so those two are read, by the rules of `ssh_config(5)`. What it deliberately
//! does not do: find out a host's address, account or jump hosts. ssh is given the name and reads the same file; two
//! readers of one format would one day read two things.

mod error;
mod files;
mod line;
mod ssh;

pub use error::SshHostsError;
pub use ssh::{SshHosts, ssh_hosts};

#[cfg(test)]
mod tests;
