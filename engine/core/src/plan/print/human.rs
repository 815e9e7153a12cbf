//! A plan for people: the environment first, then what it amounts to, its graph, and every command.

use std::fmt::Write as _;

use super::words::{command_lines, hosts, kind, line, param, safe_lines, span};
use super::{PlanFacts, PrintStyle, lanes};
use crate::plan::{
    Action, Approve, Command, CommandStep, EnvValue, Gate, GateTimeout, HostIndex, Manual, OnFailure, OnTimeout, Plan,
    Probe, Roll, Shell, Stdin, Step, StepIndex, Transport, Verify,
};
use crate::source::visible;

/// Writes a plan for people. Ends with a line feed.
#[must_use]
pub fn print_human(plan: &Plan, style: PrintStyle) -> String {
    let mut page = Page { plan, style, text: String::new() };
    page.head();
    page.hosts();
    page.graph();
    page.preconditions();
    for (number, step) in plan.steps.iter().enumerate() {
        page.line(0, "");
        page.step(step, &format!("{}", number + 1), 0, &plan.if_it_fails);
    }
    page.text
}

/// Writes one step of a plan as [`print_human`] does, for who is asked about it.
#[must_use]
pub fn print_step(plan: &Plan, step: StepIndex, style: PrintStyle) -> String {
    let mut page = Page { plan, style, text: String::new() };
    if let Some(its) = plan.steps.get(step.0 as usize) {
        page.step(its, &format!("{}", step.0 + 1), 0, &plan.if_it_fails);
    }
    page.text
}

struct Page<'p> {
    plan: &'p Plan,
    style: PrintStyle,
    text: String,
}

