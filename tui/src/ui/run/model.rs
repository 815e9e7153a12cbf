//! What a run's screen knows. Pages and overlays read it; only [`super::RunScreen`] changes what the run is.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use banister_core::plan::{PrintStyle, StepPath, print_human};
use banister_core::run::{Actor, Command, EffectKey, ExitCode, Now, RecordKind};
use banister_core::runbook::HostName;
use banister_core::view::{RunView, Usual};
use banister_runtime::control::{MOST_READ, Verb};
use banister_runtime::output::StreamKind;
use chrono::{DateTime, TimeDelta, Utc};

use super::overlay::READ;
use super::{Board, Outputs, Story, StreamKey, Tail};
use crate::ui::{Heard, Order, Presence, Refused, Theme};

/// What is asked of the engine when another row is looked at; a person did not ask it.
pub(super) const WANT: &str = "want";
/// Messages to the operator that are kept.
const MESSAGES: usize = 100;

/// How this screen is connected to its run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Link {
    /// Nothing came yet.
    Connecting,
    /// An engine speaks.
    Live,
    /// The engine ended.
    Ended(ExitCode),
    /// The engine is gone without a word; what is known in one sentence.
    Lost(String),
}

/// A pane of the run page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pane {
    Steps,
    Hosts,
    Output,
}

/// What a command printed last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pulse {
    /// When.
    pub(crate) at: DateTime<Utc>,
    /// Bytes so far, on both streams.
    pub(crate) bytes: u64,
    /// Its last line, as it came: a display passes it through `shown`.
    pub(crate) line: String,
}

fn millis(ms: u64) -> TimeDelta {
    TimeDelta::milliseconds(i64::try_from(ms).unwrap_or(i64::MAX / 2))
}

/// One message to the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) at: DateTime<Utc>,
    /// As it came: a display passes it through `shown`.
    pub(crate) text: String,
    /// It wants attention.
    pub(crate) attention: bool,
}

/// The run as this screen knows it.
pub(crate) struct RunModel {
    /// The run's id.
    pub(crate) run: String,
    /// The fold of the records; `None` before the engine said what runs.
    pub(crate) view: Option<RunView>,
    /// Who looks.
    pub(crate) you: Actor,
    /// This screen may only look.
    pub(crate) watch: bool,
    /// It plays a journal: nothing can be said to it.
    pub(crate) replay: bool,
    /// The last record that was written when this screen came.
    pub(crate) awaited: u64,
    /// The last record that came, also where it could not be shown.
    pub(crate) reached: u64,
    pub(crate) link: Link,
    pub(crate) people: Vec<Presence>,
    pub(crate) outputs: Outputs,
    /// When a command's process was last seen alive.
    pub(crate) alive: BTreeMap<EffectKey, DateTime<Utc>>,
    /// What each command that runs has printed, by instance and host; what ended stays until the instance runs again.
    pub(crate) pulses: BTreeMap<(StepPath, HostName), Pulse>,
    /// How long things usually take; `None` until the history was read.
    pub(crate) usual: Option<Arc<Usual>>,
    pub(crate) messages: Vec<Said>,
    /// Who holds the run, and since when.
    pub(crate) held: Option<(Actor, DateTime<Utc>)>,
    /// What happened last.
    pub(crate) tail: Tail,
    /// Made when it is looked at, dropped by the next record: a journal of many records is folded, not drawn.
    board: OnceCell<Board>,
    /// Stored output that was asked for, by the request's number.
    reads: BTreeMap<u64, (StreamKey, u32)>,
    /// The timeline so far.
    pub(crate) story: Story,
    /// The plan as it is printed, line by line.
    pub(crate) plan_lines: Vec<String>,
    pub(crate) theme: Theme,
    /// Times are shown in local time, not UTC.
    pub(crate) local_time: bool,
    /// Columns and rows.
    pub(crate) size: (u16, u16),
    next_id: u64,
    /// What was asked of the engine and not answered yet, by its number.
    pub(crate) pending: BTreeMap<u64, &'static str>,
}

impl RunModel {
    pub(crate) fn new(theme: Theme) -> Self {
        Self {
            run: String::new(),
            view: None,
            you: Actor::Engine {},
            watch: false,
            replay: false,
            awaited: 0,
            reached: 0,
            link: Link::Connecting,
            people: Vec::new(),
            outputs: Outputs::default(),
            alive: BTreeMap::new(),
            pulses: BTreeMap::new(),
            usual: None,
            messages: Vec::new(),
            held: None,
            tail: Tail::default(),
            board: OnceCell::new(),
            reads: BTreeMap::new(),
            story: Story::default(),
            plan_lines: Vec::new(),
            theme,
            local_time: false,
            size: (80, 24),
            next_id: 0,
            pending: BTreeMap::new(),
        }
    }

    /// An order that says something to the engine. `what` names it until it is answered.
    pub(crate) fn send(&mut self, what: &'static str, verb: Verb) -> Order {
        self.next_id += 1;
        self.pending.insert(self.next_id, what);
        Order::Send { id: self.next_id, verb: Box::new(verb) }
    }

    /// An order that reads the stored end of a stream; it comes into the outputs by itself.
    pub(super) fn read(&mut self, key: &EffectKey, stderr: bool) -> Order {
        let stream = if stderr { StreamKind::Stderr } else { StreamKind::Stdout };
        let order = self.send(READ, Verb::Read { key: key.clone(), stream, from: None, most: MOST_READ });
        let name = StreamKey { path: key.path.clone(), host: key.host.clone(), stderr };
        self.reads.insert(self.next_id, (name, key.attempt));
        order
    }

