//! A plan by hand, for the tests of this part of the core.

use std::collections::BTreeMap;

use super::{
    Action, Approve, Command, CommandKind, CommandStep, Condition, EffectClass, EnvEntry, EnvValue, Fact, Gate,
    GateTimeout, Hole, HoleSource, Host, HostIndex, Manual, OnFailure, OnTimeout, Output, ParamValue, Piece, Plan,
    Precondition, Probe, Quoting, Retry, Roll, SecretReference, Shell, Step, StepIndex, Template, Transport, Verify,
};
use crate::runbook::{HostAddress, HostName, OutputName, ParamName, StepId};

fn host(name: &str) -> Host {
    Host {
        name: HostName::new(name).unwrap(),
        transport: Transport::Ssh,
        address: HostAddress::new(format!("{name}.example")).unwrap(),
        port: None,
        user: None,
        groups: vec!["web".to_owned()],
        vars: BTreeMap::new(),
        site: "local".to_owned(),
        ledger_dir: "/var/tmp".to_owned(),
    }
}

fn id(name: &str) -> StepId {
    StepId::new(name).unwrap()
}

fn script(text: Template) -> Command {
    Command {
        kind: CommandKind::Script { shell: Shell::Sh, text },
        account: None,
        env: Vec::new(),
        stdin: None,
        cwd: None,
    }
}

fn probe(text: &str) -> Probe {
    Probe { command: script(Template::text(text)), expect: None, timeout_ms: 30_000 }
}

fn hole(source: HoleSource) -> Piece {
    Piece::Hole(Hole { source, quoting: Quoting::Shell })
}

fn command(effect: EffectClass, text: Template) -> CommandStep {
    CommandStep {
        effect,
        command: script(text),
        expect: None,
        outputs: Vec::new(),
        timeout_ms: Some(60_000),
        usual_ms: None,
        retry: Retry { attempts: 1, delay_ms: 0 },
        on_timeout: OnTimeout::Ask,
        on_failure: OnFailure::Ask,
        verify: None,
        preview: None,
        undo: Vec::new(),
    }
}

fn step(name: &str, needs: &[u32], hosts: &[u32], action: Action) -> Step {
    Step {
        id: id(name),
        title: Template::text(name.replace('_', " ")),
        if_it_fails: "Stop and call the owner.".to_owned(),
        needs: needs.iter().copied().map(StepIndex).collect(),
        when: None,
        hosts: hosts.iter().copied().map(HostIndex).collect(),
        all_at_once: None,
        action,
    }
}

/// A plan with a step of every kind: three web hosts and this machine, of which one stays untouched.
pub(crate) fn plan() -> Plan {
    let version = HoleSource::Output { step: id("read"), output: OutputName::new("version").unwrap() };
    let mut read = command(EffectClass::Read, Template::text("cat /etc/version"));
    read.outputs.push(Output {
        name: OutputName::new("version").unwrap(),
        value: Condition("result.stdout.trim()".to_owned()),
    });
    let text = vec![
        Piece::Text("install-app --version ".to_owned()),
        hole(version),
        Piece::Text(" \\\n  --force\n".to_owned()),
    ];
    let mut install = command(EffectClass::Once, Template { pieces: text });
    install.command.account = Some("root".to_owned());
    install.command.cwd = Some(Template::text("/opt/app"));
    install
        .command
        .env
        .push(EnvEntry { name: "TOKEN".to_owned(), value: EnvValue::Secret(ParamName::new("token").unwrap()) });
    install.verify = Some(Verify::Probe(probe("app --version")));
    install.undo.push(step(
        "go_back",
        &[],
        &[],
        Action::Command(Box::new(command(EffectClass::Repeatable, Template::text("install-app --previous")))),
    ));
    let mut wipe = command(EffectClass::Destroy, Template::text("rm -rf -- /var/cache/app"));
    wipe.preview = Some(probe("du -s /var/cache/app"));
    wipe.verify = Some(Verify::Person);
    let gate = Gate {
        command: script(Template::text("curl -fsS -m 2 http://localhost/")),
        probe_timeout_ms: 5_000,
        until: Some(Condition("result.status == 0".to_owned())),
        every_ms: 2_000,
        samples: 3,
        timeout_ms: 120_000,
        on_timeout: GateTimeout::Ask,
        hosts: None,
    };
    let approve = Approve {
        allows: vec![StepIndex(3), StepIndex(5)],
        show: vec![StepIndex(0)],
        by: 1,
        of: vec!["sre".to_owned()],
        not_starter: true,
        fact: Some(Fact {
            question: Template::text("Which version is there now?"),
            answer: Condition("steps.read.version".to_owned()),
        }),
    };
    let roll = Roll {
        batches: vec![vec![HostIndex(0)], vec![HostIndex(1), HostIndex(2)]],
        budget: 1,
        steps: vec![step("install", &[], &[], Action::Command(Box::new(install)))],
        gate: Some(gate.clone()),
    };
    let manual = Manual { text: Template::text("Tell the status page."), verify: Verify::Person };
    Plan {
        format: Plan::FORMAT,
        semantics: Plan::SEMANTICS,
        runbook: "upgrade-app".to_owned(),
        title: "Upgrade the app".to_owned(),
        if_it_fails: "Some hosts run the old version. Call the owner.".to_owned(),
        environment: "staging".to_owned(),
        params: [
            ("path", ParamValue::Text("/srv/a b".to_owned())),
            ("token", ParamValue::Secret(SecretReference::Env("APP_TOKEN".to_owned()))),
            ("victims", ParamValue::Hosts(vec![HostName::new("web-1").unwrap(), HostName::new("web-2").unwrap()])),
        ]
        .into_iter()
        .map(|(name, value)| (ParamName::new(name).unwrap(), value))
        .collect(),
        hosts: ["web-1", "web-2", "web-3"].map(host).to_vec(),
        preconditions: vec![Precondition {
            id: id("tools"),
            title: Template::text("The tools are there"),
            hosts: vec![HostIndex(0), HostIndex(1), HostIndex(2)],
            probe: probe("command -v install-app"),
        }],
        steps: vec![
            step("read", &[], &[0], Action::Command(Box::new(read))),
            step("tell", &[0], &[], Action::Manual(Box::new(manual))),
            step("approval", &[0], &[], Action::Approve(Box::new(approve))),
            step("upgrade", &[1, 2], &[], Action::Roll(Box::new(roll))),
            step("settle", &[3], &[], Action::Wait { ms: 30_000 }),
            step("wipe", &[4], &[0], Action::Command(Box::new(wipe))),
            step("healthy", &[5], &[0, 1, 2], Action::Gate(Box::new(gate))),
            step("look", &[6], &[], Action::Pause { text: Template::text("Look at the dashboard.") }),
            step("done", &[7], &[], Action::Note { text: Template::text("The app is upgraded.") }),
        ],
    }
}

/// The command of the first step.
pub(crate) fn command_of(plan: &mut Plan) -> &mut Command {
    match &mut plan.steps[0].action {
        Action::Command(step) => &mut step.command,
        other => panic!("the first step is a command, not {other:?}"),
    }
}
