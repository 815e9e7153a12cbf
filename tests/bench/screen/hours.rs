//! What a screen keeps of ten hours of the load: an engine's end of the socket that says, as fast as it is heard, what ten
//! hours of a hundred loud commands says to a screen.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};

use banister_core::run::{EffectKey, Purpose};
use banister_runtime::control::{Body, PulseSaid, Reply, Request, VERSION, Verb, Welcome};
use banister_runtime::driver::operator;
use banister_runtime::output::StreamKind;
use banister_runtime::state::RunDir;
use base64::Engine as _;

use super::runs::Runs;
use super::{BYTES_A_SECOND, COMMANDS, peak_mib};
use crate::figure::{Figure, Judge, Unit};

const SECONDS: usize = 36_000;
const AIM_MIB: f64 = 30.0;
const OVER: &str = "the ten hours are over";

pub(super) fn measure(runs: &Runs) -> Figure {
    let run = runs.pause();
    runs.kill_engine(&run);
    // The lock says that an engine lives, as a real one does.
    let lock = run.lock().unwrap();
    let socket = run.socket_path();
    let _ = std::fs::remove_file(&socket);
    let listener = UnixListener::bind(&socket).unwrap();
    let served = run.clone();
    let engine = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        serve(&served, stream);
    });
    let mut desk = runs.attach(&run);
    desk.until_within("the end of the ten hours", std::time::Duration::from_secs(600), |screen| screen.contains(OVER));
    let peak = peak_mib(desk.pid());
    desk.leave();
    engine.join().unwrap();
    drop(lock);
    let per_second = BYTES_A_SECOND / COMMANDS;
    Figure {
        name: "memory of the screen after ten hours of load".to_owned(),
        unit: Unit::Mebibytes,
        aim: Some(AIM_MIB),
        judge: Judge::Greatest,
        samples: vec![peak],
        cpu: Vec::new(),
        how: format!(
            "VmHWM of `banister attach` after what {SECONDS} s say to it: {:.1} GB of output of the command it follows, and \
             a sign of life of each of {COMMANDS} commands every second; said as fast as it is heard.",
            (per_second * SECONDS) as f64 / 1e9
        ),
    }
}

fn key(n: usize) -> EffectKey {
    EffectKey {
        run: "hour".to_owned(),
        path: banister_core::plan::StepPath::parse(&format!("c{n}")).unwrap(),
        host: banister_core::runbook::HostName::new("localhost").unwrap(),
        purpose: Purpose::Main,
        attempt: 1,
    }
}

fn serve(run: &RunDir, stream: UnixStream) {
    let mut out = stream.try_clone().unwrap();
    let mut lines = BufReader::new(stream).lines();
    let id = loop {
        let request: Request = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        if let Verb::Attach { .. } = request.verb {
            break request.id;
        }
    };
    // What else is said to it needs no answer here.
    std::thread::spawn(move || lines.for_each(drop));
    let mut say = |body: Body| {
        let mut line = serde_json::to_vec(&Reply { v: VERSION, id, body }).unwrap();
        line.push(b'\n');
        out.write_all(&line)
    };
    let plan = Box::new(run.read_plan().unwrap().0);
    let welcome = Welcome {
        run: run.id().to_string(),
        you: operator(),
        operator: operator(),
        plan,
        seq: 0,
        watch: false,
        foreground: false,
        can_ask: true,
    };
    say(Body::Welcome(Box::new(welcome))).unwrap();
    let line = "0123456789 the quick brown fox jumps over the lazy dog and prints what it did to everybody\n";
    let chunk = line.repeat((64 << 10) / line.len());
    let bytes = base64::engine::general_purpose::STANDARD.encode(&chunk);
    let chunks = BYTES_A_SECOND / COMMANDS / chunk.len();
    for second in 0..SECONDS {
        for _ in 0..chunks {
            say(Body::Output { key: key(0), stream: StreamKind::Stdout, bytes: bytes.clone() }).unwrap();
        }
        let pulse = |n| PulseSaid {
            key: key(n),
            bytes: (second * BYTES_A_SECOND / COMMANDS) as u64,
            ago_ms: 0,
            line: line.trim_end().to_owned(),
        };
        say(Body::Pulses { pulses: (0..COMMANDS).map(pulse).collect() }).unwrap();
    }
    say(Body::Notice { text: OVER.to_owned() }).unwrap();
    // The screen leaves first.
    let mut rest = out.try_clone().unwrap();
    drop(std::io::copy(&mut rest, &mut std::io::sink()));
}
