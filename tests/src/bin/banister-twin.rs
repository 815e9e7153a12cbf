//! `banister`, built for the tests of this package, with one part more: a thread that panics when it is told to, so that
//! the product itself needs no switch for it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    if let Some(file) = std::env::var_os("BANISTER_TWIN_PANICS_AT").map(PathBuf::from) {
        std::thread::spawn(move || {
            while !file.exists() {
                std::thread::sleep(Duration::from_millis(5));
            }
            panic!("the twin was told to");
        });
    }
    banister::main()
}
