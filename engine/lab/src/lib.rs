//! Throw-away hosts on one machine: real sshd in namespaces over the machine's own root, to be broken for real.
//!
//! What this crate deliberately does not do: it knows no runbook, no run and no drill. It makes hosts, breaks them when
//! told to, and leaves nothing behind.
