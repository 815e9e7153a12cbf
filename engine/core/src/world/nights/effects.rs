//! What the effects of a run do in the world of a night, and what comes back of it: late, twice, or not at all. What a
//! host keeps is in `hosts.rs`.

use super::hosts::{self, Fate};
use super::{Event, Night, SECOND};
use crate::plan::StepPath;
use crate::run::{
    Effect, EffectKey, ExecuteRequest, HostIdentity, Input, LockHolder, Purpose, Report, TargetAnswer, UnknownReason,
};

impl Night {
    pub(super) fn deliver(&mut self, input: Input) -> Result<(), String> {
        if let Input::Reported { key, report, .. } = &input
            && key.purpose == Purpose::Sample
        {
            let is_good = self.is_good_sample(key, report);
            if is_good && self.executed.contains(key) {
                self.oracle.good_samples.insert((key.path.clone(), key.attempt, key.host.clone()));
            }
        }
        self.say(input)
    }

    fn is_good_sample(&self, key: &EffectKey, report: &Report) -> bool {
        let Report::Ended(ended) = report else { return false };
        if self.has_until(&key.path) {
            matches!(&ended.stdout.text, crate::run::CapturedText::Text(text) if text == "good")
        } else {
            ended.exit == crate::run::Exit::Code(0)
        }
    }

    fn has_until(&self, path: &StepPath) -> bool {
        use crate::plan::Action;
        let step = self.plan.steps.iter().find(|s| s.id == *path.root());
        match step.map(|s| &s.action) {
            Some(Action::Gate(gate)) => gate.until.is_some(),
            Some(Action::Roll(roll)) => match roll.steps.iter().find(|s| s.id == *path.id()).map(|s| &s.action) {
                Some(Action::Gate(gate)) => gate.until.is_some(),
                _ => roll.gate.as_ref().is_some_and(|g| g.until.is_some()),
            },
            _ => false,
        }
    }

    /// Sends a report on its way, sometimes twice.
    pub(super) fn report(&mut self, engine: u32, key: EffectKey, report: Report) {
        let input = Input::Reported { key, report, at: None };
        let delay = self.random.between(0, 2 * SECOND);
        self.later(delay, Event::Deliver(engine, Box::new(input.clone())));
        if self.random.permille(100) {
            self.count("fault: reported twice");
            let delay = self.random.between(0, 30 * SECOND);
            self.later(delay, Event::Deliver(engine, Box::new(input)));
        }
    }

    pub(super) fn dispatch(&mut self, effect: Effect) -> Result<(), String> {
        match effect {
            Effect::Preflight { host, over, .. } => {
                let delay = self.random.between(0, SECOND);
                if self.is_calm() {
                    self.hosts.locks.clear();
                }
                if let Some(other) = self.hosts.locks.get(&host).filter(|other| over.as_ref() != Some(*other)) {
                    let by = LockHolder {
                        run: other.clone(),
                        holder: "mallory@elsewhere".to_owned(),
                        since: "2026-05-01T11:58:00Z".to_owned(),
                    };
                    if self.random.permille(300) {
                        // It ends before anybody has decided.
                        self.hosts.locks.remove(&host);
                    }
                    self.count("fault: another run has a host");
                    self.later(delay, Event::Deliver(self.engine, Box::new(Input::Locked { host, by })));
                    return Ok(());
                }
                self.hosts.locks.remove(&host);
                let is_refused =
                    !self.is_calm() && self.random.permille(if self.favourite == "host.refused" { 300 } else { 3 });
                let result = if is_refused {
                    Err("no room".to_owned())
                } else {
                    let one = match &self.twins {
                        Some((one, other)) if *other == host => one,
                        _ => &host,
                    };
                    Ok(HostIdentity {
                        ledger: Some(format!("ledger of {one}")),
                        machine: host.to_string(),
                        // A host that is met by both names in different boots cannot be told.
                        boot: if self.twins.is_some() { "b".to_owned() } else { format!("boot {}", self.boot / 2) },
                    })
                };
                let input = Input::Preflighted { host, result };
                if self.random.permille(50) {
                    self.later(delay + SECOND, Event::Deliver(self.engine, Box::new(input.clone())));
                }
                self.later(delay, Event::Deliver(self.engine, Box::new(input)));
            }
            Effect::ArmTimer { timer, after_ns } => {
                let jitter = self.random.between(0, SECOND / 10);
                self.later(after_ns + jitter, Event::Timer(self.engine, timer.clone()));
                if self.random.permille(50) {
                    self.count("fault: a timer fired twice");
                    self.later(after_ns + SECOND, Event::Timer(self.engine, timer));
                }
            }
            Effect::Execute(request) => self.execute(*request)?,
            Effect::AskTarget(request) => {
                self.check_question(&request.key)?;
                self.ask_target(*request);
            }
            Effect::Cancel(request) => {
                let delay = self.random.between(SECOND / 10, 5 * SECOND);
                self.count("cancelled");
                self.later(delay, Event::Killed(request.key.clone(), self.engine));
            }
        }
        Ok(())
    }

