use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::plan::StepPath;
use crate::run::{Actor, BootId, Exit, Purpose, Record, RecordKind, StreamInfo};
use crate::runbook::{HostName, StepId};
use crate::source::{SourceFile, Span};

fn findings(text: &str) -> String {
    let source = SourceFile::new("drill.yaml", text);
    let (drill, findings) = Drill::parse(&source);
    assert_eq!(drill.is_none(), findings.iter().any(crate::source::Diagnostic::is_error));
    let lines = findings.iter().map(|f| {
        let at = source.position(f.span.start);
        format!("{}:{} {} {} | {}", at.line, at.column, f.code, f.message, f.help)
    });
    lines.collect::<Vec<_>>().join("\n")
}

const GOOD: &str = "\
drill: small
runbook: small.yaml
hosts: [a, b]
answers: [{ step: go, answer: approve, as: bob }]
people: { bob: [sre] }
clients: { page: { http: { port: 8080 } } }
checks:
  - { name: says two, client: page, says: 2 }
  - { name: nothing is left, left: nothing }
  - { name: done, exit: 0 }
faults:
  odd:
    acts:
      - { when: { record: step.intended, step: go/@a, with: { purpose: main } }, after: 1s, kill: engine }
      - { when: ended, resume: { answers: [{ step: go/@a, answer: retry }] } }
    leave_out: [says two]
    checks:
      - { name: says two, client: page, says: 2, hosts: [b] }
";

#[test]
fn a_file_is_read_as_it_is_written() {
    let (drill, findings) = Drill::parse(&SourceFile::new("drill.yaml", GOOD));
    assert_eq!(findings, []);
    let drill = drill.unwrap();
    assert_eq!(drill.title, "small", "by default the name");
    assert_eq!(drill.answers.unused()[0].speaker.as_deref(), Some("bob"));
    let client = Client { kind: ClientKind::Http { port: 8080, path: "/".into() }, every_ms: 50, patience_ms: 1000 };
    assert_eq!(drill.clients, BTreeMap::from([("page".to_owned(), client)]));
    let fault = &drill.faults["odd"];
    let acts: Vec<String> = fault.acts.iter().map(|act| act.kind.describe()).collect();
    assert_eq!(acts, ["the engine is killed with -9", "the run is resumed"]);
    assert_eq!((fault.acts[0].after_ms, &fault.acts[1].when), (1000, &Some(When::Ended)));
    let names = |fault| drill.checks(fault).into_iter().map(|check| check.name.as_str()).collect::<Vec<_>>();
    assert_eq!(names(None), ["says two", "done", "nothing is left"], "what looks at the end comes last");
    assert_eq!(names(Some(fault)), ["done", "says two", "nothing is left"]);
}

#[test]
fn all_that_is_wrong_is_said_at_its_place() {
    let text = "\
drill: small
runbok: small.yaml
runbook: small.yaml
hosts: [web-1, web-1, -x, ops]
packages: [nginx-light, --allow-downgrades, 'rm -rf']
set_up:
  - { file: etc/passwd, text: x }
  - { file: /etc/x, mode: u+x }
  - { run: echo, text: x, hosts: [web-9] }
  - { hosts: [web-1] }
answers: [{ step: a }]
people: { bob: sre }
clients:
  page: { http: { port: 99999, path: / x }, every: soon }
  none: {}
checks:
  - { name: a, exit: 300 }
  - { name: a, exit: 0 }
  - { name: b, client: pages, says: x }
  - { name: c, client: page }
  - { name: d, run: x, exit: 0 }
  - { name: e, record: step.intend, step: A/b }
  - { name: f, plan: other }
  - { exit: 0 }
  - { name: h, left: nothing, hosts: [] }
  - just so
faults:
  Bad: { title: x }
  order:
    acts:
      - { when: ended, kill: engine }
      - { when: { record: run.started }, cut: web-1 }
      - { resume: {}, after: 2h }
      - { resume: {} }
      - { cut: web-7 }
      - { slow_login: web-1 }
      - { kill: web-1 }
      - { fill: { host: web-1, dir: tmp } }
    leave_out: [nothing]
  early: { acts: [{ resume: {} }], checks: [{ name: a, exit: 1 }] }
";
    insta::assert_snapshot!(findings(text));
    insta::assert_snapshot!(
        ["[]", "runbook: x", "drill: [x]\nrunbook: x\nhosts: []\nchecks: {}", "a: &x 1"].map(findings).join("\n")
    );
}

