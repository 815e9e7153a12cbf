//! One run, driven by a test, and the screen that hears of it.

use std::convert::Infallible;
use std::sync::Arc;

use banister_core::plan::{Plan, StepPath};
use banister_core::run::{
    Actor, Answer, BootId, Captured, CapturedText, Command, Durability, Effect, EffectKey, Ended, ExecuteRequest, Exit,
    HostIdentity, Input, Journal, NotStartedReason, Now, Purpose, Record, RecordKind, Rejected, Report, Run,
    StreamInfo, TargetAnswer, Timer, UnknownReason, Word,
};
use chrono::{DateTime, TimeDelta, Utc};

use super::books::{info, person};
use crate::ui::run::RunScreen;
use crate::ui::{Heard, Key, Message, Order, Presence, Program as _, Theme};

/// When every scene begins.
pub(super) const START: &str = "2026-11-21T14:09:28Z";

/// So long after the beginning of a scene.
pub(crate) fn at_ms(ms: u64) -> Now {
    let start: DateTime<Utc> = START.parse().expect("a moment");
    Now {
        wall: start + TimeDelta::milliseconds(i64::try_from(ms).expect("a scene is short")),
        elapsed: ms * 1_000_000,
        boot: BootId("boot-1".to_owned()),
    }
}

/// Keys as a test writes them: names as in the footer, apart by spaces; other words are typed letter by letter.
pub(crate) fn keys_of(text: &str) -> Vec<Key> {
    let named = |word: &str| {
        Some(match word {
            "enter" => Key::Enter,
            "esc" => Key::Esc,
            "tab" => Key::Tab,
            "shift-tab" => Key::BackTab,
            "backspace" => Key::Backspace,
            "delete" => Key::Delete,
            "up" => Key::Up,
            "down" => Key::Down,
            "left" => Key::Left,
            "right" => Key::Right,
            "home" => Key::Home,
            "end" => Key::End,
            "page-up" => Key::PageUp,
            "page-down" => Key::PageDown,
            "space" => Key::Char(' '),
            _ => Key::Ctrl(word.strip_prefix("ctrl-")?.chars().next()?),
        })
    };
    let keys = |word: &str| named(word).map_or_else(|| word.chars().map(Key::Char).collect(), |key| vec![key]);
    text.split(' ').filter(|word| !word.is_empty()).flat_map(keys).collect()
}

#[derive(Default)]
struct Memory(Vec<Record>);

impl Journal for Memory {
    type Error = Infallible;

    fn append(&mut self, batch: &[Record], _: Durability) -> Result<(), Infallible> {
        self.0.extend_from_slice(batch);
        Ok(())
    }
}

/// A run, what it wants done and nobody has done yet, and a screen that is attached to it.
pub(crate) struct Scene {
    pub(crate) screen: RunScreen,
    /// Everything that the screen ordered so far.
    pub(crate) orders: Vec<Order>,
    run: Run,
    journal: Memory,
    heard: usize,
    effects: Vec<Effect>,
    /// Milliseconds since the beginning.
    pub(crate) ms: u64,
}

impl Scene {
    /// A run that was started by alice and has met its hosts; its preconditions, if it has some, wait for their ends.
    /// The screen is alice's.
    pub(crate) fn started(plan: Arc<Plan>) -> Self {
        let mut scene = Self::planned(plan);
        scene.meet();
        scene
    }

    /// A run whose first record is written.
    pub(crate) fn planned(plan: Arc<Plan>) -> Self {
        let mut scene = Self::before(plan);
        let info = Box::new(info(scene.run.plan()));
        scene.say(Input::Start { actor: person("alice", 1000), info }).expect("a run starts");
        scene
    }

    /// A run without records, to which a screen is attached.
    pub(crate) fn before(plan: Arc<Plan>) -> Self {
        let run = Run::resume(plan.clone(), &plan.hash(), &[]).expect("a run without records");
        let (journal, screen) = (Memory::default(), RunScreen::new(Theme { colour: true, boxes: true }));
        let mut scene = Self { screen, orders: Vec::new(), run, journal, heard: 0, effects: Vec::new(), ms: 0 };
        let welcome = Heard::Welcome { run: info(&plan).run, plan, you: person("alice", 1000), watch: false, seq: 0 };
        scene.hear(welcome);
        scene
    }

    /// The moment it is.
    pub(crate) fn now(&self) -> Now {
        at_ms(self.ms)
    }

    /// Every record so far.
    pub(crate) fn records(&self) -> &[Record] {
        &self.journal.0
    }

    /// Time passes.
    pub(crate) fn after(&mut self, ms: u64) -> &mut Self {
        self.ms += ms;
        self
    }

    /// Time passes, and the loop says so.
    pub(crate) fn tick(&mut self) -> &mut Self {
        self.ms += 1_000;
        self.update(Message::Tick);
        self
    }

