//! Many hosts over ssh: Banister, the crate it uses and the ssh program, in turn, against the same servers.
//!
//! The servers stand in a lab host, so that nothing is installed on the machine; they listen on its loopback, and
//! everything measured runs there too. The program starts itself there, and hears the samples from its standard output.

mod bare;
mod engine;
mod field;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use banister_lab::{Bind, Lab, LabSpec};
use tokio::runtime::Runtime;

use self::engine::Way;
use self::field::Field;
use crate::figure::{Figure, Judge, Unit, spread};

const ROUNDS: usize = 5;
const BYTES: usize = 200_000_000;

/// Hosts, steps, and the most that reading steps and ledger steps may take, by the bare loop.
const WORK: [(usize, usize, f64, Option<f64>); 3] =
    [(50, 1, 1.1, None), (1, 50, 1.3, Some(2.0)), (20, 20, 1.3, Some(2.0))];

type Samples = BTreeMap<String, Vec<f64>>;

/// What runs in the lab host: everything, in turn, five times. Prints one `name TAB sample` a line.
pub(crate) fn inside() {
    let runtime = Runtime::new().unwrap();
    let field = Field::new(50);
    let put = |name: &str, sample: f64| println!("{name}\t{sample}");
    for _ in 0..ROUNDS {
        for (hosts, steps, _, _) in WORK {
            let name = |who: &str| format!("{who} {hosts} {steps}");
            put(&name("crate"), runtime.block_on(bare::crate_loop(&field, hosts, steps)));
            let read = engine::run(&field, Way::Read, hosts, steps, "true");
            put(&name("read"), read.ms);
            let ledger = engine::run(&field, Way::Ledger, hosts, steps, "true");
            put(&name("ledger"), ledger.ms);
            put(&name("peak"), read.peak_mib.max(ledger.peak_mib));
            put(&name("program"), runtime.block_on(bare::program_loop(&field, hosts, steps)));
        }
    }
    let flood = |bytes: usize| format!("yes 0123456789012345678901234567890123456789 | head -c {bytes}");
    for _ in 0..3 {
        for (way, name) in [(Way::Read, "read"), (Way::Ledger, "ledger")] {
            let small = engine::run(&field, way, 1, 1, &flood(1_000));
            let large = engine::run(&field, way, 1, 1, &flood(BYTES));
            put(&format!("flood {name}"), BYTES as f64 / 1e6 / ((large.ms - small.ms) / 1e3));
            put(&format!("flood-memory {name}"), large.peak_mib - small.peak_mib);
        }
    }
}

fn samples() -> Samples {
    let program = std::env::current_exe().unwrap();
    let dir = program.parent().unwrap().to_owned();
    let mut say = |line: &str| eprintln!("{line}");
    let spec = LabSpec { binds: vec![Bind::read_only(dir)], ..LabSpec::web(1) };
    let lab = Lab::up_saying(&spec, &mut say).unwrap();
    let mut command = lab.command("ops", &program);
    command.arg("--inside").stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut samples = Samples::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let (name, sample) = line.split_once('\t').unwrap();
        // It takes minutes; somebody waits.
        eprintln!("    {name}: {sample}");
        samples.entry(name.to_owned()).or_default().push(sample.parse().unwrap());
    }
    let status = child.wait().unwrap();
    assert!(status.success(), "{status}");
    lab.down().unwrap();
    samples
}

pub(crate) fn measure() -> Vec<Figure> {
    if let Err(why) = banister_lab::available() {
        eprintln!("figures: ssh was not measured: {why}");
        assert!(std::env::var_os("BANISTER_LAB").is_none_or(|lab| lab != "required"), "{why}");
        return Vec::new();
    }
    let samples = samples();
    let of = |name: String| samples.get(&name).cloned().unwrap_or_default();
    let mut figures = Vec::new();
    for (hosts, steps, read_aim, ledger_aim) in WORK {
        let work = format!("{hosts} hosts x {steps} steps");
        let name = |who: &str| format!("{who} {hosts} {steps}");
        let bare = of(name("crate"));
        let (_, median, _) = spread(&bare);
        let by_bare = |who: &str| -> Vec<f64> { of(name(who)).iter().zip(&bare).map(|(a, b)| a / b).collect() };
        let how = |what: &str| {
            format!(
                "{what}; connecting, a barrier after every step and disconnecting included, {ROUNDS} rounds in turn; \
                 the bare loop over the crate took {median:.0} ms (median)."
            )
        };
        let figure = |who: &str, kind: &str, aim: Option<f64>, what: &str| Figure {
            name: format!("ssh, {work}, {kind}, by the bare loop"),
            unit: Unit::Times,
            aim,
            judge: Judge::Median,
            samples: by_bare(who),
            cpu: Vec::new(),
            how: how(what),
        };
        figures.push(figure(
            "read",
            "reading steps",
            Some(read_aim),
            "The whole program, preflight and journal included",
        ));
        figures.push(figure("ledger", "ledger steps", ledger_aim, "The same with every step under the ledger"));
        figures.push(figure("program", "`ssh` with ControlMaster", None, "One `ssh` program a step, over a master"));
    }
    figures.push(Figure {
        name: "ssh, 20 hosts x 20 steps: the engine's memory".to_owned(),
        unit: Unit::Mebibytes,
        aim: Some(20.0),
        judge: Judge::Greatest,
        samples: of("peak 20 20".to_owned()),
        cpu: Vec::new(),
        how: "Its largest resident size, without the ssh masters.".to_owned(),
    });
    for (way, kind) in [("read", "a reading step"), ("ledger", "a ledger step")] {
        let speeds = of(format!("flood {way}"));
        let (_, speed, _) = spread(&speeds);
        figures.push(Figure {
            name: format!("ssh, 200 MB of output of {kind}"),
            unit: Unit::Milliseconds,
            // 130 MB/s.
            aim: Some(BYTES as f64 / 130e6 * 1e3),
            judge: Judge::Median,
            samples: speeds.iter().map(|speed| BYTES as f64 / 1e6 / speed * 1e3).collect(),
            cpu: Vec::new(),
            how: format!("{speed:.0} MB/s; the run with 1 kB of output is taken off. The aim is 130 MB/s."),
        });
        figures.push(Figure {
            name: format!("ssh, 200 MB of output of {kind}: memory it adds"),
            unit: Unit::Mebibytes,
            aim: Some(16.0),
            judge: Judge::Greatest,
            samples: of(format!("flood-memory {way}")),
            cpu: Vec::new(),
            how: "The engine's largest resident size beside that of the run with 1 kB.".to_owned(),
        });
    }
    figures
}
