//! A plan for machines: stable names, versioned. `plan.json` beside a journal is another thing: the plan itself.

use serde_json::{Value, json};

use super::words::text;
use super::{PlanFacts, PrintStyle};
use crate::plan::{
    Action, Command, CommandKind, EnvValue, Gate, HostIndex, Plan, Probe, Shell, Stdin, Step, StepIndex, Verify,
};

/// Number of the shape. A field may be added without another number; none changes its meaning.
const VERSION: u32 = 1;

/// Holes are written as a person writes them.
const STYLE: PrintStyle = PrintStyle { ascii: true };

/// Writes a plan as one JSON document. Ends with a line feed.
#[must_use]
pub fn print_json(plan: &Plan) -> String {
    let facts = PlanFacts::of(plan);
    let effects: serde_json::Map<String, Value> =
        facts.effects.iter().map(|(effect, times)| (effect.word().to_owned(), json!(times))).collect();
    let prompts: Vec<Value> =
        facts.prompts.iter().map(|(step, people)| json!({ "step": step, "people": people })).collect();
    let preconditions: Vec<Value> = plan
        .preconditions
        .iter()
        .map(|p| json!({ "id": p.id, "title": text(&p.title, STYLE), "hosts": names(plan, &p.hosts), "probe": probe(&p.probe) }))
        .collect();
    let document = json!({
        "v": VERSION,
        "hash": plan.hash(),
        "runbook": plan.runbook,
        "title": plan.title,
        "environment": plan.environment,
        "if_it_fails": plan.if_it_fails,
        "params": plan.params,
        "hosts": plan.hosts,
        "changes": { "hosts": names(plan, &facts.changed), "reached": facts.reached, "at_once": facts.at_once },
        "effects": effects,
        "prompts": prompts,
        "preconditions": preconditions,
        "steps": plan.steps.iter().map(|s| step(plan, &plan.steps, s)).collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

fn names(plan: &Plan, hosts: &[HostIndex]) -> Vec<String> {
    hosts.iter().filter_map(|index| plan.hosts.get(index.0 as usize)).map(|host| host.name.to_string()).collect()
}

fn ids(steps: &[Step], indexes: &[StepIndex]) -> Vec<String> {
    indexes.iter().filter_map(|index| steps.get(index.0 as usize)).map(|step| step.id.to_string()).collect()
}

fn step(plan: &Plan, siblings: &[Step], step: &Step) -> Value {
    let (kind, body) = action(plan, step);
    json!({
        "id": step.id,
        "title": text(&step.title, STYLE),
        "needs": ids(siblings, &step.needs),
        "when": step.when,
        "hosts": names(plan, &step.hosts),
        "all_at_once": step.all_at_once,
        "if_it_fails": step.if_it_fails,
        kind: body,
    })
}

fn action(plan: &Plan, of: &Step) -> (&'static str, Value) {
    match &of.action {
        Action::Command(c) => (
            "command",
            json!({
                "effect": c.effect,
                "command": command(&c.command),
                "expect": c.expect,
                "outputs": c.outputs.iter().map(|o| json!({ "name": o.name, "value": o.value })).collect::<Vec<_>>(),
                "timeout_ms": c.timeout_ms,
                "usual_ms": c.usual_ms,
                "retry": c.retry,
                "on_timeout": c.on_timeout,
                "on_failure": c.on_failure,
                "verify": c.verify.as_ref().map(verify),
                "preview": c.preview.as_ref().map(probe),
                "undo": c.undo.iter().map(|undo| step(plan, &c.undo, undo)).collect::<Vec<_>>(),
            }),
        ),
        Action::Gate(g) => ("gate", gate(plan, g)),
        Action::Pause { text: shown } => ("pause", json!({ "text": text(shown, STYLE) })),
        Action::Note { text: shown } => ("note", json!({ "text": text(shown, STYLE) })),
        Action::Wait { ms } => ("wait", json!({ "ms": ms })),
        Action::Manual(m) => ("manual", json!({ "text": text(&m.text, STYLE), "verify": verify(&m.verify) })),
        Action::Approve(a) => (
            "approve",
            json!({
                "for": ids(&plan.steps, &a.allows),
                "show": ids(&plan.steps, &a.show),
                "by": a.by,
                "of": a.of,
                "not_starter": a.not_starter,
                "question": a.fact.as_ref().map(|fact| text(&fact.question, STYLE)),
            }),
        ),
        Action::Roll(r) => (
            "roll",
            json!({
                "batches": r.batches.iter().map(|batch| names(plan, batch)).collect::<Vec<_>>(),
                "budget": r.budget,
                "steps": r.steps.iter().map(|inner| step(plan, &r.steps, inner)).collect::<Vec<_>>(),
                "gate": r.gate.as_ref().map(|g| gate(plan, g)),
            }),
        ),
    }
}

fn gate(plan: &Plan, gate: &Gate) -> Value {
    json!({
        "command": command(&gate.command),
        "probe_timeout_ms": gate.probe_timeout_ms,
        "until": gate.until,
        "every_ms": gate.every_ms,
        "samples": gate.samples,
        "timeout_ms": gate.timeout_ms,
        "on_timeout": gate.on_timeout,
        "hosts": gate.hosts.as_ref().map(|hosts| names(plan, hosts)),
    })
}

fn verify(verify: &Verify) -> Value {
    match verify {
        Verify::Probe(of) => json!({ "probe": probe(of) }),
        Verify::Person => json!("person"),
    }
}

fn probe(probe: &Probe) -> Value {
    json!({ "command": command(&probe.command), "expect": probe.expect, "timeout_ms": probe.timeout_ms })
}

fn command(command: &Command) -> Value {
    let (key, value) = match &command.kind {
        CommandKind::Script { shell: Shell::Sh, text: script } => ("sh", json!(text(script, STYLE))),
        CommandKind::Script { shell: Shell::Bash, text: script } => ("bash", json!(text(script, STYLE))),
        CommandKind::Exec { argv } => ("exec", json!(argv.iter().map(|word| text(word, STYLE)).collect::<Vec<_>>())),
    };
    let env: serde_json::Map<String, Value> = command
        .env
        .iter()
        .map(|entry| {
            let value = match &entry.value {
                EnvValue::Text(value) => json!({ "text": text(value, STYLE) }),
                EnvValue::Secret(name) => json!({ "secret": name }),
            };
            (entry.name.clone(), value)
        })
        .collect();
    let stdin = command.stdin.as_ref().map(|stdin| match stdin {
        Stdin::Text(value) => json!({ "text": text(value, STYLE) }),
        Stdin::Secret(name) => json!({ "secret": name }),
    });
    let cwd = command.cwd.as_ref().map(|cwd| text(cwd, STYLE));
    json!({ key: value, "as": command.account, "cwd": cwd, "env": env, "stdin": stdin })
}
