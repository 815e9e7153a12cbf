//! 200 MB of output go through the store in constant memory. A process of its own: the figure is the whole process's.

use std::io::Read as _;
use std::time::Duration;

use banister_core::plan::StepPath;
use banister_core::run::{CapturedText, Durability, EffectKey, Purpose};
use banister_core::runbook::HostName;
use banister_runtime::output::{OutputStore, StoredStream, StreamKind};
use banister_runtime::secrets::{RedactionSet, Secret};

/// The largest resident size this process ever had, in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).expect("Linux has it");
    line.trim().trim_end_matches(" kB").parse().expect("Linux has it")
}

#[test]
fn two_hundred_megabytes_in_constant_memory() {
    let dir = tempfile::tempdir().unwrap();
    let secret = Secret::new(b"correct horse battery".to_vec()).ok().unwrap();
    let store = OutputStore::new(dir.path(), RedactionSet::new([&secret]));
    let key = EffectKey {
        run: "0123".into(),
        path: StepPath::parse("flood/@localhost").unwrap(),
        host: HostName::new("localhost").unwrap(),
        purpose: Purpose::Main,
        attempt: 1,
    };
    // Binary, and it cannot be told apart from noise: no byte value is missing.
    let mut block = Vec::with_capacity(100_000);
    let mut state = 1u32;
    while block.len() < 100_000 - 21 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        block.push((state >> 24) as u8);
    }
    block.extend_from_slice(secret.expose());

    let before = peak_kib();
    let mut writer = store.writer(&key);
    for n in 0..2000u64 {
        writer.write(StreamKind::Stdout, Duration::from_millis(n), &block);
    }
    let done = writer.finish(Durability::Written);
    let grown = peak_kib() - before;
    println!("200 MB of output: resident size grew by {grown} KiB to {} KiB at its peak", peak_kib());

    done.kept.unwrap();
    let info = done.stdout.info;
    assert_eq!((info.redactions, info.cut, info.bytes), (2000, true, 2000 * (100_000 - 21 + 10)));
    assert_eq!(done.stdout.text, CapturedText::Cut);
    assert!(grown < 4 * 1024, "resident size grew by {grown} KiB");

    let mut stored = StoredStream::open(dir.path(), &key, StreamKind::Stdout).unwrap().unwrap();
    assert_eq!(stored.len(), OutputStore::CAP);
    let mut head = vec![0; 1000];
    stored.read_exact(&mut head).unwrap();
    assert_eq!(head, block[..1000]);
    let last = std::fs::read(dir.path().join("flood,@localhost.main.1.stdout")).unwrap();
    assert!(last.ends_with(b"[redacted]"));
}
