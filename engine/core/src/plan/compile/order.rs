//! Which step of a list waits for which.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::lower::NO_ID;
use crate::runbook::syntax::Step;
use crate::source::{Chain, Diagnostic, Finding, Names, Place, Span, did_you_mean};

/// The edges of one list of steps, positions of the list.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// Of each step: what it waits for, sorted, without repeats. A step without `needs:` waits for every step above;
    /// only those that no other step above waits for are kept, which comes to the same and grows with the number of
    /// steps, not with its square.
    pub(super) needs: Vec<Vec<u32>>,
    before: OnceLock<Vec<u64>>,
    /// Nothing is known of the order of steps that wait for each other.
    cyclic: bool,
}

impl Order {
    /// Reads the edges of a list.
    pub(super) fn of(steps: &[Step], findings: &mut Vec<Diagnostic>) -> Self {
        let mut positions: BTreeMap<&str, u32> = BTreeMap::new();
        for (step, position) in steps.iter().zip(0..) {
            if let Some(id) = &step.id {
                positions.entry(id.value.as_str()).or_insert(position);
            }
        }
        let mut needs = Vec::with_capacity(steps.len());
        let mut needed = vec![false; steps.len()];
        let mut open: Vec<u32> = Vec::new();
        for (step, position) in steps.iter().zip(0_u32..) {
            let mut list = match &step.needs {
                None => open.clone(),
                Some(names) => {
                    let mut list = Vec::new();
                    for name in names {
                        match positions.get(name.value.as_str()) {
                            Some(same) if *same == position => {
                                let finding = Finding::NeedsItself { step: name.value.to_string() };
                                findings.push(Diagnostic::new(finding, name.span));
                            }
                            Some(other) => list.push(*other),
                            None => findings.push(unknown_step(name.value.as_str(), name.span, &positions)),
                        }
                    }
                    list
                }
            };
            list.sort_unstable();
            list.dedup();
            for need in &list {
                needed[*need as usize] = true;
            }
            open.retain(|other| !needed[*other as usize]);
            if !needed[position as usize] {
                open.push(position);
            }
            needs.push(list);
        }
        let mut order = Self { needs, before: OnceLock::new(), cyclic: false };
        order.cyclic = order.report_cycles(steps, findings);
        order
    }

    /// Whether a step is done whenever another begins. True also where a circle makes the question idle.
    pub(super) fn is_before(&self, earlier: usize, later: usize) -> bool {
        if self.cyclic {
            return true;
        }
        let words = self.needs.len().div_ceil(64);
        let before = self.before.get_or_init(|| self.closure(words));
        before.get(later * words + earlier / 64).is_some_and(|word| word & (1 << (earlier % 64)) != 0)
    }

    /// For every step one bit for each step before it, filled in an order in which needs come first.
    fn closure(&self, words: usize) -> Vec<u64> {
        let mut bits = vec![0_u64; words * self.needs.len()];
        for step in self.sorted() {
            for &need in &self.needs[step] {
                let need = need as usize;
                bits[step * words + need / 64] |= 1 << (need % 64);
                for word in 0..words {
                    bits[step * words + word] |= bits[need * words + word];
                }
            }
        }
        bits
    }

    /// The steps, each after all that it waits for; without recursion, because a list may be long.
    fn sorted(&self) -> Vec<usize> {
        let count = self.needs.len();
        let mut waiting: Vec<usize> = self.needs.iter().map(Vec::len).collect();
        let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (step, needs) in self.needs.iter().enumerate() {
            for need in needs {
                dependents[*need as usize].push(step);
            }
        }
        let mut sorted: Vec<usize> = (0..count).filter(|step| waiting[*step] == 0).collect();
        let mut next = 0;
        while let Some(&step) = sorted.get(next) {
            next += 1;
            for &dependent in &dependents[step] {
                waiting[dependent] -= 1;
                if waiting[dependent] == 0 {
                    sorted.push(dependent);
                }
            }
        }
        sorted
    }

