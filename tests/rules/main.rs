//! The rules of this repository, as tests: a rule that nobody checks is a wish.

mod book;
mod imports;
mod manifests;
mod sources;
mod tree;
mod yaml;
