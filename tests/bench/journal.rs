//! A journal of a hundred thousand records, verified and resumed.

use std::sync::Arc;

use banister_core::run::{Durability, Journal as _, Record, Run};
use banister_runtime::journal::{FileJournal, Limits, Tail, read};

use crate::core::{self, Keep};
use crate::figure::{Figure, Judge, Unit};
use crate::watch::Watch;

const RECORDS: usize = 100_000;
const HOSTS: usize = 12_000;
const RUNS: usize = 5;
const AIM_MS: f64 = 1_000.0;

const RUNBOOK: &str = "\
runbook: figures
if_it_fails: It is a measurement; nothing was touched.
hosts: all
timeout: 1m
steps:
  - id: restart
    roll:
      batch: [1, 500]
      steps:
        - { id: drain, run: touch /run/app/drained, effect: repeatable }
        - { id: unpack, run: 'tar -xf /srv/app-{{ host.name }}.tar', effect: repeatable }
        - { id: nginx, run: service nginx restart, as: root, effect: repeatable }
        - { id: fill, run: rm -f /run/app/drained, effect: repeatable }
      gate: { probe: { run: 'curl -fsS http://localhost/' }, samples: 3 }
";

/// Writes the first records of a run, batch by batch as the run made them.
struct File(FileJournal, usize);

impl Keep for File {
    fn keep(&mut self, batch: &[Record], _: Durability) {
        let batch = &batch[..batch.len().min(self.1)];
        if !batch.is_empty() {
            self.1 -= batch.len();
            // Not synced: how fast the disk is, is no part of reading it again.
            self.0.append(batch, Durability::Written).unwrap();
        }
    }
}

pub(crate) fn measure() -> Vec<Figure> {
    let (plan, hash) = core::plan(HOSTS, RUNBOOK);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.jsonl");
    let limits = Limits { min_free: 0, ballast: 4096 };
    core::drive(&plan, &hash, File(FileJournal::create(&path, limits).unwrap(), RECORDS));
    let bytes = std::fs::metadata(&path).unwrap().len();

    let (mut samples, mut cpu, mut verified) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let watch = Watch::start();
        let read = read(&path).unwrap();
        verified.push(watch.stop().0);
        assert_eq!((read.records.len(), &read.tail, read.unreadable.len()), (RECORDS, &Tail::Whole, 0));
        let run = Run::resume(Arc::clone(&plan), &hash, &read.records).unwrap();
        let (wall, busy) = watch.stop();
        assert_eq!(run.state().seq(), RECORDS as u64);
        samples.push(wall);
        cpu.push(busy);
    }
    let (_, middle, _) = crate::figure::spread(&verified);
    let how = format!(
        "The first {RECORDS} records of a roll over {HOSTS} hosts ({:.1} MB): every line's hash checked and its record \
         parsed ({middle:.0} ms of it), the plan spread out, the records folded.",
        bytes as f64 / 1e6
    );
    vec![Figure {
        name: format!("a journal of {RECORDS} records verified and resumed"),
        unit: Unit::Milliseconds,
        aim: Some(AIM_MS),
        judge: Judge::Least,
        samples,
        cpu,
        how,
    }]
}
