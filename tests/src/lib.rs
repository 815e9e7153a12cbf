//! What the end-to-end tests share.
//!
//! The binary `banister-twin` is `banister` under another name: cargo tells a package's tests only where its own
//! binaries lie, so a test takes `env!("CARGO_BIN_EXE_banister-twin")`.
