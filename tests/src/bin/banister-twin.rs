//! `banister`, built for the tests of this package.

use std::process::ExitCode;

fn main() -> ExitCode {
    banister::main()
}
