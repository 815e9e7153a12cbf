//! Checks → verdicts, by what was seen.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::check::{Check, CheckKind};
use super::evidence::{Evidence, Sample, Verdict};
use super::moment::Moment;
use super::windows::windows;
use crate::run::RecordKind;
use crate::runbook::{HostName, StepId};

/// What one drill's evidence says about a check; nothing where a host, the lab or a ledger must be looked at. What was
/// never seen is never good: a check about a host that no client reached, or a journal without records, fails.
#[must_use]
pub fn judge(check: &Check, evidence: &Evidence) -> Option<Vec<Verdict>> {
    let one = |(holds, found): (bool, String)| Some(vec![Verdict { holds, name: check.name.clone(), found }]);
    match &check.kind {
        CheckKind::Exit(expected) => one(exit(*expected, evidence)),
        CheckKind::Says { client, hosts, text } => {
            let verdict = |host: &HostName| {
                let (holds, found) = says(client, host, text, evidence);
                Verdict { holds, name: format!("{host} {}", check.name), found }
            };
            Some(hosts.iter().map(verdict).collect())
        }
        CheckKind::RefusedAtOnce { client, most } => one(refused_at_once(client, *most, evidence)),
        CheckKind::RefusedOnlyIn { client, steps } => one(refused_only_in(client, steps, evidence)),
        CheckKind::Record { moment, times, within_ms } => one(record(moment, *times, *within_ms, evidence)),
        CheckKind::PlanSame => one(plan_same(evidence)),
        CheckKind::Run { .. } | CheckKind::JournalWitnessed | CheckKind::LeftNothing => None,
    }
}

fn exit(expected: u8, evidence: &Evidence) -> (bool, String) {
    match evidence.exit {
        Some(exit) if exit == expected => (true, exit.to_string()),
        Some(exit) => (false, format!("{exit}, not {expected}")),
        None => (false, "the engine was killed and not resumed".to_owned()),
    }
}

fn says(client: &str, host: &HostName, text: &str, evidence: &Evidence) -> (bool, String) {
    let last = evidence.samples.iter().rfind(|sample| sample.client == client && sample.host == *host);
    match last.map(|sample| &sample.saw) {
        Some(Ok(seen)) if seen == text => (true, seen.clone()),
        Some(Ok(seen)) => (false, format!("`{seen}`, not `{text}`")),
        Some(Err(why)) => (false, why.clone()),
        None => (false, "it was never looked at".to_owned()),
    }
}

/// A time in which a host answered nothing but refusals.
#[derive(Debug, Clone, Copy)]
struct Refusal<'e> {
    host: &'e HostName,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

/// Neighbouring refusals of a host are one: between two of them nobody saw it answer.
fn refusals<'e>(client: &str, samples: &'e [Sample]) -> Vec<Refusal<'e>> {
    let mut refusals: Vec<Refusal<'e>> = Vec::new();
    // The refusal that is going on at each host.
    let mut going: BTreeMap<&HostName, usize> = BTreeMap::new();
    for sample in samples.iter().filter(|sample| sample.client == client) {
        if sample.saw.is_ok() {
            going.remove(&sample.host);
        } else if let Some(refusal) = going.get(&sample.host).and_then(|at| refusals.get_mut(*at)) {
            refusal.to = sample.to;
        } else {
            going.insert(&sample.host, refusals.len());
            refusals.push(Refusal { host: &sample.host, from: sample.from, to: sample.to });
        }
    }
    refusals
}

fn looked(client: &str, evidence: &Evidence) -> usize {
    evidence.samples.iter().filter(|sample| sample.client == client).count()
}

fn refused_at_once(client: &str, most: usize, evidence: &Evidence) -> (bool, String) {
    let looked = looked(client, evidence);
    let refusals = refusals(client, &evidence.samples);
    // The most hosts are refused at the moment when one of the refusals begins.
    let at = |moment: DateTime<Utc>| -> BTreeSet<&HostName> {
        refusals.iter().filter(|r| r.from <= moment && moment <= r.to).map(|r| r.host).collect()
    };
    let worst = refusals.iter().map(|refusal| (at(refusal.from), refusal.from)).max_by_key(|(hosts, _)| hosts.len());
    match worst {
        _ if looked == 0 => (false, "nothing was ever looked at".to_owned()),
        None => (true, format!("none in {looked} looks")),
        Some((hosts, _)) if hosts.len() <= most => (true, format!("{} at most, in {looked} looks", hosts.len())),
        Some((hosts, moment)) => {
            let hosts: Vec<&str> = hosts.into_iter().map(HostName::as_str).collect();
            (false, format!("{} at {}", hosts.join(", "), clock(moment)))
        }
    }
}

fn refused_only_in(client: &str, steps: &[StepId], evidence: &Evidence) -> (bool, String) {
    let looked = looked(client, evidence);
    if looked == 0 {
        return (false, "nothing was ever looked at".to_owned());
    }
    let windows = windows(&evidence.records, steps);
    let (mut inside, mut outside) = (0, Vec::new());
    for sample in evidence.samples.iter().filter(|sample| sample.client == client) {
        let Err(why) = &sample.saw else { continue };
        let is_inside = windows.get(&sample.host).is_some_and(|windows| {
            windows.iter().any(|(from, to)| *from <= sample.to && to.is_none_or(|to| sample.from <= to))
        });
        if is_inside {
            inside += 1;
        } else {
            outside.push(format!("{} at {}: {why}", sample.host, clock(sample.from)));
        }
    }
    match outside.first() {
        None => (true, format!("{inside} of {looked} looks were refused, all in time")),
        Some(first) => (false, format!("{} refusals at other times, the first: {first}", outside.len())),
    }
}

fn record(moment: &Moment, times: Option<usize>, within_ms: Option<u64>, evidence: &Evidence) -> (bool, String) {
    let found: Vec<_> = evidence.records.iter().filter(|record| moment.is(record)).collect();
    let count = format!("{} found", found.len());
    if evidence.records.is_empty() {
        return (false, "there is no journal".to_owned());
    }
    if times.map_or(found.is_empty(), |times| times != found.len()) {
        return (false, times.map_or(count.clone(), |times| format!("{count}, not {times}")));
    }
    let (Some(within), Some(first)) = (within_ms, found.first()) else { return (true, count) };
    let Some(act) = evidence.first_act else { return (false, "nothing went wrong".to_owned()) };
    let took = first.recorded.signed_duration_since(act);
    let words = format!("after {:.1} s", took.as_seconds_f64());
    let limit = TimeDelta::milliseconds(i64::try_from(within).unwrap_or(i64::MAX));
    (took >= TimeDelta::zero() && took <= limit, words)
}

fn plan_same(evidence: &Evidence) -> (bool, String) {
    let planned = evidence.records.iter().filter_map(|record| match &record.kind {
        RecordKind::RunPlanned { plan_hash, .. } => Some(plan_hash),
        _ => None,
    });
    let planned: Vec<&String> = planned.collect();
    let short = |hash: &str| hash.chars().take(19).collect::<String>();
    match planned.as_slice() {
        [one] if **one == evidence.plan_hash => (true, short(one)),
        [one] => (false, format!("{} ran, {} was shown", short(one), short(&evidence.plan_hash))),
        others => (false, format!("{} plans in one journal", others.len())),
    }
}

fn clock(moment: DateTime<Utc>) -> String {
    moment.format("%H:%M:%S%.3fZ").to_string()
}
