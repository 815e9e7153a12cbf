//! Why an input was not taken. A rejected input changes nothing.

use super::{Actor, AskKind, Word};
use crate::plan::StepPath;

/// Names the reason for which an input was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The run has records: it is resumed, not started.
    #[error("the run has been started already")]
    AlreadyStarted,
    /// The run has no records: it is started first.
    #[error("the run has not been started")]
    NotYetStarted,
    /// The run has ended.
    #[error("the run is over")]
    RunOver,
    /// This engine has ended; another one may resume.
    #[error("the engine has drained; resume the run first")]
    Drained,
    /// Records were read and no `Resumed` came yet.
    #[error("the run must be resumed first")]
    NotResumed,
    /// The plan has no such instance.
    #[error("the plan has no step `{0}`")]
    UnknownStep(String),
    /// The plan has no such host.
    #[error("the plan has no host `{0}`")]
    UnknownHost(String),
    /// That attempt is not under way: a duplicate, or an old one.
    #[error("attempt {attempt} of `{path}` is not under way")]
    NotUnderWay {
        /// The instance.
        path: StepPath,
        /// The attempt.
        attempt: u32,
    },
    /// That timer is not awaited any more.
    #[error("that timer is not awaited any more")]
    StaleTimer,
    /// There is no such open ask.
    #[error("`{path}` asks nothing under number {number}; it may have been answered or withdrawn")]
    NoSuchAsk {
        /// The instance.
        path: StepPath,
        /// The number.
        number: u32,
    },
    /// The word is not among those offered.
    #[error("`{word:?}` cannot be said at a {kind:?} ask; say one of {offered:?}")]
    WordNotOffered {
        /// What was said.
        word: Word,
        /// What kind of ask.
        kind: AskKind,
        /// What may be said.
        offered: Vec<Word>,
    },
    /// The word needs a reason.
    #[error("this answer needs a reason")]
    ReasonMissing,
    /// The word needs evidence.
    #[error("this answer needs evidence: what shows that it is done?")]
    EvidenceMissing,
    /// The word needs a time.
    #[error("this answer needs a time: how much longer?")]
    WaitMissing,
    /// The approval asks for a fact.
    #[error("this approval needs the fact it asks for")]
    FactMissing,
    /// The fact is not what the machine knows.
    #[error("the fact given is not right")]
    FactWrong,
    /// The fact's own answer could not be computed.
    #[error("the fact cannot be computed: {0}")]
    FactUnknown(String),
    /// Approving a destroy step beforehand needs the plan's hash.
    #[error("approving a destroy step beforehand needs the plan's hash")]
    PlanMissing,
    /// The answer is for another plan.
    #[error("the answer is for plan {given}, this run's is {plan}")]
    PlanDiffers {
        /// Its hash.
        given: String,
        /// This run's.
        plan: String,
    },
    /// What was typed is not what was asked for.
    #[error("type `{0}` to confirm")]
    TypedDiffers(String),
    /// The person is not among those who may approve.
    #[error("{0} is not among those who may approve: one of them must attach, or say `break-glass` with a reason")]
    NotAmongApprovers(Actor),
    /// The starter may not approve this.
    #[error(
        "the person who started the run may not approve this: another must attach, or say `break-glass` with a reason"
    )]
    StarterMayNotApprove,
    /// One person counts once.
    #[error("{0} has approved already: another person must, or say `break-glass` with a reason")]
    SamePersonTwice(Actor),
    /// The glass is for whom the approval excludes.
    #[error("nothing keeps {0} from approving this: say `approve`")]
    MayApprove(Actor),
    /// It was given beforehand, and must be typed when it is asked for.
    #[error("`{0}` is not taken from an answers file: it is typed when it is needed")]
    MustBeTyped(Word),
    /// The engine itself cannot answer an ask or give a command.
    #[error("only a person can say this")]
    NotAPerson,
    /// A name without an account counts in drills and rehearsals only.
    #[error("`as:` is honoured in drills and rehearsals only")]
    NameOutsideDrill,
    /// Somebody else drives.
    #[error("{0} has the pen and drives; to drive instead, take it first: `pen`")]
    PenHeldBy(Actor),
    /// Nobody drives since the pen was handed over.
    #[error("nobody has the pen since it was handed over; to drive, take it first: `pen`")]
    PenFree,
    /// The pen is this person's already.
    #[error("you have the pen already")]
    PenIsYours,
    /// The run is held already.
    #[error("the run is held already")]
    AlreadyHeld,
    /// The run is not held.
    #[error("the run is not held")]
    NotHeld,
    /// The run is being aborted already, at least as hard.
    #[error("the run is being aborted already")]
    AlreadyAborted,
    /// The engine drains already.
    #[error("the engine is draining already")]
    AlreadyDraining,
    /// This step has no undo.
    #[error("this step has no undo")]
    NoUndo,
    /// An earlier batch could not be journalled: this `Run` must be dropped.
    #[error("the journal failed; drop this run and resume it from what can be read")]
    Poisoned,
}

impl Rejected {
    /// Its name, for programs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::AlreadyStarted => "already_started",
            Self::NotYetStarted => "not_yet_started",
            Self::RunOver => "run_over",
            Self::Drained => "drained",
            Self::NotResumed => "not_resumed",
            Self::UnknownStep(..) => "unknown_step",
            Self::UnknownHost(..) => "unknown_host",
            Self::NotUnderWay { .. } => "not_under_way",
            Self::StaleTimer => "stale_timer",
            Self::NoSuchAsk { .. } => "no_such_ask",
            Self::WordNotOffered { .. } => "word_not_offered",
            Self::ReasonMissing => "reason_missing",
            Self::EvidenceMissing => "evidence_missing",
            Self::WaitMissing => "wait_missing",
            Self::FactMissing => "fact_missing",
            Self::FactWrong => "fact_wrong",
            Self::FactUnknown(..) => "fact_unknown",
            Self::PlanMissing => "plan_missing",
            Self::PlanDiffers { .. } => "plan_differs",
            Self::TypedDiffers(..) => "typed_differs",
            Self::NotAmongApprovers(..) => "not_among_approvers",
            Self::StarterMayNotApprove => "starter_may_not_approve",
            Self::SamePersonTwice(..) => "same_person_twice",
            Self::MayApprove(..) => "may_approve",
            Self::MustBeTyped(..) => "must_be_typed",
            Self::NotAPerson => "not_a_person",
            Self::NameOutsideDrill => "name_outside_drill",
            Self::PenHeldBy(..) => "pen_held_by",
            Self::PenFree => "pen_free",
            Self::PenIsYours => "pen_is_yours",
            Self::AlreadyHeld => "already_held",
            Self::NotHeld => "not_held",
            Self::AlreadyAborted => "already_aborted",
            Self::AlreadyDraining => "already_draining",
            Self::NoUndo => "no_undo",
            Self::Poisoned => "poisoned",
        }
    }
}
