//! The terminal UI: how soon it shows something, how soon it answers a key, what it costs.

mod desk;
mod hours;
mod runs;

use std::time::Duration;

use runs::Runs;

use crate::figure::{Figure, Judge, Unit, spread};
use crate::memory::peak_kib;

/// Notes in the long journal; each is one record.
const RECORDS: usize = 100_000;
/// Commands that print, and what all of them print in a second.
const COMMANDS: usize = 100;
const BYTES_A_SECOND: usize = 50_000_000;
const KEYS: usize = 200;
const IDLE: Duration = Duration::from_secs(10);

pub(crate) fn measure() -> Vec<Figure> {
    let runs = Runs::new();
    let mut figures = Vec::new();
    let figure = |name: &str, unit, aim, judge, samples, how: &str| Figure {
        name: name.to_owned(),
        unit,
        aim: Some(aim),
        judge,
        samples,
        cpu: Vec::new(),
        how: how.to_owned(),
    };

    let paused = runs.pause();
    let mut first = Vec::new();
    for _ in 0..20 {
        let mut desk = runs.attach(&paused);
        first.push(desk.until("the first frame", |screen| screen.contains("IF IT FAILS")));
        desk.leave();
    }
    let how = "20 times `banister attach` to a run that waits at a pause, 140x45: from spawn until the header is on the terminal.";
    figures.push(figure("first frame of the screen", Unit::Milliseconds, 50.0, Judge::Median, first, how));

    let mut desk = runs.attach(&paused);
    desk.until("the first frame", |screen| screen.contains("IF IT FAILS"));
    desk.sit(Duration::from_secs(1));
    let before = runs::cpu_ms(desk.pid());
    desk.sit(IDLE);
    let idle = (runs::cpu_ms(desk.pid()) - before) / IDLE.as_millis() as f64 * 100.0;
    let how = "The screen of the same run for 10 s: processor time of its process, of one core.";
    figures.push(figure("idle screen", Unit::Percent, 0.5, Judge::Greatest, vec![idle], how));
    desk.leave();

    runs.write_notes(&paused, RECORDS);
    let last = format!("note {RECORDS}");
    let mut opened = Vec::new();
    for _ in 0..5 {
        let mut desk = runs.attach(&paused);
        opened.push(desk.until("the last record", |screen| screen.contains(&last)));
        desk.leave();
    }
    let how = "5 times `banister attach` to the same run after 100,000 notes: from spawn until the last one is on the terminal.";
    figures.push(figure(
        "a journal of 100,000 records on the screen",
        Unit::Milliseconds,
        1000.0,
        Judge::Median,
        opened,
        how,
    ));
    runs.abort(&paused);

    let (loud, mut desk) = runs.loud(COMMANDS, BYTES_A_SECOND);
    desk.sit(Duration::from_secs(5));
    let mut latencies = Vec::new();
    for n in 0..KEYS {
        // The help comes and goes; the word stands nowhere else.
        let (key, is_open) = if n % 2 == 0 { ("?", true) } else { ("\x1b", false) };
        desk.press(key);
        latencies.push(desk.until("the answer to a key", |screen| screen.contains("page-down ctrl-d") == is_open));
        desk.sit(Duration::from_millis(50));
    }
    latencies.sort_by(f64::total_cmp);
    let p99 = latencies[KEYS * 99 / 100 - 1];
    let (_, median, greatest) = spread(&latencies);
    let how = format!(
        "{COMMANDS} commands on localhost print {} MB/s in all, one of them is followed on the screen; {KEYS} keys: from \
         the key until its answer is on the terminal. Median {median:.1} ms, greatest {greatest:.1} ms.",
        BYTES_A_SECOND / 1_000_000
    );
    figures.push(figure(
        "key to screen, 99 of 100, under load",
        Unit::Milliseconds,
        100.0,
        Judge::Greatest,
        vec![p99],
        &how,
    ));
    runs.abort(&loud);
    desk.until("the end", |screen| screen.contains("aborted"));
    desk.leave();

    figures.push(hours::measure(&runs));
    figures
}

/// The largest size of a process so far, MiB.
fn peak_mib(pid: u32) -> f64 {
    peak_kib(pid).unwrap_or(0) as f64 / 1024.0
}
