//! The socket of a run that is really under way: its one step waits for a pipe that the test writes to.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use banister_core::run::{Awaited, AwaitedKind, EffectKey, ExitCode, RecordKind};

use super::*;
use crate::driver::tests::{Bench, changing, drive, records, step};
use crate::driver::{Ended, Wanted, remark};
use crate::journal::Follower;
use crate::output::StreamKind;
use crate::state::{RunDir, RunSummary};

/// How long anything may take before a test gives up. Long: a loaded machine is no failure.
const PATIENCE: Duration = Duration::from_secs(60);

struct Live {
    run: RunDir,
    pipe: PathBuf,
    engine: JoinHandle<Ended>,
    _bench: Bench,
}

impl Live {
    fn start() -> Self {
        let bench = Bench::new();
        let pipe = PathBuf::from(bench.path("pipe"));
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let steps = vec![step("wait", &[], changing(&format!("echo begun; cat {}", pipe.display())))];
        let engine = bench.begin(&bench.plan(steps), "").unwrap();
        let run = engine.dir().clone();
        let live = Self { run, pipe, engine: std::thread::spawn(move || drive(engine)), _bench: bench };
        // An engine that starts up takes nothing yet.
        let mut journal = Follower::open(&live.run.journal_path()).unwrap();
        let deadline = Instant::now() + PATIENCE;
        let mut has_begun = false;
        while !has_begun {
            assert!(Instant::now() < deadline, "its step has not begun");
            match journal.next().unwrap() {
                Some(said) => has_begun = matches!(said.record.kind, RecordKind::StepIntended { .. }),
                None => std::thread::yield_now(),
            }
        }
        live
    }

    fn client(&self) -> Client {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match Client::connect(&self.run) {
                Ok(client) => return client,
                Err(error) => assert!(Instant::now() < deadline, "{error}"),
            }
            std::thread::yield_now();
        }
    }

    /// Lets the step end.
    fn end(self) -> (ExitCode, RunDir, Bench) {
        std::fs::write(&self.pipe, "").unwrap();
        (self.engine.join().unwrap().exit, self.run, self._bench)
    }
}

fn body(line: &str) -> Body {
    serde_json::from_str::<Reply>(line).unwrap_or_else(|e| panic!("{line}: {e}")).body
}

#[test]
fn commands_are_acknowledged_and_rejections_have_names() {
    let live = Live::start();
    let mut client = live.client();
    let mode = std::fs::metadata(live.run.socket_path()).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    assert!(client.act(Verb::Hold {}).unwrap() > 1, "the start comes first");
    let Err(ControlError::Rejected { name, why }) = client.act(Verb::Hold {}) else { panic!("held twice") };
    assert_eq!((name.as_str(), why.as_str()), ("already_held", "the run is held already"));
    client.act(Verb::Note { text: "noted".into(), at: None }).unwrap();
    client.act(Verb::Continue {}).unwrap();
    let (exit, run, _bench) = live.end();
    assert_eq!(exit, ExitCode::DONE);
    let noted =
        records(&run).into_iter().find(|r| matches!(&r.kind, RecordKind::NoteAdded { text } if text == "noted"));
    assert_eq!(noted.unwrap().actor, crate::driver::operator(), "the actor is the kernel's");
    assert!(matches!(Client::connect(&run), Err(ControlError::NotLive(_))));
    let command = banister_core::run::Command::Note { text: "afterwards".into(), at: None };
    assert_eq!(remark(&run, command).unwrap(), records(&run).len() as u64);
    assert!(matches!(remark(&run, banister_core::run::Command::Hold), Err(crate::driver::DriverError::Remark { .. })));
}

#[test]
fn the_list_of_runs_says_who_is_waited_for() {
    let live = Live::start();
    let mut client = live.client();
    // An engine on a loaded machine may be too slow for one look: then it has said nothing.
    let looks = || {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        loop {
            let list = survey(live._bench.state()).unwrap();
            if let [RunSummary { awaited: Some(awaited), .. }] = list.as_slice() {
                return awaited.clone();
            }
            assert!(std::time::Instant::now() < deadline, "{list:?}");
        }
    };
    assert_eq!(looks(), []);
    let seq = client.act(Verb::Hold {}).unwrap();
    let held = records(&live.run).into_iter().find(|record| record.seq == seq).unwrap();
    assert_eq!(held.kind, RecordKind::RunHeld {});
    let kind = AwaitedKind::Continue { held_by: crate::driver::operator() };
    assert_eq!(looks(), [Awaited { since: held.recorded, kind }]);
    client.act(Verb::Continue {}).unwrap();
    assert_eq!(looks(), []);
    let (_, run, bench) = live.end();
    assert_eq!(survey(bench.state()).unwrap(), [RunSummary::of(&run)], "nobody is asked");
}