    /// Walks every edge once and reports each circle where it closes.
    fn report_cycles(&self, steps: &[Step], findings: &mut Vec<Diagnostic>) -> bool {
        #[derive(Clone, Copy, PartialEq)]
        enum Seen {
            Not,
            OnPath,
            Done,
        }
        let mut seen = vec![Seen::Not; steps.len()];
        let mut cyclic = false;
        for start in 0..steps.len() {
            if seen[start] != Seen::Not {
                continue;
            }
            let mut path: Vec<(usize, usize)> = vec![(start, 0)];
            seen[start] = Seen::OnPath;
            while let Some((step, edge)) = path.last_mut() {
                let Some(&need) = self.needs[*step].get(*edge) else {
                    seen[*step] = Seen::Done;
                    path.pop();
                    continue;
                };
                *edge += 1;
                let need = need as usize;
                match seen[need] {
                    Seen::Done => {}
                    Seen::Not => {
                        seen[need] = Seen::OnPath;
                        path.push((need, 0));
                    }
                    Seen::OnPath => {
                        cyclic = true;
                        let from = path.iter().position(|(step, _)| *step == need).unwrap_or(0);
                        let circle: Vec<usize> = path[from..].iter().map(|(step, _)| *step).collect();
                        findings.push(cycle(steps, &circle));
                    }
                }
            }
        }
        cyclic
    }
}

/// A circle, pointed at by the `needs:` of its last written step, with every other edge beside it.
fn cycle(steps: &[Step], circle: &[usize]) -> Diagnostic {
    let name = |step: usize| steps[step].id.as_ref().map_or_else(|| NO_ID.to_owned(), |id| id.value.to_string());
    // It begins with the step that stands first in the file, wherever the walk came in.
    let first = circle.iter().enumerate().min_by_key(|(_, step)| **step).map_or(0, |(at, _)| at);
    let circle: Vec<usize> = circle[first..].iter().chain(&circle[..first]).copied().collect();
    let next = |at: usize| circle[(at + 1) % circle.len()];
    let written = |at: usize| {
        let target = name(next(at));
        steps[circle[at]]
            .needs
            .as_ref()
            .and_then(|needs| needs.iter().find(|n| n.value.as_str() == target))
            .map(|n| n.span)
    };
    let names = circle.iter().chain(circle.first()).map(|step| name(*step)).collect();
    // The edge that somebody wrote is the one to mend; an edge that nobody wrote has no place of its own.
    let closing = (0..circle.len()).rev().find(|at| written(*at).is_some()).unwrap_or(0);
    let span = written(closing).unwrap_or_else(|| id_span(&steps[circle[closing]]));
    let mut finding = Diagnostic::new(Finding::Cycle { names: Chain(names) }, span);
    // A circle of a thousand steps needs no thousand places.
    for at in (0..circle.len()).filter(|at| *at != closing).take(8) {
        finding = match written(at) {
            Some(span) => finding.with(&Place::Needs(name(next(at))), span),
            None => finding.with(&Place::NeedsAllAbove(name(next(at))), id_span(&steps[circle[at]])),
        };
    }
    finding
}

/// Where a step is named.
pub(super) fn id_span(step: &Step) -> Span {
    step.id.as_ref().map_or(step.kind_span, |id| id.span)
}

/// Says that a step is not there.
pub(super) fn unknown_step(name: &str, span: Span, known: &BTreeMap<&str, u32>) -> Diagnostic {
    let mut ordered: Vec<(&u32, &&str)> = known.iter().map(|(name, position)| (position, name)).collect();
    ordered.sort_unstable();
    let similar = did_you_mean(name, known.keys().copied());
    let known = Names::of(ordered.into_iter().map(|(_, name)| name));
    Diagnostic::new(Finding::UnknownStep { step: name.to_owned(), similar, known }, span)
}
