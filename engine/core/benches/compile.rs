//! How long it takes to check and plan a runbook of 10,000 steps and 1 MB: the aim is 300 ms for both together.

use std::collections::BTreeMap;
use std::fmt::Write;

use banister_core::plan::{Inventory, check, compile};
use banister_core::runbook::parse_runbook;
use banister_core::runbook::tree::parse_tree;
use banister_core::source::SourceFile;
use divan::Bencher;

fn main() {
    divan::main();
}

/// Steps as people write them: scripts that differ from each other, placeholders, conditions, outputs that later steps
/// use, gates and verifies.
fn runbook(steps: usize) -> SourceFile {
    let mut text = String::from(
        "runbook: large\nif_it_fails: Nothing was changed. Call the owner of the service.\nhosts: localhost\ntimeout: 1m\n\
         params:\n  service: { type: text, default: nginx }\nsteps:\n",
    );
    for n in 0..steps {
        // Writing to a string cannot fail.
        let _ = match n % 4 {
            0 => writeln!(
                text,
                "  - id: count_{n}\n    probe: {{ run: \"find /srv/part-{n} -type f | wc -l\" }}\n    outputs: {{ files: int(result.stdout) + {n} }}"
            ),
            1 => writeln!(
                text,
                "  - id: change_{n}\n    run: systemctl reload {{{{service}}}} && logger -t banister part {n} {{{{steps.count_{}.files}}}}\n    effect: repeatable",
                n - 1
            ),
            2 => writeln!(
                text,
                "  - id: ready_{n}\n    gate:\n      probe: {{ exec: [curl, -fsS, \"http://localhost/{n}\"] }}\n      until: result.status == 0 && {n} > 0"
            ),
            _ => writeln!(
                text,
                "  - id: once_{n}\n    when: int(steps.count_{}.files) > {n}\n    run: touch /srv/done-{n}\n    verify: {{ run: test -e /srv/done-{n} }}",
                n - 3
            ),
        };
    }
    SourceFile::new("large.yaml", text)
}

const STEPS: usize = 10_000;

#[divan::bench(sample_count = 10)]
fn tree(bencher: Bencher<'_, '_>) {
    let source = runbook(STEPS);
    bencher.bench(|| parse_tree(&source));
}

#[divan::bench(sample_count = 10)]
fn syntax(bencher: Bencher<'_, '_>) {
    let source = runbook(STEPS);
    bencher.bench(|| parse_runbook(&source));
}

#[divan::bench(sample_count = 10)]
fn checked(bencher: Bencher<'_, '_>) {
    let source = runbook(STEPS);
    assert_eq!(check(&source), []);
    bencher.bench(|| check(&source));
}

#[divan::bench(sample_count = 10)]
fn checked_and_planned(bencher: Bencher<'_, '_>) {
    let source = runbook(STEPS);
    let inventory = Inventory::local();
    println!("{} steps, {} bytes", STEPS, source.text().len());
    bencher.bench(|| {
        let (plan, findings) = compile(&source, &inventory, &BTreeMap::new());
        assert!(plan.is_some(), "{findings:?}");
        plan
    });
}