#[test]
fn whoever_attaches_is_told_everything_to_the_end() {
    let live = Live::start();
    let mut client = live.client();
    let welcome = client.attach(0, false, Wanted::All {}).unwrap();
    assert_eq!((welcome.run.as_str(), welcome.watch), (live.run.id().as_str(), false));
    assert_eq!(welcome.you, crate::driver::operator());
    // What it printed before may have been printed before anybody was there.
    let mut pipe = std::fs::File::options().write(true).open(&live.pipe).unwrap();
    pipe.write_all(b"and heard\n").unwrap();
    let mut pipe = Some(pipe);
    let mut next = || client.next().unwrap().map(|reply| reply.body);
    let (mut seq, mut printed, mut here) = (0, Vec::new(), 0);
    loop {
        match next() {
            Some(Body::Record(record)) => {
                seq += 1;
                assert_eq!(record.seq, seq, "none is left out");
            }
            Some(Body::Present { people }) => here = people.len(),
            // Signs of life, as often as there is time for them.
            Some(Body::Alive { .. } | Body::Pulses { .. } | Body::Notice { .. }) => {}
            Some(Body::Ended { exit }) => break assert_eq!(exit, ExitCode::DONE),
            Some(body @ Body::Output { .. }) => printed.extend(body.bytes()),
            other => panic!("{other:?}"),
        }
        if printed.ends_with(b"and heard\n") {
            pipe = None;
        }
    }
    assert!(next().is_none(), "nothing follows the end");
    assert_eq!(live.engine.join().unwrap().exit, ExitCode::DONE);
    assert_eq!((seq, here), (records(&live.run).len() as u64, 1));
    assert!(pipe.is_none() && [&b"begun\nand heard\n"[..], b"and heard\n"].contains(&&printed[..]), "{printed:?}");
}

/// Everything that was recorded so far, and then a fence: the answer to a note, whose record may come before it.
fn told(client: &mut Client, until: u64) -> Vec<u64> {
    let mut seqs = Vec::new();
    while seqs.last().is_none_or(|last| *last < until) {
        if let Some(Reply { body: Body::Record(record), .. }) = client.next().unwrap() {
            seqs.push(record.seq);
        }
    }
    seqs
}

#[test]
fn who_wants_no_output_still_sees_what_lives() {
    let live = Live::start();
    let mut client = live.client();
    client.attach(0, false, Wanted::None {}).unwrap();
    let pulses = loop {
        match client.next().unwrap().map(|reply| reply.body) {
            Some(Body::Pulses { pulses }) => break pulses,
            Some(Body::Output { .. }) | None => panic!("no output is wanted, and the run goes on"),
            _ => {}
        }
    };
    let said: Vec<_> = pulses.iter().map(|p| (p.key.path.to_string(), p.bytes, p.line.as_str())).collect();
    assert_eq!(said, [("wait/@localhost".to_owned(), 6, "begun")]);
    assert_eq!(live.end().0, ExitCode::DONE);
}

#[test]
fn who_attaches_again_gets_what_he_does_not_know_and_nothing_twice() {
    let live = Live::start();
    let note = |client: &mut Client| client.act(Verb::Note { text: "noted".into(), at: None }).unwrap();
    let mut first = live.client();
    let last = note(&mut first);
    first.attach(0, false, Wanted::None {}).unwrap();
    assert_eq!(told(&mut first, last), (1..=last).collect::<Vec<_>>());
    drop(first);
    let missed = note(&mut live.client());
    let mut again = live.client();
    assert!(again.attach(last, false, Wanted::None {}).unwrap().seq >= missed);
    let lately = note(&mut live.client());
    assert_eq!(told(&mut again, lately), (last + 1..=lately).collect::<Vec<_>>());
    assert_eq!(live.end().0, ExitCode::DONE);
}