impl Page<'_> {
    fn line(&mut self, indent: usize, text: &str) {
        let blanks = if text.is_empty() { 0 } else { indent };
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{:blanks$}{}", "", text.trim_end());
    }

    fn field(&mut self, name: &str, value: &str) {
        self.line(0, &format!("{name:<12}  {value}"));
    }

    fn head(&mut self) {
        let plan = self.plan;
        let facts = PlanFacts::of(plan);
        let dash = if self.style.ascii { "-" } else { "·" };
        let environment = visible(&plan.environment).to_uppercase();
        self.line(0, &format!("{environment} {dash} {} {dash} {}", visible(&plan.runbook), visible(&plan.title)));
        self.line(0, "");
        self.field("if it fails", &visible(&plan.if_it_fails));
        if facts.changed.is_empty() {
            self.field("changes", &format!("nothing on the {} it reaches", many(facts.reached, "host")));
        } else {
            let of = format!("{} of the {} it reaches", facts.changed.len(), many(facts.reached, "host"));
            let names = hosts(plan, &facts.changed);
            self.field("changes", &format!("{of}, at most {} at once: {names}", facts.at_once));
        }
        let effects: Vec<String> =
            facts.effects.iter().map(|(effect, times)| format!("{times} {}", effect.word())).collect();
        self.field("effects", &if effects.is_empty() { "none".to_owned() } else { effects.join(", ") });
        let prompt = |(step, people): &(String, u32)| match people {
            1 => step.clone(),
            people => format!("{step} ({people} people)"),
        };
        let prompts: Vec<String> = facts.prompts.iter().map(prompt).collect();
        let asks = if prompts.is_empty() { "nobody, if all goes well".to_owned() } else { prompts.join(", ") };
        self.field("asks", &asks);
        for (position, (name, value)) in plan.params.iter().enumerate() {
            self.field(if position == 0 { "parameters" } else { "" }, &format!("{name} = {}", param(value)));
        }
        self.field("hash", &plan.hash());
    }

    fn hosts(&mut self) {
        self.line(0, "");
        self.line(0, "hosts");
        let width = self.plan.hosts.iter().map(|host| host.name.as_str().len()).max().unwrap_or(0);
        const MOST: usize = 50;
        for host in self.plan.hosts.iter().take(MOST) {
            let mut at = match host.transport {
                Transport::Local => "this machine".to_owned(),
                Transport::Ssh => {
                    let user = host.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
                    let port = host.port.map(|port| format!(" port {port}")).unwrap_or_default();
                    format!("ssh {user}{}{port}", host.address)
                }
            };
            if !host.groups.is_empty() {
                let _ = write!(at, "  [{}]", host.groups.join(", "));
            }
            self.line(2, &visible(&format!("{:<width$}  {at}", host.name.as_str())));
        }
        if self.plan.hosts.len() > MOST {
            self.line(2, &format!("and {} more", self.plan.hosts.len() - MOST));
        }
    }

    fn graph(&mut self) {
        self.line(0, "");
        self.line(0, "order");
        let plan = self.plan;
        let needs: Vec<Vec<usize>> =
            plan.steps.iter().map(|step| step.needs.iter().map(|need| need.0 as usize).collect()).collect();
        let rows = lanes(&needs, self.style.ascii, |_| if self.style.ascii { '*' } else { '●' });
        let width = rows.iter().map(|row| row.cells.chars().count()).max().unwrap_or(0);
        for row in rows {
            let step = row.step.and_then(|step| plan.steps.get(step));
            let label = step.map(|step| format!("{}  {}", step.id, kind(&step.action))).unwrap_or_default();
            self.line(2, &format!("{:<width$}  {label}", row.cells));
        }
    }

    fn preconditions(&mut self) {
        let plan = self.plan;
        if plan.preconditions.is_empty() {
            return;
        }
        self.line(0, "");
        self.line(0, "must hold first");
        for precondition in &plan.preconditions {
            let title = line(&precondition.title, self.style);
            self.line(2, &format!("?{}  {title}", precondition.id));
            self.line(6, &format!("on {}", hosts(plan, &precondition.hosts)));
            self.probe(6, &precondition.probe);
        }
    }

    fn step(&mut self, step: &Step, number: &str, indent: usize, outer: &str) {
        let effect = match &step.action {
            Action::Command(command) => format!(" ({})", command.effect.word()),
            Action::Gate(_) => " (read)".to_owned(),
            _ => String::new(),
        };
        let title = line(&step.title, self.style);
        let title = if title == step.id.as_str() { String::new() } else { format!("  {title}") };
        self.line(indent, &format!("{number} {}  {}{effect}{title}", step.id, kind(&step.action)));
        let inner = indent + 6;
        if !step.hosts.is_empty() {
            self.line(inner, &format!("on {}", hosts(self.plan, &step.hosts)));
        }
        if let Some(reason) = &step.all_at_once {
            self.line(inner, &format!("ALL AT ONCE: {}", visible(reason)));
        }
        if let Some(when) = &step.when {
            self.line(inner, &format!("only when {}", visible(&when.0)));
        }
        match &step.action {
            Action::Command(command) => self.command_step(inner, command, &step.if_it_fails),
            Action::Gate(gate) => self.gate(inner, gate),
            Action::Pause { text } | Action::Note { text } => self.line(inner, &line(text, self.style)),
            Action::Approve(approve) => self.approve(inner, approve),
            Action::Manual(manual) => self.manual(inner, manual),
            Action::Roll(roll) => self.roll(inner, number, roll, &step.if_it_fails),
            Action::Wait { ms } => self.line(inner, &format!("waits {}", span(*ms))),
        }
        if step.if_it_fails != outer {
            self.line(inner, &format!("if it fails: {}", visible(&step.if_it_fails)));
        }
    }

    fn command(&mut self, indent: usize, command: &Command) {
        if let Some(account) = &command.account {
            self.line(indent, &format!("as {}", visible(account)));
        }
        if let Some(cwd) = &command.cwd {
            let cwd = line(cwd, self.style);
            self.line(indent, &format!("in {cwd}"));
        }
        for entry in &command.env {
            let value = match &entry.value {
                EnvValue::Text(text) => line(text, self.style),
                EnvValue::Secret(name) => format!("the secret {name}"),
            };
            self.line(indent, &format!("with {}={value}", visible(&entry.name)));
        }
        match &command.stdin {
            Some(Stdin::Text(text)) => {
                let text = line(text, self.style);
                self.line(indent, &format!("reads {text}"));
            }
            Some(Stdin::Secret(name)) => self.line(indent, &format!("reads the secret {name}")),
            None => {}
        }
        let prompt = match &command.kind {
            crate::plan::CommandKind::Script { shell: Shell::Sh, .. } => "$ ",
            crate::plan::CommandKind::Script { shell: Shell::Bash, .. } => "bash$ ",
            crate::plan::CommandKind::Exec { .. } => "exec ",
        };
        for (number, text) in command_lines(&command.kind, self.style).iter().enumerate() {
            let lead = if number == 0 { prompt.to_owned() } else { " ".repeat(prompt.len()) };
            self.line(indent, &format!("{lead}{text}"));
        }
    }

    fn probe(&mut self, indent: usize, probe: &Probe) {
        self.command(indent, &probe.command);
        if let Some(expect) = &probe.expect {
            self.line(indent, &format!("expects {}", visible(&expect.0)));
        }
    }

    fn verify(&mut self, indent: usize, verify: &Verify) {
        match verify {
            Verify::Probe(probe) => {
                self.line(indent, "then checks");
                self.probe(indent + 4, probe);
            }
            Verify::Person => self.line(indent, "then a person checks"),
        }
    }

    fn command_step(&mut self, indent: usize, step: &CommandStep, outer: &str) {
        if let Some(preview) = &step.preview {
            self.line(indent, "shows beforehand");
            self.probe(indent + 4, preview);
        }
        self.command(indent, &step.command);
        if let Some(expect) = &step.expect {
            self.line(indent, &format!("expects {}", visible(&expect.0)));
        }
        for output in &step.outputs {
            self.line(indent, &format!("sets {} = {}", output.name, visible(&output.value.0)));
        }
        if let Some(verify) = &step.verify {
            self.verify(indent, verify);
        }
        let mut limits = Vec::new();
        limits.extend(step.timeout_ms.map(|ms| {
            let kills = !step.effect.changes() || step.on_timeout == OnTimeout::Kill;
            format!("within {}, then {}", span(ms), if kills { "killed" } else { "asks" })
        }));
        limits.extend(step.usual_ms.map(|ms| format!("usually {}", span(ms))));
        if step.retry.attempts > 1 {
            limits.push(format!("{} attempts, {} apart", step.retry.attempts, span(step.retry.delay_ms)));
        }
        match step.on_failure {
            OnFailure::Ask => {}
            OnFailure::Stop => limits.push("a failure ends the run".to_owned()),
            OnFailure::Undo => limits.push("a failure undoes it and ends the run".to_owned()),
        }
        if !limits.is_empty() {
            self.line(indent, &limits.join("; "));
        }
        for undo in &step.undo {
            self.step(undo, "undo", indent, outer);
        }
    }

    fn gate(&mut self, indent: usize, gate: &Gate) {
        self.command(indent, &gate.command);
        if let Some(hosts_of_gate) = &gate.hosts {
            self.line(indent, &format!("asked on {}", hosts(self.plan, hosts_of_gate)));
        }
        let until =
            gate.until.as_ref().map_or_else(|| "it exits with 0".to_owned(), |until| visible(&until.0).into_owned());
        let giving_up = match gate.on_timeout {
            GateTimeout::Ask => "asks",
            GateTimeout::Stop => "ends the run",
        };
        let samples = if gate.samples == 1 { String::new() } else { format!(", {} times in a row", gate.samples) };
        self.line(indent, &format!("until {until}{samples}"));
        let (every, timeout) = (span(gate.every_ms), span(gate.timeout_ms));
        self.line(indent, &format!("every {every}, for at most {timeout}, then {giving_up}"));
    }

    fn approve(&mut self, indent: usize, approve: &Approve) {
        let names = |steps: &[crate::plan::StepIndex]| {
            let name =
                |index: &crate::plan::StepIndex| self.plan.steps.get(index.0 as usize).map_or("?", |s| s.id.as_str());
            steps.iter().map(name).collect::<Vec<_>>().join(", ")
        };
        let (allows, shows) = (names(&approve.allows), names(&approve.show));
        let mut who = many(approve.by as usize, "person");
        if !approve.of.is_empty() {
            let _ = write!(who, " of {}", visible(&approve.of.join(", ")));
        }
        if approve.not_starter {
            who.push_str(", not the one who started");
        }
        self.line(indent, &format!("{who} must allow {allows}"));
        if !shows.is_empty() {
            self.line(indent, &format!("shown: {shows}"));
        }
        if let Some(fact) = &approve.fact {
            let question = line(&fact.question, self.style);
            self.line(indent, &format!("and must know: {question}"));
        }
    }

    fn manual(&mut self, indent: usize, manual: &Manual) {
        let text = crate::plan::print::words::text(&manual.text, self.style);
        for text in safe_lines(&text) {
            self.line(indent, &text);
        }
        self.verify(indent, &manual.verify);
    }

    fn roll(&mut self, indent: usize, number: &str, roll: &Roll, outer: &str) {
        let all: Vec<HostIndex> = roll.batches.iter().flatten().copied().collect();
        let what = format!("{} in {}", many(all.len(), "host"), many(roll.batches.len(), "batch"));
        self.line(indent, &format!("{what}, {} may fail", roll.budget));
        const MOST: usize = 20;
        for (batch, indexes) in roll.batches.iter().enumerate().take(MOST) {
            self.line(indent, &format!("#{:<3} {}", batch + 1, hosts(self.plan, indexes)));
        }
        if roll.batches.len() > MOST {
            let batches = many(roll.batches.len() - MOST, "batch");
            self.line(indent, &format!("and {batches} more"));
        }
        for (inner, step) in roll.steps.iter().enumerate() {
            self.step(step, &format!("{number}.{}", inner + 1), indent, outer);
        }
        if let Some(gate) = &roll.gate {
            self.line(indent, "after each batch, on its hosts");
            self.gate(indent + 4, gate);
        }
    }
}

/// `1 host`, `3 hosts`, `2 batches`, `2 people`.
fn many(count: usize, what: &str) -> String {
    match (count, what) {
        (1, _) => format!("1 {what}"),
        (_, "person") => format!("{count} people"),
        (_, "batch") => format!("{count} batches"),
        _ => format!("{count} {what}s"),
    }
}
