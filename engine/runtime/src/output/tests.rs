use std::io::Read as _;
use std::time::Duration;

use banister_core::plan::StepPath;
use banister_core::run::{CapturedText, Durability, EffectKey, Purpose};
use banister_core::runbook::HostName;

use super::*;
use crate::secrets::{RedactionSet, Secret};

fn key() -> EffectKey {
    EffectKey {
        run: "0123".into(),
        path: StepPath::parse("build/@web-1").unwrap(),
        host: HostName::new("web-1").unwrap(),
        purpose: Purpose::Main,
        attempt: 1,
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn stored(store: &OutputStore, stream: StreamKind) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    StoredStream::open(store.dir(), &key(), stream).unwrap()?.read_to_end(&mut bytes).unwrap();
    Some(bytes)
}

fn names(store: &OutputStore) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(store.dir()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn keeps_exact_bytes_order_and_time() {
    let dir = tempfile::tempdir().unwrap();
    let store = OutputStore::new(dir.path(), RedactionSet::default());
    let mut writer = store.writer(&key());
    assert_eq!(writer.write(StreamKind::Stdout, ms(1), b"one\x00\xff"), b"one\x00\xff");
    writer.write(StreamKind::Stdout, ms(2), b"two");
    writer.write(StreamKind::Stderr, ms(3), b"oops");
    writer.write(StreamKind::Stdout, ms(40), b"three\n\n");
    let done = writer.finish(Durability::Synced);
    done.kept.unwrap();
    assert_eq!(stored(&store, StreamKind::Stdout).unwrap(), b"one\x00\xfftwothree\n\n");
    assert_eq!(done.stdout.text, CapturedText::NotUtf8);
    assert_eq!(done.stderr.text, CapturedText::Text("oops".into()));
    assert_eq!(done.stderr.info.sha256, crate::digest::sha256(b"oops"));
    let chunk = |at, stream, offset, length| Chunk { elapsed: ms(at), stream, offset, length };
    assert_eq!(
        Chunk::read_all(store.dir(), &key()).unwrap(),
        [chunk(1, StreamKind::Stdout, 0, 8), chunk(3, StreamKind::Stderr, 0, 4), chunk(40, StreamKind::Stdout, 8, 7)]
    );
}

#[test]
fn empty_output_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let store = OutputStore::new(dir.path(), RedactionSet::default());
    let done = store.writer(&key()).finish(Durability::Synced);
    assert_eq!(done.stdout.text, CapturedText::Text(String::new()));
    assert_eq!(done.stdout.info.sha256, crate::digest::sha256(b""));
    assert_eq!((done.stdout.info.bytes, names(&store)), (0, vec![]));
    assert_eq!(stored(&store, StreamKind::Stdout), None);
    assert_eq!(Chunk::read_all(store.dir(), &key()).unwrap(), []);
}

#[test]
fn what_an_earlier_engine_stored_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let store = OutputStore::new(dir.path(), RedactionSet::default());
    let mut first = store.writer(&key());
    first.write(StreamKind::Stdout, ms(1), b"a long first half that was never finished");
    first.write(StreamKind::Stderr, ms(1), b"and an error");
    drop(first);
    let mut second = store.writer(&key());
    second.write(StreamKind::Stdout, ms(1), b"whole");
    second.finish(Durability::Written).kept.unwrap();
    assert_eq!(stored(&store, StreamKind::Stdout).unwrap(), b"whole");
    assert_eq!(stored(&store, StreamKind::Stderr), None);
}