#[test]
fn who_watches_does_nothing_and_everybody_sees_who_is_there() {
    let live = Live::start();
    let (mut driver, mut watcher) = (live.client(), live.client());
    driver.attach(0, false, Wanted::None {}).unwrap();
    assert!(watcher.attach(0, true, Wanted::None {}).unwrap().watch);
    let people = |client: &mut Client, many: usize| loop {
        match client.next().unwrap().map(|reply| reply.body) {
            Some(Body::Present { people }) if people.len() == many => break people,
            Some(Body::Error { why }) => panic!("{why}"),
            _ => {}
        }
    };
    let both = people(&mut driver, 2);
    assert_eq!(both.iter().map(|presence| presence.watch).collect::<Vec<_>>(), [false, true]);
    let verbs = [
        Verb::Hold {},
        Verb::Abort { running: banister_core::run::RunningAtAbort::Wait },
        Verb::Note { text: "x".into(), at: None },
        Verb::Pen {},
        Verb::Drain {},
    ];
    for verb in verbs {
        let Err(ControlError::Rejected { name, .. }) = watcher.act(verb) else { panic!("it was done") };
        assert_eq!(name, "read_only");
    }
    drop(watcher);
    assert_eq!(people(&mut driver, 1).len(), 1);
    driver.act(Verb::Hold {}).unwrap();
    driver.act(Verb::Continue {}).unwrap();
    assert_eq!(live.end().0, ExitCode::DONE);
}

#[test]
fn who_reads_too_slowly_gets_what_he_missed_from_the_journal() {
    let live = Live::start();
    let mut slow = live.client();
    slow.attach(0, false, Wanted::None {}).unwrap();
    // More than the socket and the queue hold together.
    let text = "x".repeat(16 * 1024);
    let mut writer = live.client();
    let mut last = 0;
    for _ in 0..120 {
        last = writer.act(Verb::Note { text: text.clone(), at: None }).unwrap();
    }
    assert_eq!(told(&mut slow, last), (1..=last).collect::<Vec<_>>());
    // Left behind once more, and then the end comes.
    for _ in 0..120 {
        last = writer.act(Verb::Note { text: text.clone(), at: None }).unwrap();
    }
    let (pipe, run) = (live.pipe.clone(), live.run.clone());
    std::fs::write(pipe, "").unwrap();
    let mut seq = 200;
    let mut seen = Vec::new();
    loop {
        match slow.next().unwrap().map(|reply| reply.body) {
            Some(Body::Record(record)) => seen.push(record.seq),
            Some(Body::Ended { exit }) => break assert_eq!(exit, ExitCode::DONE),
            Some(_) => {}
            None => panic!("the end is told"),
        }
        seq = seq.max(seen.last().copied().unwrap_or(0));
    }
    assert!(seq > last);
    live.engine.join().unwrap();
    let all = records(&run).len() as u64;
    assert_eq!(seen, (all - seen.len() as u64 + 1..=all).collect::<Vec<_>>(), "none is left out, none comes twice");
}

#[test]
fn one_thread_speaks_and_another_listens() {
    let live = Live::start();
    let mut client = live.client();
    client.attach(0, false, Wanted::None {}).unwrap();
    let (mut teller, mut hearer) = client.split().unwrap();
    let (sender, answers) = std::sync::mpsc::channel();
    let listening = std::thread::spawn(move || {
        while let Some(reply) = hearer.next().unwrap() {
            let id = reply.id;
            if let Some(done) = reply.body.done() {
                sender.send((id, done.is_ok())).unwrap();
            }
        }
    });
    let hold = teller.send(Verb::Hold {}).unwrap();
    let again = teller.send(Verb::Hold {}).unwrap();
    assert_eq!(answers.recv().unwrap(), (hold, true));
    assert_eq!(answers.recv().unwrap(), (again, false));
    teller.hang_up();
    listening.join().unwrap();
    live.client().act(Verb::Continue {}).unwrap();
    assert_eq!(live.end().0, ExitCode::DONE);
}

