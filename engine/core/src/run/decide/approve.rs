//! Approvals: what is shown, what they are bound to, and when they no longer count.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use crate::plan::StepIndex;
use crate::run::batch::Batch;
use crate::run::resolve::hex;
use crate::run::sabotage::Sabotage;
use crate::run::task::{TaskIndex, TaskState};
use crate::run::{AskKind, FailedReason, Purpose, RecordKind, Report, VoidReason};

use super::verdict::{describe, describe_unknown};

/// An approval runs out if its first effect has not begun by then.
const VALID_NS: u64 = 15 * 60 * 1_000_000_000;

impl Batch<'_> {
    /// Begins an approval: everything it allows that has a preview is previewed, then people are asked.
    pub(in crate::run) fn begin_approval(&mut self, task: TaskIndex) {
        let path = self.state().graph().path(task).clone();
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

    /// The instances with a preview that an approval allows, on hosts that are still in.
    fn previews_of(&self, task: TaskIndex) -> Vec<TaskIndex> {
        let graph = self.state().graph();
        let Some(approve) = graph.top_of(task).and_then(|top| graph.approve(top)) else { return Vec::new() };
        approve
            .allows
            .iter()
            .flat_map(|step| graph.of_step[step.0 as usize].clone().map(TaskIndex))
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
        let Some(approve) = graph.top_of(task).and_then(|top| graph.approve(top)) else { return false };
        approve
            .allows
            .iter()
            .flat_map(|step| graph.of_step[step.0 as usize].clone().map(TaskIndex))
            .any(|t| graph.effect(t) == crate::plan::EffectClass::Destroy)
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

    fn approvals_waiting_for(&self, task: TaskIndex) -> Vec<TaskIndex> {
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