    fn execute(&mut self, request: ExecuteRequest) -> Result<(), String> {
        self.check_execute(&request)?;
        self.executed.insert(request.key.clone());
        let is_calm = self.is_calm();
        let is_cut = self.is_cut(&request.key.host);
        if !is_calm
            && self.favourite == "approval.voided"
            && request.key.purpose == Purpose::Preview
            && self.random.permille(400)
        {
            self.count("fault: somebody changed what a destroy step takes");
            self.hosts.meddle(&request.key.path);
        }
        if !request.effect.changes() {
            let report = match is_cut {
                true => hosts::unreachable(),
                false => self.hosts.read(&request, &mut self.random, is_calm),
            };
            self.report(self.engine, request.key, report);
            return Ok(());
        }
        let fate = match is_cut {
            true if self.random.permille(500) => Fate::Unreachable,
            true => Fate::LostBefore,
            false if !is_calm && self.swallows.as_ref() == Some(&request.key.host) => Fate::LostBefore,
            // Lost, and heard of again when somebody has settled it.
            false if self.is_about_late_outcomes() && self.random.permille(400) => Fate::LostRunning,
            false => hosts::fate(&mut self.random, request.effect, is_calm),
        };
        self.count(format!("fate: {fate:?}"));
        let status = i32::from(!is_calm && self.random.permille(180));
        let stdout = if self.random.permille(50) && !is_calm { "bad" } else { "good" };
        let engine = self.engine;
        let took = self.random.between(SECOND / 10, 20 * SECOND);
        match fate {
            Fate::Unreachable => self.report(engine, request.key, hosts::unreachable()),
            Fate::LostBefore => self.report(engine, request.key, hosts::lost()),
            Fate::LateStart => {
                self.report(engine, request.key.clone(), hosts::lost());
                let delay = self.random.between(SECOND / 10, 60 * SECOND);
                self.later(delay, Event::LateStart(Box::new(request)));
            }
            _ => {
                if let Err(reason) = self.hosts.claim(&request, status, stdout) {
                    self.report(engine, request.key, Report::NotStarted(reason));
                    return Ok(());
                }
                match fate {
                    Fate::LostRunning => {
                        self.report(engine, request.key.clone(), hosts::lost());
                        let hears = (self.is_about_late_outcomes() || self.random.permille(300)).then_some(engine);
                        let slow = if self.is_about_late_outcomes() { 30 } else { 3 };
                        self.later(took * slow, Event::Ends(request.key, false, hears));
                    }
                    Fate::LostDone => {
                        self.hosts.end(&request.key.path, request.key.attempt, false);
                        self.report(engine, request.key, hosts::lost());
                    }
                    Fate::Vanished => {
                        self.later(took, Event::Ends(request.key, true, Some(engine)));
                    }
                    Fate::Slow => self.later(took * 30, Event::Ends(request.key, false, Some(engine))),
                    _ => self.later(took, Event::Ends(request.key, false, Some(engine))),
                }
            }
        }
        Ok(())
    }

    fn ask_target(&mut self, request: ExecuteRequest) {
        let delay = self.random.between(SECOND / 100, 5 * SECOND);
        let what = match self.is_cut(&request.key.host) {
            true => 0,
            false if self.is_calm() => 99,
            false if self.is_about_late_outcomes() && self.random.permille(950) => 0,
            false => self.random.below(20),
        };
        let answer = match what {
            0..=3 => {
                self.count("asked: no answer");
                TargetAnswer::Unknown(UnknownReason::Unanswered { why: "no route".to_owned() })
            }
            4 => {
                self.count("asked: another ledger");
                TargetAnswer::Unknown(UnknownReason::LedgerChanged { why: "another id".to_owned() })
            }
            _ => self.hosts.ask(&request),
        };
        let name = match &answer {
            TargetAnswer::NeverStarted(_) => "asked: never started",
            TargetAnswer::Running => "asked: running",
            TargetAnswer::Ended(_) => "asked: ended",
            TargetAnswer::Unknown(_) => "asked: unknown",
        };
        self.count(name);
        if matches!(answer, TargetAnswer::Running) {
            self.attached.insert((request.key.path.clone(), request.key.attempt), self.engine);
        }
        let input = Input::TargetAnswered { key: request.key, answer };
        if self.random.permille(80) {
            self.later(delay + SECOND, Event::Deliver(self.engine, Box::new(input.clone())));
        }
        self.later(delay, Event::Deliver(self.engine, Box::new(input)));
    }
}