    /// Something comes to the screen. Gives what it orders.
    pub(crate) fn update(&mut self, message: Message) -> Vec<Order> {
        let now = self.now();
        let orders = self.screen.update(message, &now);
        self.orders.extend(orders.iter().cloned());
        orders
    }

    /// Something comes from the engine.
    pub(crate) fn hear(&mut self, heard: Heard) -> Vec<Order> {
        self.update(Message::Heard(heard))
    }

    /// The person types. Gives what the screen orders.
    pub(crate) fn keys(&mut self, text: &str) -> Vec<Order> {
        keys_of(text).into_iter().flat_map(|key| self.update(Message::Key(key))).collect()
    }

    /// An input happens to the run; the screen hears the records.
    pub(crate) fn say(&mut self, input: Input) -> Result<(), Rejected> {
        let mut batch = self.run.batch(self.now());
        batch.decide(input)?;
        let Ok(effects) = batch.commit(&mut self.journal);
        self.effects.extend(effects);
        let news: Vec<Record> = self.journal.0[self.heard..].to_vec();
        self.heard += news.len();
        for record in news {
            self.hear(Heard::Record(Box::new(record)));
        }
        Ok(())
    }

    /// Every host is met.
    pub(crate) fn meet(&mut self) {
        while let Some(at) = self.effects.iter().position(|e| matches!(e, Effect::Preflight { .. })) {
            let Effect::Preflight { host, .. } = self.effects.remove(at) else { unreachable!() };
            let identity =
                HostIdentity { ledger: Some(format!("of {host}")), machine: host.to_string(), boot: "b".to_owned() };
            self.say(Input::Preflighted { host, result: Ok(identity) }).expect("a host is met");
        }
    }

    /// What was sent and has not ended, in the order it was sent.
    pub(crate) fn sent(&self) -> impl Iterator<Item = &ExecuteRequest> {
        self.effects.iter().filter_map(|effect| match effect {
            Effect::Execute(request) => Some(&**request),
            _ => None,
        })
    }

    /// The key of what was sent to an instance, such as `restart/@kafka-03/stop`; of a gate the first of its hosts.
    pub(crate) fn key(&self, path: &str) -> EffectKey {
        let sent = self.sent().find(|request| request.key.path.to_string() == path);
        sent.unwrap_or_else(|| panic!("nothing was sent for {path}: {:?}", self.sent_paths())).key.clone()
    }

    fn sent_paths(&self) -> Vec<String> {
        self.sent().map(|request| request.key.to_string()).collect()
    }

    fn take(&mut self, key: &EffectKey) {
        self.effects.retain(|effect| !matches!(effect, Effect::Execute(request) if request.key == *key));
    }

    /// What was sent ends in any way; it took as long as it was under way.
    pub(crate) fn report(&mut self, key: EffectKey, mut report: Report) {
        let is = |record: &&Record| match &record.kind {
            RecordKind::StepIntended { path, host, purpose, attempt, .. } => {
                *path == key.path && *host == key.host && *purpose == key.purpose && *attempt == key.attempt
            }
            _ => false,
        };
        let began = self.journal.0.iter().find(is).map_or(0, |record| record.elapsed / 1_000_000);
        if let Report::Ended(ended) = &mut report {
            ended.took_ms = self.ms.saturating_sub(began);
        }
        self.take(&key);
        self.say(Input::Reported { key, report, at: None }).expect("an end that is awaited");
    }

    /// An instance's command ends; on every host where one of it runs.
    pub(crate) fn ends(&mut self, path: &str, status: i32, stdout: &str) -> &mut Self {
        let keys: Vec<EffectKey> =
            self.sent().filter(|r| r.key.path.to_string() == path).map(|r| r.key.clone()).collect();
        assert!(!keys.is_empty(), "nothing was sent for {path}: {:?}", self.sent_paths());
        keys.into_iter().for_each(|key| self.report(key, ended(status, stdout)));
        self
    }

    /// The same, of one that prints to standard error only.
    pub(crate) fn fails(&mut self, path: &str, status: i32, stderr: &str) -> &mut Self {
        self.prints(path, true, stderr);
        let mut report = ended(status, "");
        if let Report::Ended(ended) = &mut report {
            ended.stderr = captured(stderr);
        }
        self.report(self.key(path), report);
        self
    }

    /// The host of an instance cannot be reached: it never started.
    pub(crate) fn unreachable(&mut self, path: &str, why: &str) -> &mut Self {
        let reason = NotStartedReason::Unreachable { why: why.to_owned() };
        self.report(self.key(path), Report::NotStarted(reason));
        self
    }

