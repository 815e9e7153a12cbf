//! A template of the plan and the values of its holes → the command as it is sent.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::graph::Role;
use super::task::TaskIndex;
use super::{ResolvedCommand, ResolvedKind, ResolvedValue, State};
use crate::plan::{
    Bindings, Command, CommandKind, EnvValue, HoleError, HostIndex, Outputs, Piece, Scope, Stdin, StepResult, Template,
};
use crate::runbook::{HostName, OutputName, StepId};

/// What `steps.…` means where one instance stands: inside a roll the current host's.
pub(super) struct OutputsAt<'a> {
    pub(super) state: &'a State,
    pub(super) task: TaskIndex,
    pub(super) host: Option<HostIndex>,
}

impl OutputsAt<'_> {
    fn find(&self, step: &str, host: Option<HostIndex>) -> Option<TaskIndex> {
        let graph = &self.state.graph;
        let id = StepId::new(step).ok()?;
        let roll = match graph.node(self.task).role {
            Role::Undo { of, .. } => graph.batch_of(of),
            _ => graph.batch_of(self.task),
        };
        if let (Some((roll, _)), Some(host)) = (roll, host)
            && let Some(task) = graph.inner(roll, host, &id)
        {
            return Some(task);
        }
        let position = graph.plan.steps.iter().position(|s| s.id == id);
        if let Some(position) = position {
            let tasks = graph.of_step[position].clone();
            let mut on_host = tasks.clone().map(TaskIndex).filter(|t| graph.node(*t).host == host);
            return match (tasks.len(), on_host.next()) {
                (_, Some(task)) => Some(task),
                (1, None) => Some(TaskIndex(tasks.start)),
                _ => None,
            };
        }
        // A step inside some roll, seen from outside it: on one host only.
        let host = host?;
        graph.on_host[host.0 as usize]
            .iter()
            .copied()
            .find(|t| matches!(graph.node(*t).role, Role::Inner { .. }) && graph.step(*t).is_some_and(|s| s.id == id))
    }

    fn get(&self, task: Option<TaskIndex>, output: &str) -> Option<&str> {
        let name = OutputName::new(output).ok()?;
        self.state.task(task?).outputs.get(&name).map(String::as_str)
    }
}

impl Outputs for OutputsAt<'_> {
    fn output(&self, step: &str, output: &str) -> Option<&str> {
        self.get(self.find(step, self.host), output)
    }

    fn output_on(&self, step: &str, host: &str, output: &str) -> Option<&str> {
        let host = self.state.graph.find_host(&HostName::new(host).ok()?)?;
        self.get(self.find(step, Some(host)), output)
    }
}

impl State {
    pub(super) fn outputs_at(&self, task: TaskIndex, host: Option<HostIndex>) -> OutputsAt<'_> {
        OutputsAt { state: self, task, host: host.or(self.graph.node(task).host) }
    }

    /// What names mean for an instance on a host.
    pub(super) fn scope<'a>(
        &'a self,
        outputs: &'a OutputsAt<'a>,
        host: Option<HostIndex>,
        result: Option<StepResult<'a>>,
    ) -> Scope<'a> {
        Scope {
            params: &self.graph.plan.params,
            run_id: self.info.as_ref().map_or("", |i| i.run.as_str()),
            outputs,
            host: host.or(outputs.host).map(|h| self.graph.plan.host(h)),
            result,
        }
    }

    /// Fills a text that people read while its values may still be to come: such a hole is shown by its name.
    pub(crate) fn words_so_far(&self, task: TaskIndex, template: &Template) -> String {
        let outputs = self.outputs_at(task, None);
        let scope = self.scope(&outputs, None, None);
        let mut text = String::new();
        for piece in &template.pieces {
            match piece {
                Piece::Text(known) => text.push_str(known),
                Piece::Hole(hole) => match scope.value(&hole.source) {
                    Some(value) => text.push_str(&value),
                    None => text.push_str(&format!("<{}>", hole.source)),
                },
            }
        }
        text
    }

    /// Fills a text that people read; a hole without a value is shown as such, it holds nothing up.
    pub(super) fn words(&self, task: TaskIndex, template: &Template) -> String {
        let outputs = self.outputs_at(task, None);
        let scope = self.scope(&outputs, None, None);
        template.render(&scope).unwrap_or_else(|error| error.to_string())
    }
}

/// A command with its holes filled, and what filled them.
pub(super) struct Filled {
    pub(super) command: ResolvedCommand,
    pub(super) values: BTreeMap<String, String>,
    pub(super) digest: String,
}

pub(super) fn fill(command: &Command, scope: &dyn Bindings) -> Result<Filled, HoleError> {
    let mut values = BTreeMap::new();
    let mut text = |template: &Template| -> Result<String, HoleError> {
        template.collect_values(scope, &mut values)?;
        template.render(scope)
    };
    let kind = match &command.kind {
        CommandKind::Script { shell, text: script } => ResolvedKind::Script { shell: *shell, text: text(script)? },
        CommandKind::Exec { argv } => {
            ResolvedKind::Exec { argv: argv.iter().map(&mut text).collect::<Result<_, _>>()? }
        }
    };
    let mut env = Vec::new();
    for entry in &command.env {
        let value = match &entry.value {
            EnvValue::Text(template) => ResolvedValue::Text(text(template)?),
            EnvValue::Secret(name) => ResolvedValue::Secret(name.clone()),
        };
        env.push((entry.name.clone(), value));
    }
    let stdin = match &command.stdin {
        None => None,
        Some(Stdin::Text(template)) => Some(ResolvedValue::Text(text(template)?)),
        Some(Stdin::Secret(name)) => Some(ResolvedValue::Secret(name.clone())),
    };
    let cwd = command.cwd.as_ref().map(&mut text).transpose()?;
    let command = ResolvedCommand { kind, account: command.account.clone(), env, stdin, cwd };
    let digest = digest(&command);
    Ok(Filled { command, values, digest })
}

/// SHA-256 over the command's JSON, which is canonical: fields in declared order, no maps.
fn digest(command: &ResolvedCommand) -> String {
    // Invariant: strings and enums of strings always serialise.
    let bytes = serde_json::to_vec(command).expect("a command serialises");
    hex(&Sha256::digest(&bytes))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