/// Every length around the borders of the two halves, in every chunking.
#[test]
fn past_the_cap_head_and_tail_stay() {
    let dir = tempfile::tempdir().unwrap();
    let store = OutputStore::new(dir.path(), RedactionSet::default()).with_cap(10);
    for len in 0..40usize {
        let all: Vec<u8> = (0..len).map(|i| b'a' + u8::try_from(i % 26).unwrap()).collect();
        for size in [1, 2, 3, 4, 5, 6, 7, 11, 40] {
            let mut writer = store.writer(&key());
            for chunk in all.chunks(size) {
                writer.write(StreamKind::Stdout, ms(1), chunk);
            }
            let done = writer.finish(Durability::Written);
            done.kept.unwrap();
            let expect = if len <= 10 { all.clone() } else { [&all[..5], &all[len - 5..]].concat() };
            assert_eq!(
                stored(&store, StreamKind::Stdout).unwrap_or_default(),
                expect,
                "{len} bytes in chunks of {size}"
            );
            assert_eq!(done.stdout.info.cut, len > 10);
            assert_eq!((done.stdout.info.bytes, done.stdout.info.sha256), (len as u64, crate::digest::sha256(&all)));
            assert!(names(&store).iter().all(|n| !n.ends_with(".tail")));
        }
    }
}

#[test]
fn conditions_see_64_kib_or_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = OutputStore::new(dir.path(), RedactionSet::default());
    let text = |bytes: &[u8]| {
        let mut writer = store.writer(&key());
        for chunk in bytes.chunks(1000) {
            writer.write(StreamKind::Stdout, ms(1), chunk);
        }
        writer.finish(Durability::Written).stdout.text
    };
    assert_eq!(text(b"a b\n\n"), CapturedText::Text("a b".into()));
    assert_eq!(text(&[b'x'; 65536]), CapturedText::Text("x".repeat(65536)));
    assert_eq!(text(&[b'x'; 65537]), CapturedText::Cut);
    assert_eq!(text(&[b'\n'; 65537]), CapturedText::Cut);
    assert_eq!(text("é".as_bytes().split_last().unwrap().1), CapturedText::NotUtf8);
}

#[test]
fn secrets_reach_neither_file_nor_display_nor_digest() {
    let dir = tempfile::tempdir().unwrap();
    let store = OutputStore::new(dir.path(), RedactionSet::new([&Secret::new(b"hunter2!".to_vec()).unwrap()]));
    let mut writer = store.writer(&key());
    let mut shown = writer.write(StreamKind::Stderr, ms(1), b"pw hun").to_vec();
    shown.extend(writer.write(StreamKind::Stderr, ms(2), b"ter2! hunt"));
    shown.extend(writer.close(StreamKind::Stderr, ms(3)));
    let done = writer.finish(Durability::Written);
    assert_eq!(shown, b"pw [redacted] hunt");
    assert_eq!(stored(&store, StreamKind::Stderr).unwrap(), shown);
    assert_eq!(done.stderr.text, CapturedText::Text("pw [redacted] hunt".into()));
    assert_eq!((done.stderr.info.redactions, done.stderr.info.sha256), (1, crate::digest::sha256(&shown)));
}

#[test]
fn a_disk_error_is_said_and_the_stream_still_counted() {
    let dir = tempfile::tempdir().unwrap();
    let store = OutputStore::new(dir.path().join("gone"), RedactionSet::default());
    let mut writer = store.writer(&key());
    writer.write(StreamKind::Stdout, ms(1), b"counted");
    let done = writer.finish(Durability::Synced);
    let error = done.kept.unwrap_err().to_string();
    assert!(error.contains("gone/build,@web-1.main.1.stdout: No such file"), "{error}");
    assert_eq!(done.stdout.info.sha256, crate::digest::sha256(b"counted"));
}

#[test]
fn a_link_in_the_way_is_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let store = OutputStore::new(dir.path(), RedactionSet::default());
    let target = dir.path().join("precious");
    std::fs::write(&target, "precious").unwrap();
    let mut writer = store.writer(&key());
    std::os::unix::fs::symlink(&target, dir.path().join("build,@web-1.main.1.stdout")).unwrap();
    writer.write(StreamKind::Stdout, ms(1), b"x");
    assert!(writer.finish(Durability::Written).kept.is_err());
    assert_eq!(std::fs::read(&target).unwrap(), b"precious");
}
