//! How long the program takes to say its version.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::figure::{Figure, Judge, Unit};

/// The program, built beside this one.
pub(crate) fn banister() -> PathBuf {
    let path = std::env::current_exe().unwrap().with_file_name("banister");
    assert!(path.exists(), "{} is not built: start this by tests/bench/run", path.display());
    path
}

fn timed(command: &mut Command) -> f64 {
    let began = Instant::now();
    assert!(command.stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap().success());
    began.elapsed().as_secs_f64() * 1e3
}

pub(crate) fn measure() -> Vec<Figure> {
    let samples: Vec<f64> = (0..50).map(|_| timed(Command::new(banister()).arg("--version"))).collect();
    vec![Figure {
        name: "`banister --version`".to_owned(),
        unit: Unit::Milliseconds,
        aim: Some(10.0),
        judge: Judge::Least,
        samples,
        cpu: Vec::new(),
        how: "50 starts, from spawn to exit.".to_owned(),
    }]
}
