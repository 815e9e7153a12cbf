//! Two thousand nights, and the same nights for each broken core.

use super::hosts::FATES;
use super::{Coverage, Violation, night};
use crate::run::{RecordKind, Sabotage};

const SEEDS: u64 = 2_000;

#[expect(
    clippy::disallowed_methods,
    reason = "a test is told which seeds to live through; the core itself reads nothing"
)]
fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|text| text.parse().ok())
}

fn replay(seed: u64) -> String {
    format!("BANISTER_SEED={seed} cargo test -p banister-core --lib -- nights::seeds::one_night --nocapture")
}

fn fail(seed: u64, violation: &Violation) -> String {
    let from = violation.trace.len().saturating_sub(60);
    let trace = violation.trace[from..].join("\n");
    format!("seed {seed}: {}\n{trace}\n\nseed {seed}: {}\nreplay: {}", violation.what, violation.what, replay(seed))
}

#[test]
fn one_night() {
    let seed = number("BANISTER_SEED").unwrap_or(0);
    match night(seed, None, true) {
        Ok(summary) => println!("seed {seed}: {summary:?}"),
        Err(violation) => {
            panic!("seed {seed}: {}", violation.what);
        }
    }
}

#[test]
fn two_thousand_nights() {
    let seeds = number("BANISTER_SEEDS").unwrap_or(SEEDS);
    let from = number("BANISTER_FROM").unwrap_or(0);
    let (mut hard, mut rolls, mut unknowns, mut crashes, mut events) = (0, 0, 0, 0, 0);
    let mut coverage = Coverage::new();
    let mut exits = Coverage::new();
    let mut wrong = Vec::new();
    for seed in from..from + seeds {
        match night(seed, None, false) {
            Ok(summary) => {
                let is_unknown = summary.unknowns > 0;
                rolls += u64::from(summary.rolls_over_three);
                unknowns += u64::from(is_unknown);
                crashes += u64::from(summary.crashes >= 2);
                hard += u64::from(summary.rolls_over_three && is_unknown && summary.crashes >= 2);
                events += u64::from(summary.events);
                for (name, n) in summary.coverage {
                    *coverage.entry(name).or_default() += n;
                }
                *exits.entry(format!("{:?}", summary.exit.map(|e| e.0))).or_default() += 1;
            }
            Err(violation) => wrong.push((seed, violation)),
        }
        if wrong.len() >= 20 {
            break;
        }
    }
    if let Some((seed, violation)) = wrong.first() {
        for (seed, violation) in &wrong {
            println!("seed {seed}: {}", violation.what);
        }
        panic!("{} of {seeds} nights went wrong; the first:\n{}", wrong.len(), fail(*seed, violation));
    }
    let share = |n: u64| n * 100 / seeds;
    println!(
        "{seeds} nights, {events} events: a roll over three hosts {}%, an unknown {}%, two crashes {}%, all three {}%",
        share(rolls),
        share(unknowns),
        share(crashes),
        share(hard)
    );
    for (name, n) in coverage.iter().chain(&exits) {
        println!("{n:>9}  {name}");
    }
    if (from, seeds) != (0, SEEDS) {
        // Some other nights, asked for by hand: what they must contain is promised of the usual ones only.
        return;
    }
    assert!(share(hard) >= 30, "only {}% of the nights are hard enough", share(hard));
    for fate in FATES {
        assert!(coverage.contains_key(&format!("fate: {fate:?}")), "no start request met {fate:?}");
    }
    let rules = [
        "asked: again",
        "asked in vain until a person must say",
        "fault: the network of a host is away",
        "fault: another run has a host",
        "fault: another run takes a host over",
        "fault: the engine lacks something",
        "word: TakeOver",
    ];
    for rule in rules {
        assert!(coverage.contains_key(rule), "no night has seen this: {rule}");
    }
    for kind in RecordKind::NAMES {
        if *kind != "tail.recovered" {
            assert!(coverage.contains_key(&format!("crash after {kind}")), "no engine died after {kind}");
        }
    }
}

#[test]
fn every_broken_core_is_noticed() {
    for rule in Sabotage::ALL {
        let caught = (0..SEEDS).find_map(|seed| night(seed, Some(rule), false).err().map(|v| (seed, v.what)));
        match caught {
            Some((seed, what)) => println!("{rule:?}: caught at seed {seed}: {what}"),
            None => panic!("{rule:?} is not noticed within {SEEDS} nights"),
        }
    }
}
