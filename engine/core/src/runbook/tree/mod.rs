//! YAML → [`Node`]s: every key and every value with its place, under our policy.
//!
//! The policy, all of it here: one document a file; no anchors, aliases, merge keys, tags or directives; no key
//! twice; keys are plain words; limits on size, depth and count; no control and no bidirectional characters; the
//! YAML 1.2 core schema (`no` is a text). Several findings of one file come together.
//!
//! What it deliberately does not do: it knows no field of a runbook.

mod build;
mod characters;
mod node;

pub use build::{MAX_BYTES, MAX_DEPTH, MAX_NODES, parse_tree};
pub use node::{Entry, Node, NodeKind, Text, TextStyle};
