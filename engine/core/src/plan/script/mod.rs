//! The shell-context rule: a placeholder stands where the shell reads a plain word, or the script does not compile.
//!
//! Two readers look at every script and both must agree: a small scanner of ours over the text, and the full grammar
//! of a shell parser over the text with a meaningless word in each placeholder's place. Where either hesitates the
//! script is refused; neither ever sees a value.
//!
//! It does not judge what a script does (what it destroys comes with a later check), and it runs nothing.

mod again;
mod compile;
mod marked;
mod parser;
mod place;
mod plain;
mod scanner;
mod walk;

pub use compile::{MAX_SCRIPT, Scripts};

#[cfg(test)]
mod tests;
