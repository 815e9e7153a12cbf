//! Approvals: what is shown, what they are bound to, and when they no longer count.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use crate::plan::StepIndex;
use crate::run::batch::Batch;
use crate::run::resolve::hex;
use crate::run::sabotage::Sabotage;
use crate::run::task::{TaskIndex, TaskState};
use crate::run::{AskKind, FailedReason, Purpose, RecordKind, Report, SkipReason, VoidReason};

use super::verdict::{describe, describe_unknown};

/// An approval runs out if its first effect has not begun by then.
const VALID_NS: u64 = 15 * 60 * 1_000_000_000;

impl Batch<'_> {
    /// Begins an approval: everything it allows that has a preview is previewed, then people are asked.
    pub(in crate::run) fn begin_approval(&mut self, task: TaskIndex) {
        let path = self.state().graph().path(task).clone();
        if self.has_lost_its_hosts(task) {
            self.engine(RecordKind::StepSkipped { path, reason: SkipReason::NoHosts {} });
            return;
        }
        self.engine(RecordKind::ApprovalBegan { path });
        let previews = self.previews_of(task);
        self.run.inflight.approving.insert(task, previews.iter().copied().collect());
        for preview in &previews {
            self.intend(*preview, Purpose::Preview);
        }
        if previews.is_empty() {
            self.run.inflight.approving.remove(&task);
            self.open_ask(task, AskKind::Approve);
        }
    }

    /// Leaves out what people were to agree to about hosts that are all left out.
    pub(in crate::run) fn leave_out_approvals(&mut self) {
        if self.state().aborted().is_some() || self.state().refused {
            return;
        }
        let begun: Vec<TaskIndex> =
            self.state().approvals.keys().map(|top| self.state().graph().single(*top)).collect();
        for task in begun {
            let state = &self.state().task(task).state;
            let is_open = matches!(state, TaskState::Previewing | TaskState::Asking | TaskState::Failed(_));
            if is_open && self.has_lost_its_hosts(task) {
                self.withdraw_ask(task);
                self.run.inflight.approving.remove(&task);
                let path = self.state().graph().path(task).clone();
                self.engine(RecordKind::StepSkipped { path, reason: SkipReason::NoHosts {} });
            }
        }
    }

    /// Whether nothing that an approval allows can begin any more, because hosts were left out. What somebody is still in
    /// doubt about, or may try again, keeps it.
    fn has_lost_its_hosts(&self, task: TaskIndex) -> bool {
        let state = self.state();
        if self.run.is_broken(Sabotage::ApprovalOfNothing) {
            return false;
        }
        let graph = state.graph();
        let states = || graph.allowed(task).filter(|t| !graph.is_batch_gate(*t)).map(|t| &state.task(t).state);
        // In this order: what has not begun is met at once.
        states().all(TaskState::is_satisfied) && states().any(|is| *is == TaskState::Excluded)
    }

    /// The instances with a preview that an approval allows, on hosts that are still in.
    fn previews_of(&self, task: TaskIndex) -> Vec<TaskIndex> {
        let graph = self.state().graph();
        graph
            .allowed(task)
            .filter(|t| graph.command(*t).is_some_and(|c| c.preview.is_some()))
            .filter(|t| !self.state().task(*t).state.is_satisfied())
            .collect()
    }

    /// The hash an approval is bound to: the plan's, and every preview's digest under its path.
    pub(in crate::run) fn bound_to(&self, task: TaskIndex) -> String {
        let mut hash = Sha256::new();
        hash.update(self.state().plan_hash().as_bytes());
        for preview in self.previews_of(task) {
            let digest = self.state().task(preview).preview.clone().unwrap_or_default();
            hash.update(format!("\n{} {digest}", self.state().graph().path(preview)).as_bytes());
        }
        format!("sha256:{}", hex(&hash.finalize()))
    }

    /// Whether an approval allows a step that destroys something.
    pub(in crate::run) fn allows_destroy(&self, task: TaskIndex) -> bool {
        let graph = self.state().graph();
        graph.allowed(task).any(|t| graph.effect(t) == crate::plan::EffectClass::Destroy)
    }

    pub(in crate::run) fn preview_reported(&mut self, task: TaskIndex, attempt: u32, report: Report) {
        let path = self.state().graph().path(task).clone();
        let approved = self.state().task(task).approved_preview.clone();
        let is_right_before = self.approvals_waiting_for(task).is_empty();
        let why = match report {
            Report::Ended(ended) => {
                let expect = self.state().graph().command(task).and_then(|c| c.preview.as_ref()?.expect.clone());
                match self.judge(task, &ended, expect.as_ref()) {
                    Ok(()) => {
                        let digest = ended.stdout.info.sha256.clone();
                        self.engine(RecordKind::StepSucceeded {
                            path,
                            purpose: Purpose::Preview,
                            attempt,
                            took_ms: ended.took_ms,
                            exit: ended.exit,
                            outputs: std::collections::BTreeMap::new(),
                            stdout: ended.stdout.info,
                            stderr: ended.stderr.info,
                            adopted: false,
                        });
                        if is_right_before {
                            self.compare_preview(task, &digest, approved.as_deref());
                        } else {
                            self.preview_ready(task);
                        }
                        return;
                    }
                    Err(reason) => reason,
                }
            }
            Report::NotStarted(reason) => FailedReason::NotStarted(reason),
            Report::Cancelled(_) => {
                let after_ms = self.state().graph().command(task).and_then(|c| Some(c.preview.as_ref()?.timeout_ms));
                FailedReason::TimedOut { after_ms: after_ms.unwrap_or(0) }
            }
            // A preview only reads: what is lost is its answer, and it is asked for again by a person's `retry`.
            Report::Unknown(reason) => {
                FailedReason::NotStarted(crate::run::NotStartedReason::Unreachable { why: describe_unknown(&reason) })
            }
        };
        self.preview_failed(task, attempt, why, Some(is_right_before));
    }

    pub(in crate::run) fn preview_failed(
        &mut self,
        task: TaskIndex,
        attempt: u32,
        reason: FailedReason,
        right_before: Option<bool>,
    ) {
        let is_unsent = right_before.is_none();
        let right_before = right_before.unwrap_or_else(|| self.approvals_waiting_for(task).is_empty());
        let was_previewing = self.state().task(task).state == TaskState::Previewing;
        let path = self.state().graph().path(task).clone();
        let why = format!("preview of {path}: {}", describe(&reason));
        let (took_ms, exit, stdout, stderr) = (None, None, None, None);
        let purpose = Purpose::Preview;
        self.engine(RecordKind::StepFailed {
            path,
            purpose,
            attempt,
            took_ms,
            exit,
            reason: reason.clone(),
            stdout,
            stderr,
            adopted: false,
        });
        if right_before {
            // What could not even be sent has not left `todo`; what an approval waited for alone stays there.
            if self.state().task(task).state == TaskState::Todo && !was_previewing && is_unsent {
                let path = self.state().graph().path(task).clone();
                let attempt = self.state().task(task).attempt;
                self.engine(RecordKind::StepSettled { path, attempt, failed: Some(reason), by: why });
                self.failed(task);
            } else if was_previewing {
                self.failed(task);
            }
            return;
        }
        for approve in self.approvals_waiting_for(task) {
            self.run.inflight.approving.remove(&approve);
            let path = self.state().graph().path(approve).clone();
            let failed = Some(FailedReason::PreviewFailed { why: why.clone() });
            self.engine(RecordKind::StepSettled { path, attempt: 0, failed, by: why.clone() });
            if self.state().aborted().is_none() {
                self.open_ask(approve, AskKind::Failure);
            }
        }
    }

    /// The approvals that wait for an instance's preview.
    pub(super) fn approvals_waiting_for(&self, task: TaskIndex) -> Vec<TaskIndex> {
        let waiting = self.run.inflight.approving.iter();
        waiting.filter(|(_, previews)| previews.contains(&task)).map(|(approve, _)| *approve).collect()
    }

    fn preview_ready(&mut self, task: TaskIndex) {
        for approve in self.approvals_waiting_for(task) {
            let left: &mut BTreeSet<TaskIndex> = self.run.inflight.approving.entry(approve).or_default();
            left.remove(&task);
            if left.is_empty() {
                self.run.inflight.approving.remove(&approve);
                if self.state().aborted().is_none() {
                    self.open_ask(approve, AskKind::Approve);
                }
            }
        }
    }

    /// Right before a destroy step: what was approved is what runs, or nothing is.
    fn compare_preview(&mut self, task: TaskIndex, digest: &str, approved: Option<&str>) {
        if self.state().task(task).state != TaskState::Todo {
            return;
        }
        let is_same = approved == Some(digest) || self.run.is_broken(Sabotage::ApprovalSurvivesChange);
        if is_same {
            // Held, drained, aborted, in trouble or no longer approved: it stays in the queue and looks again later.
            let is_in_turn = self.state().task(task).granted || self.state().is_in_turn(task);
            if is_in_turn && self.may_attempt(task) && self.is_approved(task) {
                self.intend(task, Purpose::Main);
            }
            return;
        }
        let path = self.state().graph().path(task).clone();
        for approve in self.approves_of(task) {
            let reason = VoidReason::PreviewChanged { path: path.clone() };
            self.void(approve, reason);
        }
    }

    fn void(&mut self, approve: StepIndex, reason: VoidReason) {
        let task = self.state().graph().single(approve);
        if self.state().task(task).state == TaskState::Succeeded {
            let path = self.state().graph().path(task).clone();
            self.engine(RecordKind::ApprovalVoided { path, reason });
            // What was previewed under it is previewed anew for the next one.
            let allowed = self.previews_of(task);
            self.run.inflight.commands.retain(|(t, purpose, _)| *purpose != Purpose::Preview || !allowed.contains(t));
        }
    }

    fn approves_of(&self, task: TaskIndex) -> Vec<StepIndex> {
        let graph = self.state().graph();
        graph.top_of(task).map(|top| graph.allowed_by[top.0 as usize].clone()).unwrap_or_default()
    }

    /// Whether every approval that names an instance's step is granted and has not run out. Voids those that have.
    pub(in crate::run) fn is_approved(&mut self, task: TaskIndex) -> bool {
        if !self.state().graph().effect(task).changes() {
            return true;
        }
        let mut all = true;
        for approve in self.approves_of(task) {
            let single = self.state().graph().single(approve);
            match self.state().task(single).state {
                // Left out by its own `when:`: the compiler refuses that for what destroys.
                TaskState::Skipped => continue,
                TaskState::Succeeded => {}
                _ => {
                    all = false;
                    continue;
                }
            }
            let Some(approval) = self.state().approvals.get(&approve).cloned() else {
                all = false;
                continue;
            };
            let age = approval.granted.as_ref().map_or(u64::MAX, |since| {
                if since.boot == self.now.boot {
                    self.now.elapsed.saturating_sub(since.elapsed)
                } else {
                    let passed = self.now.wall.signed_duration_since(since.wall).num_milliseconds();
                    u64::try_from(passed).unwrap_or(0).saturating_mul(1_000_000)
                }
            });
            if !approval.used && age > VALID_NS && !self.run.is_broken(Sabotage::ApprovalNeverExpires) {
                self.void(approve, VoidReason::Expired {});
                all = false;
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use crate::plan::{Action, Approve, EffectClass, Plan, Probe, StepIndex};
    use crate::run::checks::assert_sound;
    use crate::run::testing::*;
    use crate::run::{AskKind, ExecuteRequest, ExitCode, Purpose, RecordKind, Report, Word};

    /// A roll over one host beside an approval of a step on hosts of its own.
    fn beside_a_roll(budget: u32, hosts: &[u32], has_preview: bool) -> Plan {
        let mut work = command(EffectClass::Destroy);
        work.preview = has_preview.then(|| Probe { command: script("look"), expect: None, timeout_ms: 1_000 });
        let approve =
            Approve { allows: vec![StepIndex(2)], show: vec![], by: 1, of: vec![], not_starter: false, fact: None };
        let mut plan = rolling(1, budget);
        plan.hosts.extend(hosts.iter().filter(|h| **h > 0).map(|h| host(&format!("web-{}", h + 1))));
        plan.steps.push(step("agree", &[], &[], Action::Approve(Box::new(approve))));
        plan.steps.push(step("work", &[1], hosts, Action::Command(Box::new(work))));
        plan
    }

    fn fails_the_roll(request: &ExecuteRequest) -> Report {
        ended(i32::from(request.key.path.to_string() == "roll/@web-1/restart"), "")
    }

    fn assert_left_out(bench: &Bench, what: &str) {
        let words = (bench.word("agree"), bench.word("work/@web-1"), bench.run.state().asks().count());
        assert_eq!(words, ("skip", "excl", 0), "{what}");
        assert_eq!(bench.run.state().finished(), Some(ExitCode::DONE_WITH_EXCEPTIONS), "{what}");
        let is_work = |kind: &RecordKind| matches!(kind, RecordKind::StepIntended { path, purpose: Purpose::Main, .. } if path.to_string() == "work/@web-1");
        assert!(!bench.journal.records.iter().any(|r| is_work(&r.kind)), "{what}");
        assert_sound(bench, what);
    }

    #[test]
    fn who_is_asked_about_hosts_that_are_all_left_out_is_asked_no_more() {
        let mut bench = Bench::start(beside_a_roll(0, &[0], false));
        bench.run_all(fails_the_roll);
        assert_eq!(bench.word("agree"), "ASK");
        bench.answer_at("roll/@web-1/restart", Word::Exclude).unwrap();
        bench.run_all(fails_the_roll);
        assert_left_out(&bench, "somebody was asked");

        let mut bench = Bench::start(beside_a_roll(0, &[0], true));
        let nothing_works = |_: &ExecuteRequest| ended(1, "");
        bench.run_all(nothing_works);
        assert_eq!(bench.word("agree"), "FAIL");
        bench.answer_at("roll/@web-1/restart", Word::Exclude).unwrap();
        bench.run_all(nothing_works);
        assert_left_out(&bench, "its preview had failed");
    }

    #[test]
    fn a_preview_that_comes_after_its_host_was_left_out_asks_nobody() {
        let mut bench = Bench::start(beside_a_roll(1, &[0], true));
        let mut sent: Vec<_> = std::iter::from_fn(|| bench.sent()).collect();
        sent.sort_by_key(|request| request.key.purpose == Purpose::Preview);
        assert_eq!(sent.len(), 2);
        for request in sent {
            let report = fails_the_roll(&request);
            bench.say(crate::run::Input::Reported { key: request.key, report, at: None }).unwrap();
        }
        bench.run_all(fails_the_roll);
        assert_left_out(&bench, "its preview was under way");
    }

    #[test]
    fn an_approval_whose_turn_comes_after_its_hosts_are_left_out_is_never_opened() {
        let mut plan = beside_a_roll(1, &[0], false);
        plan.steps[1].needs = vec![StepIndex(0)];
        let mut bench = Bench::start(plan);
        bench.run_all(fails_the_roll);
        assert_left_out(&bench, "nobody was asked yet");
        assert!(!bench.journal.records.iter().any(|r| r.kind.name() == "ask.opened"));
    }

    #[test]
    fn an_approval_with_a_host_left_is_still_asked_for() {
        let mut bench = Bench::start(beside_a_roll(1, &[0, 1], false));
        bench.run_all(fails_the_roll);
        assert_eq!((bench.word("work/@web-1"), bench.ask().kind), ("excl", AskKind::Approve));
        bench.answer(Word::Approve).unwrap();
        bench.run_all(fails_the_roll);
        assert_eq!((bench.word("work/@web-1"), bench.word("work/@web-2")), ("excl", "ok"));
    }
}