    /// The connection is lost under an instance's command; its host is asked.
    pub(crate) fn loses(&mut self, path: &str, why: &str) -> &mut Self {
        self.report(self.key(path), Report::Unknown(UnknownReason::Lost { why: why.to_owned() }));
        self
    }

    /// The host that is asked about an instance answers.
    pub(crate) fn told(&mut self, path: &str, answer: TargetAnswer) -> &mut Self {
        let is = |e: &Effect| matches!(e, Effect::AskTarget(request) if request.key.path.to_string() == path);
        let at = self.effects.iter().position(is).expect("the host is asked");
        let Effect::AskTarget(request) = self.effects.remove(at) else { unreachable!() };
        self.say(Input::TargetAnswered { key: request.key, answer }).expect("an answer that is awaited");
        self
    }

    /// The first armed timer of an instance fires: a sample, a gate's end, a timeout, a retry.
    pub(crate) fn fires(&mut self, fits: impl Fn(&Timer) -> bool) -> &mut Self {
        let at = self.effects.iter().position(|e| matches!(e, Effect::ArmTimer { timer, .. } if fits(timer)));
        let Effect::ArmTimer { timer, .. } = self.effects.remove(at.expect("such a timer is armed")) else {
            unreachable!()
        };
        // A timer that nobody awaits any more is rejected, and that is all.
        let _ = self.say(Input::TimerFired { timer });
        self
    }

    /// Everything that was sent ends as `reply` says, again and again, samples and waits included, until nothing is left.
    pub(crate) fn all_end(&mut self, reply: impl Fn(&ExecuteRequest) -> (i32, &'static str)) -> &mut Self {
        loop {
            let next = self.sent().next().cloned();
            if let Some(request) = next {
                let (status, stdout) = reply(&request);
                self.ms += if request.key.purpose == Purpose::Main { 1_000 } else { 100 };
                self.report(request.key, ended(status, stdout));
                continue;
            }
            let timer = |e: &Effect| {
                matches!(
                    e,
                    Effect::ArmTimer { timer: Timer::Sample { .. } | Timer::Retry { .. } | Timer::Wait { .. }, .. }
                )
            };
            let Some(at) = self.effects.iter().position(timer) else { return self };
            let Effect::ArmTimer { timer, after_ns } = self.effects.remove(at) else { unreachable!() };
            self.ms += after_ns / 1_000_000;
            let _ = self.say(Input::TimerFired { timer });
        }
    }

    /// The command of an instance prints something.
    pub(crate) fn prints(&mut self, path: &str, stderr: bool, text: impl AsRef<[u8]>) -> &mut Self {
        let key = self.key(path);
        let stream = if stderr { "stderr" } else { "stdout" }.to_owned();
        self.hear(Heard::Output { key, stream, bytes: text.as_ref().to_vec() });
        self
    }

    /// Somebody commands the run.
    pub(crate) fn command(&mut self, who: Actor, command: Command) -> &mut Self {
        self.say(Input::Commanded { actor: who, command }).expect("a command that is taken");
        self
    }

    /// Somebody answers the first open ask of an instance.
    pub(crate) fn answers(&mut self, who: Actor, path: &str, word: Word) -> &mut Self {
        let path = StepPath::parse(path).expect("a path");
        let ask = self.run.state().asks().find(|ask| ask.id.path == path).expect("it asks").clone();
        let text = Some("looked at it, the graph is flat".to_owned());
        let answer = Answer {
            ask: ask.id,
            word,
            reason: text.clone(),
            evidence: text,
            fact: Some("3".to_owned()),
            plan: Some(self.run.state().plan_hash().to_owned()),
            typed: ask.typed,
            wait_ms: Some(60_000),
            prepared: false,
        };
        self.say(Input::Answered { actor: who, answer }).expect("an answer that is taken");
        self
    }

    /// Who is attached, the first since the beginning.
    pub(crate) fn here(&mut self, people: &[(&str, u32, bool)]) -> &mut Self {
        let since = at_ms(0).wall;
        let people = people.iter().map(|(name, uid, watch)| Presence { who: person(name, *uid), since, watch: *watch });
        let people = people.collect();
        self.hear(Heard::Present(people));
        self
    }

    /// The screen as text.
    pub(crate) fn look(&mut self, width: u16, height: u16) -> String {
        self.update(Message::Resize { width, height });
        super::picture(&self.screen, &self.now(), width, height)
    }
}

fn captured(text: &str) -> Captured {
    Captured {
        text: CapturedText::Text(text.to_owned()),
        info: StreamInfo { bytes: text.len() as u64, sha256: format!("digest of {text}"), redactions: 0, cut: false },
    }
}

fn ended(status: i32, stdout: &str) -> Report {
    Report::Ended(Box::new(Ended {
        exit: Exit::Code(status),
        took_ms: 0,
        stdout: captured(stdout),
        stderr: captured(""),
    }))
}
