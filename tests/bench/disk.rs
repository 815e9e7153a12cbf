//! What one sync costs here and now: every changing step waits for it.

use std::io::Write as _;
use std::time::Instant;

use crate::figure::{Figure, Judge, Unit};

pub(crate) fn measure() -> Vec<Figure> {
    let mut file = tempfile::tempfile().unwrap();
    let line = [b'x'; 700];
    let samples = (0..100)
        .map(|_| {
            let began = Instant::now();
            file.write_all(&line).unwrap();
            file.sync_data().unwrap();
            began.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    vec![Figure {
        name: "the disk: 700 bytes appended and synced".to_owned(),
        unit: Unit::Milliseconds,
        aim: None,
        judge: Judge::Median,
        samples,
        cpu: Vec::new(),
        how: "Where temporary files lie. Of the figures here only a step of a whole run waits for it.".to_owned(),
    }]
}
