//! A runbook of ten thousand steps, checked and planned.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use banister_core::plan::{Inventory, compile};
use banister_core::source::SourceFile;

use crate::figure::{Figure, Judge, Unit};
use crate::watch::Watch;

const STEPS: usize = 10_000;
const RUNS: usize = 7;
const AIM_MS: f64 = 300.0;

const HEAD: &str = "\
runbook: figures
if_it_fails: It is a measurement; nothing was touched.
params:
  dir: { type: path, default: /srv/app }
  release: { type: text, default: 2026-11-21 }
hosts: localhost
timeout: 1m
steps:
";

/// Steps as people write them, no two alike: plain commands, placeholders, pipes, conditions, outputs, gates, notes.
pub(crate) fn runbook() -> String {
    let mut text = HEAD.to_owned();
    for n in 0..STEPS {
        let step = match n % 10 {
            0 => format!(
                "  - id: s{n}\n    probe: {{ run: cat /srv/app-{n}/version }}\n    outputs: {{ was: result.stdout }}\n"
            ),
            1 => format!("  - id: s{n}\n    run: systemctl reload app-{n}\n    as: root\n    effect: repeatable\n"),
            2 => {
                format!("  - id: s{n}\n    run: mkdir -p {{{{ dir }}}}/{n}/{{{{ release }}}}\n    effect: repeatable\n")
            }
            3 => {
                let (of, need) = (n - 3, n - 1);
                format!(
                    "  - id: s{n}\n    when: steps.s{of}.was != release\n    run: cp -R {{{{ dir }}}}/{n} /srv/app-{n}\n    effect: repeatable\n    needs: [s{of}, s{need}]\n"
                )
            }
            4 => format!(
                "  - id: s{n}\n    title: Look at {n} under {{{{ dir }}}}\n    probe: {{ run: 'test -s {{{{ dir }}}}/{n}/on' }}\n"
            ),
            5 => format!(
                "  - id: s{n}\n    exec: [install, -m, '644', '{{{{ dir }}}}/{n}', /etc/app.d]\n    effect: repeatable\n"
            ),
            6 => format!("  - {{ id: s{n}, note: 'part {n} of {{{{ release }}}} is in place' }}\n"),
            7 => format!(
                "  - id: s{n}\n    run: echo {n} | tee -a {{{{ dir }}}}/log > /dev/null\n    effect: once\n    verify: {{ run: 'grep -q {n} {{{{ dir }}}}/log' }}\n"
            ),
            8 => format!(
                "  - id: s{n}\n    gate:\n      probe: {{ run: 'cat {{{{ dir }}}}/{n}/state' }}\n      until: result.stdout == \"up-{n}\"\n      samples: 3\n"
            ),
            _ => {
                format!("  - id: s{n}\n    run: touch {{{{ dir }}}}/{n}/done\n    effect: repeatable\n    usual: 2s\n")
            }
        };
        text.write_str(&step).unwrap();
    }
    text
}

pub(crate) fn measure() -> Vec<Figure> {
    let text = runbook();
    let (mut samples, mut cpu, mut hashing) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let watch = Watch::start();
        let source = SourceFile::new("figures.yaml", text.as_str());
        let (plan, findings) = compile(&source, &Inventory::local(), &BTreeMap::new());
        assert!(findings.is_empty(), "{:?}", findings.first());
        let plan = plan.unwrap();
        let compiled = watch.stop().0;
        assert_eq!(plan.hash().len(), 71);
        let (wall, busy) = watch.stop();
        assert_eq!(plan.steps.len(), STEPS);
        hashing.push(wall - compiled);
        samples.push(wall);
        cpu.push(busy);
    }
    let (_, hash, _) = crate::figure::spread(&hashing);
    let how = format!(
        "{:.2} MB, {STEPS} steps, no two scripts alike, seven in ten with placeholders; parsed, checked, planned and \
         hashed (the hash {hash:.0} ms of it).",
        text.len() as f64 / 1e6
    );
    vec![Figure {
        name: format!("1 MB of YAML with {STEPS} steps checked and planned"),
        unit: Unit::Milliseconds,
        aim: Some(AIM_MS),
        judge: Judge::Least,
        samples,
        cpu,
        how,
    }]
}