#[test]
fn steps_that_the_plan_does_not_have_are_found() {
    let runbook = "runbook: small\nif_it_fails: No.\nhosts: a\nsteps:\n  - { id: go, probe: { run: \"true\" } }\n";
    let text = "\
drill: small
runbook: small.yaml
hosts: [a]
clients: { page: { http: {} } }
checks:
  - { name: x, record: step.intended, step: og/@a }
  - { name: y, client: page, refused_only_in: [go, gone] }
  - { name: z, record: step.intended, step: go/@a }
faults: { f: { acts: [{ when: { record: step.intended, step: go/@b }, cut: a }] } }
";
    let source = SourceFile::new("drill.yaml", text);
    let drill = Drill::parse(&source).0.unwrap();
    let inventory = drill.stand_in().unwrap();
    let (plan, _) = crate::plan::compile(&SourceFile::new("r", runbook), &inventory, &BTreeMap::new());
    let found = drill.check(&crate::run::Graph::new(std::sync::Arc::new(plan.unwrap())));
    let lines: Vec<_> = found.iter().map(|f| format!("{} | {}", f.message, f.help)).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    there is no step `og/@a` | did you mean `go/@a`? there are `go/@a`
    there is no step `gone` | there are `go`
    there is no step `go/@b` | did you mean `go/@a`? there are `go/@a`
    ");
}

fn at(ms: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::milliseconds(ms)
}

fn host(name: &str) -> HostName {
    HostName::new(name).unwrap()
}

/// `a 100-150 v1` or `b 100-900 !refused`.
fn samples(lines: &[&str]) -> Vec<Sample> {
    let read = |line: &&str| {
        let words: Vec<&str> = line.split(' ').collect();
        let (from, to) = words[1].split_once('-').unwrap();
        let saw = match words[2].strip_prefix('!') {
            Some(why) => Err(why.to_owned()),
            None => Ok(words[2].to_owned()),
        };
        let time = |text: &str| at(text.parse().unwrap());
        Sample { client: "page".into(), host: host(words[0]), from: time(from), to: time(to), saw }
    };
    lines.iter().map(read).collect()
}

fn record(seq: u64, ms: i64, kind: RecordKind) -> Record {
    Record {
        v: 1,
        seq,
        batch: seq,
        at: at(ms),
        recorded: at(ms),
        boot: BootId("b".into()),
        elapsed: 0,
        actor: Actor::Engine {},
        kind,
    }
}

fn intended(seq: u64, ms: i64, path: &str, attempt: u32) -> Record {
    let path = StepPath::parse(path).unwrap();
    let host = path.host().unwrap().clone();
    let digest = String::new();
    let kind =
        RecordKind::StepIntended { path, host, purpose: Purpose::Main, attempt, digest, values: BTreeMap::new() };
    record(seq, ms, kind)
}

fn succeeded(seq: u64, ms: i64, path: &str, adopted: bool) -> Record {
    let stream = StreamInfo::default;
    let kind = RecordKind::StepSucceeded {
        path: StepPath::parse(path).unwrap(),
        purpose: Purpose::Main,
        attempt: 1,
        took_ms: 1,
        exit: Exit::Code(0),
        outputs: BTreeMap::new(),
        stdout: stream(),
        stderr: stream(),
        adopted,
    };
    record(seq, ms, kind)
}

fn moment(record: &'static str, step: &str, with: &[(&str, &str)]) -> Moment {
    let with = with.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    Moment { record, step: Some(StepPath::parse(step).unwrap()), with, span: Span::default() }
}