    /// The rows of the run as it is; `None` before the engine said what runs.
    pub(crate) fn board(&self) -> Option<&Board> {
        let view = self.view.as_ref()?;
        Some(self.board.get_or_init(|| Board::new(view)))
    }

    /// The same for a command.
    pub(crate) fn command(&mut self, command: Command) -> Order {
        let (what, verb) = match command {
            Command::Hold => ("hold", Verb::Hold {}),
            Command::Continue => ("continue", Verb::Continue {}),
            Command::Abort { running } => ("abort", Verb::Abort { running }),
            Command::Note { text, at } => ("note", Verb::Note { text, at }),
            Command::Decide { text } => ("decide", Verb::Decide { text }),
            Command::Pen => ("pen", Verb::Pen {}),
        };
        self.send(what, verb)
    }

    /// Whether the run was further when this screen came than what is known of it: there is nothing to see yet, and
    /// nothing to act on.
    pub(crate) fn is_behind(&self) -> bool {
        match self.link {
            Link::Connecting => true,
            Link::Live => self.reached < self.awaited,
            // Nothing more comes.
            Link::Ended(_) | Link::Lost(_) => false,
        }
    }

    /// Why nothing can be said to the run from here; `None` if something can.
    pub(crate) fn cannot_act(&self) -> Option<String> {
        if self.replay {
            return Some("this is a replay: nothing happens".to_owned());
        }
        match &self.link {
            Link::Connecting => Some("the engine has not answered yet".to_owned()),
            Link::Lost(why) => Some(why.clone()),
            Link::Ended(exit) => Some(format!("the engine has ended with {exit}")),
            Link::Live if self.watch => Some("you only watch: attach without --watch to act".to_owned()),
            Link::Live => None,
        }
    }

    /// Whether nobody is there who could be asked for stored output.
    pub(crate) fn cannot_ask(&self) -> bool {
        self.replay || self.link != Link::Live
    }

    /// Says something to the operator.
    pub(crate) fn say(&mut self, text: impl Into<String>, attention: bool, now: &Now) {
        if self.messages.len() >= MESSAGES {
            self.messages.remove(0);
        }
        self.messages.push(Said { at: now.wall, text: text.into(), attention });
    }

    /// Folds what came.
    pub(super) fn hear(&mut self, heard: &Heard, now: &Now) {
        match heard {
            Heard::Welcome { run, plan, you, watch, seq } => {
                self.run.clone_from(run);
                self.you = you.clone();
                (self.watch, self.awaited, self.link) = (*watch, *seq, Link::Live);
                // After a lost connection the same run goes on: what was folded stays.
                if self.view.as_ref().is_none_or(|view| view.plan() != plan) {
                    let style = PrintStyle { ascii: !self.theme.boxes };
                    self.plan_lines = print_human(plan, style).lines().map(str::to_owned).collect();
                    self.story = Story::default();
                    self.view = Some(RunView::without_remarks(plan.clone()));
                    self.board.take();
                }
            }
            Heard::Record(record) => {
                let Some(view) = &mut self.view else { return };
                self.reached = self.reached.max(record.seq);
                if record.seq <= view.state().seq() {
                    return;
                }
                self.board.take();
                if let Err(error) = view.apply(record) {
                    return self.say(format!("cannot show record {}: {error}", record.seq), true, now);
                }
                self.story.push(view, record);
                self.tail.push(record);
                match &record.kind {
                    RecordKind::RunHeld {} => self.held = Some((record.actor.clone(), record.at)),
                    RecordKind::RunContinued {} => self.held = None,
                    _ => {}
                }
            }
            Heard::Output { key, stream, bytes } => self.outputs.push(key, stream == "stderr", bytes, now.wall),
            Heard::OutputLost { bytes } => self.outputs.lost += bytes,
            Heard::Chunk { id, from, bytes, .. } => {
                self.pending.remove(id);
                if let Some((name, attempt)) = self.reads.remove(id) {
                    self.outputs.put(name, attempt, *from, bytes);
                }
            }
            Heard::Present(people) => self.people.clone_from(people),
            Heard::Alive { key, ago_ms } => {
                self.alive.insert(key.clone(), now.wall - millis(*ago_ms));
            }
            Heard::Pulses(pulses) => {
                for said in pulses {
                    let at = now.wall - millis(said.ago_ms);
                    let pulse = Pulse { at, bytes: said.bytes, line: said.line.clone() };
                    self.pulses.insert((said.key.path.clone(), said.key.host.clone()), pulse);
                }
            }
            Heard::Usual(usual) => self.usual = Some(usual.clone()),
            Heard::Notice(text) => self.say(text.clone(), false, now),
            Heard::Replied { id, result } => {
                let what = self.pending.remove(id);
                self.reads.remove(id);
                match (what, result) {
                    (Some("note"), Ok(_)) => self.say("your note is in the timeline", false, now),
                    (Some("decide"), Ok(_)) => self.say("your decision is in the timeline", false, now),
                    _ => {}
                }
                // Who asked for stored output says itself that there is none.
                if let (Some(what), Err(Refused { why, .. })) =
                    (what.filter(|what| ![READ, WANT].contains(what)), result)
                {
                    self.say(format!("{what} was not taken: {why}"), true, now);
                }
            }
            Heard::Ended(exit) => self.link = Link::Ended(*exit),
            Heard::Lost { why } => {
                self.link = Link::Lost(why.clone());
                // Who is here is what the engine said, and there is nothing left to be attached to.
                self.people.clear();
                self.say(why.clone(), true, now);
            }
        }
    }
}
