//! Lines about the run as a whole.

use crate::run::{DrainReason, Record, RecordKind, RunningAtAbort};
use crate::source::visible;
use crate::view::phrase::{count, duration, names, who};
use crate::view::run_view::RunView;

pub(super) fn planned(view: &RunView, record: &Record) -> Vec<String> {
    let RecordKind::RunPlanned { plan_hash, runbook, environment, info, .. } = &record.kind else {
        return Vec::new();
    };
    let incident = info.incident.as_ref().map(|i| format!(", incident {}", visible(i))).unwrap_or_default();
    let drill = if info.drill { ", a drill" } else { "" };
    let plan = view.plan();
    vec![
        format!("{}: run {} of {runbook}, by {}{incident}{drill}", visible(environment), info.run, who(&record.actor)),
        format!("plan {plan_hash}: {}, {}", count(plan.steps.len(), "step"), count(plan.hosts.len(), "host")),
    ]
}

pub(super) fn text(view: &RunView, record: &Record) -> Option<String> {
    let by = who(&record.actor);
    Some(match &record.kind {
        RecordKind::RunResumed { epoch, gap_ms, rebooted, rechecked, again } => {
            let mut text = format!("resumed by {by}, the engine was gone {}, engine {epoch}", duration(*gap_ms));
            if *rebooted {
                text.push_str("; its machine was booted in between");
            }
            if *rechecked {
                text.push_str("; preconditions are looked at again");
                if !again.is_empty() {
                    text.push_str(&format!(", and before anything starts {}", names(again)));
                }
            }
            text
        }
        RecordKind::LockRefused { host, by } => format!("{host} is another run's: {}", visible(&by.to_string())),
        RecordKind::LockTakenOver { host, from, reason } => {
            let from = visible(&format!("run {} of {}", from.run, from.holder)).into_owned();
            format!("{by} takes {host} over from {from}: {}", visible(reason))
        }
        RecordKind::HostRefused { host, why } => format!("{host} cannot be used: {}", visible(why)),
        RecordKind::RunStarted {} => "every host answers, every precondition holds: steps may start".to_owned(),
        RecordKind::RunHeld {} => format!("HELD by {by}: nothing new starts"),
        RecordKind::RunContinued {} => format!("continued by {by}"),
        RecordKind::RunAborted { running } => {
            let becomes = match running {
                RunningAtAbort::Wait => "what runs may finish",
                RunningAtAbort::Kill => "what runs is stopped",
                RunningAtAbort::Leave => "what runs is left running",
            };
            format!("aborted by {by}: nothing new starts, {becomes}")
        }
        RecordKind::RunStopped { path } => format!("{path} stops the run: nothing new starts"),
        RecordKind::RunDraining { reason } => {
            let why = match reason {
                DrainReason::Signal => "a signal came",
                DrainReason::AskUnavailable => "an ask could not be put",
                DrainReason::Journal => "the journal could not be written",
            };
            format!("draining: {why}, nothing new starts")
        }
        RecordKind::RunDrained { exit } => {
            format!("the engine ends, `banister resume` goes on: {exit} {}", exit.meaning())
        }
        RecordKind::RunFinished { exit } => {
            let ms = view.began().map_or(0, |began| record.recorded.signed_duration_since(began).num_milliseconds());
            let (touched, hosts) = view.touched();
            let took = duration(u64::try_from(ms).unwrap_or(0));
            format!("finished in {took}, touched {touched} of {}: {exit} {}", count(hosts, "host"), exit.meaning())
        }
        RecordKind::HostExcluded { host, reason, .. } => {
            format!("excl {host}, left out from here on: {}", visible(reason))
        }
        RecordKind::BudgetSpent { roll, host, spent, budget } => {
            format!("{host} counts against the budget of {roll}: {spent} spent of {budget}")
        }
        RecordKind::BudgetRefunded { roll, host, spent } => {
            format!("{host} no longer counts against the budget of {roll}: {spent} spent")
        }
        RecordKind::PenTaken {} => format!("{by} takes the pen and drives from here on"),
        RecordKind::TailRecovered { at, len, .. } => {
            format!("the journal ended in {len} torn bytes at {at}; they were answered, nothing was cut off")
        }
        _ => return None,
    })
}