#[test]
fn stored_output_is_read_in_pieces() {
    let live = Live::start();
    let mut client = live.client();
    client.attach(0, false, Wanted::None {}).unwrap();
    let key = loop {
        if let Some(Reply { body: Body::Record(record), .. }) = client.next().unwrap()
            && let RecordKind::StepIntended { path, host, purpose, attempt, .. } = &record.kind
        {
            let run = live.run.id().to_string();
            let (path, host) = (path.clone(), host.clone());
            break EffectKey { run, path, host, purpose: *purpose, attempt: *attempt };
        }
    };
    let mut read = |from, most| {
        let id = client.send(Verb::Read { key: key.clone(), stream: StreamKind::Stdout, from, most }).unwrap();
        loop {
            let reply = client.next().unwrap().unwrap();
            if reply.id == id && matches!(reply.body, Body::Chunk { .. }) {
                break reply.body;
            }
        }
    };
    while !matches!(read(None, 100), Body::Chunk { total: 6, .. }) {}
    let piece = |body: &Body| match body {
        Body::Chunk { from, total, .. } => (*from, *total, String::from_utf8(body.bytes()).unwrap()),
        other => panic!("{other:?}"),
    };
    assert_eq!(piece(&read(None, u32::MAX)), (0, 6, "begun\n".to_owned()));
    assert_eq!(piece(&read(None, 3)), (3, 6, "un\n".to_owned()));
    assert_eq!(piece(&read(Some(1), 2)), (1, 6, "eg".to_owned()));
    assert_eq!(piece(&read(Some(100), 2)), (6, 6, String::new()));
    assert_eq!(live.end().0, ExitCode::DONE);
}

#[test]
fn what_is_no_request_is_said_so_and_harms_nothing() {
    let live = Live::start();
    drop(live.client());
    let talk = |bytes: &[u8]| {
        let mut stream = UnixStream::connect(live.run.socket_path()).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).unwrap();
        answers
    };
    let errors: Vec<String> = [
        "hold\n",
        "{\"v\":2,\"id\":7,\"do\":{\"hold\":{}}}\n",
        "{\"id\":7,\"do\":{\"hold\":{}}}\n",
        "{\"v\":1,\"id\":7,\"do\":{\"explode\":{}}}\n",
        "{\"v\":1,\"id\":7,\"do\":{\"note\":{\"text\":\"x\",\"actor\":\"root\"}}}\n",
    ]
    .iter()
    .map(|line| talk(line.as_bytes()))
    .collect();
    insta::assert_snapshot!(errors.join(""));
    assert_eq!(talk(b"{\"v\":1,\"id\":1,\"do\":{\"ho"), "", "a line without its end is nothing");
    let long = format!("{{\"v\":1,\"id\":1,\"do\":{{\"note\":{{\"text\":\"{}\"}}}}}}\n", "x".repeat(70_000));
    assert!(matches!(body(talk(long.as_bytes()).trim()), Body::Error { why } if why.contains("more than 65536 bytes")));
    let mut stream = BufReader::new(UnixStream::connect(live.run.socket_path()).unwrap());
    stream.get_mut().write_all(b"\n{\"v\":1,\"id\":3,\"do\":{\"snapshot\":{}}}\n").unwrap();
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    assert!(matches!(body(&line), Body::Error { .. }));
    line.clear();
    stream.read_line(&mut line).unwrap();
    assert!(matches!(body(&line), Body::Snapshot(_)), "after a bad line the next is taken");
    assert_eq!(live.end().0, ExitCode::DONE);
}

#[test]
fn the_examples_of_the_documentation_are_the_protocol() {
    let examples = |what: &str| {
        let lines =
            include_str!("mod.rs").lines().filter_map(|line| line.strip_prefix("//! {")).map(|l| format!("{{{l}"));
        lines.filter(|line| line.contains(what)).collect::<Vec<_>>()
    };
    let requests = examples("\"do\":");
    assert_eq!(requests.len(), 14, "one for each verb");
    let page = include_str!("../../../../book/src/control-socket.md");
    requests.iter().for_each(|line| assert!(page.contains(line), "the book lacks {line}"));
    for line in &requests {
        Request::parse(line.as_bytes()).unwrap_or_else(|(_, why)| panic!("{line}: {why}"));
    }
    // The snapshot is shortened there; its shape is the view's own.
    let replies: Vec<_> = examples("\"is\":").into_iter().filter(|line| !line.contains("snapshot")).collect();
    assert_eq!(replies.len(), 6);
    replies.iter().for_each(|line| drop(body(line)));
}

#[test]
fn a_path_too_long_for_a_socket_is_reached_through_its_directory() {
    let dir = tempfile::tempdir().unwrap();
    let long = dir.path().join("x".repeat(120));
    std::fs::create_dir(&long).unwrap();
    let path = long.join("control");
    let _listener = super::server::at(&path, std::os::unix::net::UnixListener::bind).unwrap();
    assert!(path.exists());
    super::server::at(&path, UnixStream::connect).unwrap();
}