/// The line of each verdict.
fn lines(kind: CheckKind, evidence: &Evidence) -> String {
    let check = Check { name: "it".into(), kind, span: Span::default() };
    judge(&check, evidence).unwrap().iter().map(Verdict::line).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_a_client_saw_last_decides_and_what_was_never_seen_is_not_good() {
    let evidence =
        Evidence { samples: samples(&["a 0-1 v1", "b 0-1 v2", "a 5-6 v2", "b 5-9 !refused"]), ..Evidence::default() };
    let says = |client: &str| CheckKind::Says {
        client: client.into(),
        hosts: ["a", "b", "c"].map(host).to_vec(),
        text: "v2".into(),
    };
    insta::assert_snapshot!(lines(says("page"), &evidence), @r"
    check ok    a it    v2
    check FAIL  b it    refused
    check FAIL  c it    it was never looked at
    ");
    insta::assert_snapshot!(lines(says("other"), &evidence), @r"
    check FAIL  a it    it was never looked at
    check FAIL  b it    it was never looked at
    check FAIL  c it    it was never looked at
    ");
}

#[test]
fn refusals_of_two_hosts_at_a_time_are_found() {
    let cases: [(&[&str], &str); 7] = [
        (&[], "check FAIL  it    nothing was ever looked at"),
        (&["a 0-9 v1", "b 0-9 v1"], "check ok    it    none in 2 looks"),
        (&["a 0-9 !no", "a 10-19 v1", "b 20-29 !no"], "check ok    it    1 at most, in 3 looks"),
        // The second begins while the first is still waited for.
        (&["a 0-9 !no", "b 5-6 !no", "a 10-19 v1"], "check FAIL  it    a, b at 00:00:00.005Z"),
        // Between two refusals of `a` nobody saw it answer.
        (&["a 0-2 !no", "b 4-5 !no", "a 8-9 !no"], "check FAIL  it    a, b at 00:00:00.004Z"),
        (&["a 0-2 !no", "a 3-4 v1", "b 4-5 !no", "a 8-9 !no"], "check ok    it    1 at most, in 4 looks"),
        (&["b 4-5 !no", "a 0-9 !no"], "check FAIL  it    a, b at 00:00:00.004Z"),
    ];
    for (lines_of, expect) in cases {
        let evidence = Evidence { samples: samples(lines_of), ..Evidence::default() };
        assert_eq!(lines(CheckKind::RefusedAtOnce { client: "page".into(), most: 1 }, &evidence), expect);
    }
}

#[test]
fn refusals_count_only_where_the_step_was_under_way() {
    let records = vec![
        intended(1, 100, "roll/@a/stop", 1),
        succeeded(2, 200, "roll/@a/stop", false),
        intended(3, 300, "roll/@b/stop", 1),
        // It failed; a person had it tried again.
        intended(4, 500, "roll/@b/stop", 2),
        succeeded(5, 600, "roll/@b/stop", false),
        intended(6, 700, "roll/@c/stop", 1),
    ];
    let good = "check ok    it    1 of 1 looks were refused, all in time";
    let cases = [
        ("a 150-160 !no", good),
        ("a 90-100 !no", good),
        ("a 200-230 !no", good),
        ("b 450-460 !no", good),
        ("c 9000-9001 !no", good),
        ("a 98-99 !no", "check FAIL  it    1 refusals at other times, the first: a at 00:00:00.098Z: no"),
        ("a 201-202 !no", "check FAIL  it    1 refusals at other times, the first: a at 00:00:00.201Z: no"),
        ("b 150-160 !no", "check FAIL  it    1 refusals at other times, the first: b at 00:00:00.150Z: no"),
    ];
    for (sample, expect) in cases {
        let evidence = Evidence { samples: samples(&[sample]), records: records.clone(), ..Evidence::default() };
        let steps = vec![StepId::new("stop").unwrap()];
        assert_eq!(lines(CheckKind::RefusedOnlyIn { client: "page".into(), steps }, &evidence), expect, "{sample}");
    }
}

#[test]
fn records_are_counted_and_timed() {
    let records = vec![intended(1, 100, "stop/@a", 1), succeeded(2, 19_100, "stop/@a", true)];
    let evidence = Evidence { records, first_act: Some(at(100)), ..Evidence::default() };
    let adopted = || moment("step.succeeded", "stop/@a", &[("adopted", "true"), ("purpose", "main")]);
    let cases = [
        (adopted(), Some(1), Some(20_000), "check ok    it    after 19.0 s"),
        (adopted(), None, Some(18_999), "check FAIL  it    after 19.0 s"),
        (adopted(), None, None, "check ok    it    1 found"),
        (adopted(), Some(2), None, "check FAIL  it    1 found, not 2"),
        (moment("step.succeeded", "stop/@a", &[("adopted", "false")]), None, None, "check FAIL  it    0 found"),
        (moment("step.succeeded", "stop/@a", &[("adoptd", "true")]), None, None, "check FAIL  it    0 found"),
        (moment("step.succeeded", "stop/@b", &[]), Some(0), None, "check ok    it    0 found"),
    ];
    for (moment, times, within_ms, expect) in cases {
        assert_eq!(lines(CheckKind::Record { moment, times, within_ms }, &evidence), expect);
    }
    let nothing = CheckKind::Record { moment: adopted(), times: Some(0), within_ms: None };
    assert_eq!(lines(nothing, &Evidence::default()), "check FAIL  it    there is no journal");
}

#[test]
fn an_engine_that_was_killed_ended_with_nothing() {
    let ended = |exit| Evidence { exit, ..Evidence::default() };
    let said = [Some(0), Some(22), None].map(|exit| lines(CheckKind::Exit(0), &ended(exit)));
    let expect = [
        "check ok    it    0",
        "check FAIL  it    22, not 0",
        "check FAIL  it    the engine was killed and not resumed",
    ];
    assert_eq!(said, expect);
    assert_eq!(lines(CheckKind::PlanSame, &Evidence::default()), "check FAIL  it    0 plans in one journal");
}
