//! What becomes of one instance: attempts and their outcomes, undos, what was left out or done by hand. What its asks and
//! its gate do to it is in `asks.rs` and `gate.rs`.

use crate::plan::Verify;
use crate::run::task::{Stamp, TaskIndex, TaskState, VerifyAfter};
use crate::run::{Doubt, FailedReason, NotStartedReason, Purpose, Record, RecordKind, SkipReason, State};

impl State {
    pub(super) fn apply_step(&mut self, record: &Record) -> Result<(), String> {
        let stamp = Self::stamp(record);
        match &record.kind {
            RecordKind::StepIntended { path, purpose, attempt, .. } => {
                self.apply_intended(self.find(path)?, *purpose, *attempt, stamp);
                Ok(())
            }
            RecordKind::StepSucceeded { path, purpose, took_ms, outputs, stdout, .. } => {
                let task = self.find(path)?;
                match purpose {
                    Purpose::Main => {
                        self.task_mut(task).heard = true;
                        self.task_mut(task).took_ms = Some(*took_ms);
                        self.task_mut(task).outputs.clone_from(outputs);
                        self.apply_success(task);
                    }
                    Purpose::Verify => match self.task(task).state {
                        // An unknown is settled by the record that follows.
                        TaskState::Unknown { .. } => {}
                        _ => self.transition(task, TaskState::Succeeded),
                    },
                    Purpose::Preview => {
                        self.task_mut(task).preview = Some(stdout.sha256.clone());
                        if self.task(task).state == TaskState::Previewing {
                            self.transition(task, TaskState::Todo);
                        }
                    }
                    Purpose::Sample => {}
                }
                Ok(())
            }
            RecordKind::StepFailed { path, purpose, took_ms, reason, .. } => {
                let task = self.find(path)?;
                self.apply_failed(task, *purpose, *took_ms, reason);
                Ok(())
            }
            RecordKind::StepNotStarted { path, reason, .. } => {
                let task = self.find(path)?;
                self.task_mut(task).heard = true;
                if matches!(reason, NotStartedReason::Revoked {}) {
                    self.task_mut(task).lost_starts += 1;
                    self.transition(task, TaskState::Todo);
                } else {
                    self.task_mut(task).tries += 1;
                    self.transition(task, TaskState::Failed(FailedReason::NotStarted(reason.clone())));
                }
                Ok(())
            }
            RecordKind::StepCancelled { path, report, .. } => {
                let task = self.find(path)?;
                self.task_mut(task).heard = true;
                self.task_mut(task).tries += 1;
                self.transition(task, TaskState::Failed(FailedReason::Cancelled(report.clone())));
                Ok(())
            }
            RecordKind::StepUnknown { path, reason, asking, .. } => {
                let doubt = if *asking { Doubt::Target } else { Doubt::Person };
                let task = self.find(path)?;
                self.task_mut(task).given_up = false;
                if !self.graph.effect(task).changes() {
                    self.task_mut(task).tries += 1;
                }
                self.transition(task, TaskState::Unknown { reason: reason.clone(), doubt });
                self.renew_question(task);
                Ok(())
            }
            RecordKind::StepReattached { path, .. } => {
                let task = self.find(path)?;
                self.task_mut(task).lost_starts = 0;
                self.transition(task, TaskState::Running);
                Ok(())
            }
            RecordKind::StepSettled { path, failed, .. } => {
                let task = self.find(path)?;
                match failed {
                    None => self.transition(task, TaskState::Succeeded),
                    Some(reason) => {
                        self.task_mut(task).tries += 1;
                        self.transition(task, TaskState::Failed(reason.clone()));
                    }
                }
                Ok(())
            }
            RecordKind::StepRetryScheduled { path, delay_ms, .. } => {
                let task = self.find(path)?;
                self.task_mut(task).timer = Some((stamp, *delay_ms));
                self.transition(task, TaskState::Retrying);
                Ok(())
            }
            RecordKind::StepSkipped { path, reason } => {
                if let Some(roll) = self.graph.find_roll(path) {
                    // A roll whose own `when:` does not hold is left out whole.
                    for task in self.graph.of_step[roll.0 as usize].clone().map(TaskIndex) {
                        self.transition(task, TaskState::Skipped);
                    }
                    return Ok(());
                }
                let task = self.find(path)?;
                if matches!(reason, SkipReason::Person { .. }) {
                    self.exceptions += 1;
                }
                self.transition(task, TaskState::Skipped);
                Ok(())
            }
            RecordKind::StepDoneByHand { path, .. } => {
                let task = self.find(path)?;
                self.exceptions += 1;
                self.transition(task, TaskState::ByHand);
                Ok(())
            }
            RecordKind::StepCompleted { path } => {
                self.transition(self.find(path)?, TaskState::Succeeded);
                Ok(())
            }
            RecordKind::StepWaiting { path, ms } => {
                let task = self.find(path)?;
                self.task_mut(task).began = Some(stamp.clone());
                self.task_mut(task).timer = Some((stamp, *ms));
                self.transition(task, TaskState::Waiting);
                Ok(())
            }
            RecordKind::UndoStarted { path } => {
                let task = self.find(path)?;
                self.exceptions += 1;
                for undo in self.graph.undo_of(task).to_vec() {
                    // What is still under way, or in doubt, is waited for and not begun beside itself.
                    if matches!(self.task(undo).state, TaskState::Running | TaskState::Unknown { .. }) {
                        continue;
                    }
                    self.task_mut(undo).tries = 0;
                    self.task_mut(undo).lost_starts = 0;
                    self.transition(undo, TaskState::Todo);
                }
                self.undoing.insert(task);
                self.transition(task, TaskState::Undoing);
                Ok(())
            }
            RecordKind::UndoFinished { path, succeeded } => {
                let task = self.find(path)?;
                self.undoing.remove(&task);
                if *succeeded {
                    self.task_mut(task).undone = true;
                    let reason = FailedReason::SaidByPerson { reason: "undone".to_owned() };
                    self.transition(task, TaskState::Failed(reason));
                } else {
                    self.transition(task, TaskState::Stuck);
                }
                Ok(())
            }
            RecordKind::OutcomeLate { path, attempt, .. } => {
                let task = self.find(path)?;
                let is = self.task_mut(task);
                is.late |= *attempt == is.attempt;
                is.abandoned.retain(|abandoned| abandoned != attempt);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn apply_intended(&mut self, task: TaskIndex, purpose: Purpose, attempt: u32, stamp: Stamp) {
        match purpose {
            Purpose::Main => {
                let timeout = self.graph.command(task).and_then(|c| c.timeout_ms);
                let changes = self.graph.effect(task).changes();
                let is = self.task_mut(task);
                if changes && is.attempt > 0 && !is.heard && !is.late && !is.abandoned.contains(&is.attempt) {
                    is.abandoned.push(is.attempt);
                }
                is.attempt = attempt;
                is.round = 1;
                is.took_ms = None;
                is.late = false;
                is.heard = false;
                is.undone = false;
                is.timer = timeout.map(|ms| (stamp.clone(), ms));
                is.began = Some(stamp);
                self.transition(task, TaskState::Running);
                if changes && let Some(top) = self.graph.top_of(task) {
                    for approve in self.graph.allowed_by[top.0 as usize].clone() {
                        self.approvals.entry(approve).or_default().used = true;
                    }
                }
            }
            Purpose::Preview => {
                self.task_mut(task).preview_attempt = attempt;
                // For an approval the destroy step itself stays where it is.
                let approving = self.graph.top_of(task).is_some_and(|top| {
                    self.graph.allowed_by[top.0 as usize]
                        .iter()
                        .any(|a| self.task(self.graph.single(*a)).state == TaskState::Previewing)
                });
                if !approving {
                    self.transition(task, TaskState::Previewing);
                }
            }
            Purpose::Verify => {
                self.task_mut(task).verify_attempt = attempt;
                let to = match &self.task(task).state {
                    TaskState::Unknown { reason, .. } => {
                        TaskState::Unknown { reason: reason.clone(), doubt: Doubt::Verify }
                    }
                    TaskState::Asking | TaskState::Failed(_) => TaskState::Verifying(VerifyAfter::Person),
                    TaskState::Verifying(after) => TaskState::Verifying(*after),
                    _ => TaskState::Verifying(VerifyAfter::Success),
                };
                self.transition(task, to);
            }
            Purpose::Sample => {}
        }
    }

    /// Its command ended well: its verify decides next, if it has one.
    fn apply_success(&mut self, task: TaskIndex) {
        let to = match self.graph.command(task).and_then(|c| c.verify.as_ref()) {
            None => TaskState::Succeeded,
            Some(Verify::Probe(_)) => TaskState::Verifying(VerifyAfter::Success),
            Some(Verify::Person) => TaskState::Asking,
        };
        self.transition(task, to);
    }

    fn apply_failed(&mut self, task: TaskIndex, purpose: Purpose, took_ms: Option<u64>, reason: &FailedReason) {
        match purpose {
            Purpose::Main => {
                let is = self.task_mut(task);
                is.heard = true;
                is.tries += 1;
                is.took_ms = took_ms.or(is.took_ms);
                self.transition(task, TaskState::Failed(reason.clone()));
            }
            Purpose::Verify => match self.task(task).state {
                TaskState::Unknown { .. } => {}
                _ if self.graph.is_manual(task) => self.transition(task, TaskState::Asking),
                _ => {
                    self.task_mut(task).tries += 1;
                    self.transition(task, TaskState::Failed(reason.clone()));
                }
            },
            Purpose::Preview => {
                if self.task(task).state == TaskState::Previewing {
                    self.task_mut(task).tries += 1;
                    self.transition(task, TaskState::Failed(reason.clone()));
                }
            }
            Purpose::Sample => {}
        }
    }
}
