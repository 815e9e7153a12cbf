//! Two verifiers, this crate's and `tests/verify_journal.py`, over every way to damage a journal. They must agree on
//! every case, to the word, and the verdict must be the one that is due.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use banister_runtime::journal::{JournalRead, LineHash};

/// Reads cases from standard input, one JSON object a line, and prints each verdict.
const DRIVER: &str = r#"
import json, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import verify_journal
reference = open(sys.argv[2], "rb").read()
for case in sys.stdin:
    cut, insert, keep = json.loads(case)
    code, line = verify_journal.verify(reference[:cut] + bytes.fromhex(insert) + reference[keep:])
    print(code, line)
"#;

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn reference_path() -> PathBuf {
    repository().join("tests/journals/format-1-first/journal.jsonl")
}

/// A journal made of the reference: its beginning, other bytes, its end.
struct Case {
    cut: usize,
    insert: Vec<u8>,
    keep: usize,
    /// Which line is named as corrupt, from 1; `None`: the journal is whole.
    corrupt: Option<u64>,
    what: String,
}

struct Reference {
    bytes: Vec<u8>,
    /// Where each line begins, and where the last one ends.
    starts: Vec<usize>,
}

impl Reference {
    fn load() -> Self {
        let bytes = std::fs::read(reference_path()).expect("the reference journal is committed");
        let ends = bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| i + 1);
        let starts = std::iter::once(0).chain(ends).collect();
        Self { bytes, starts }
    }

    fn lines(&self) -> usize {
        self.starts.len() - 1
    }

    fn line(&self, n: usize) -> &[u8] {
        &self.bytes[self.starts[n]..self.starts[n + 1]]
    }

    fn line_of(&self, at: usize) -> u64 {
        self.starts.partition_point(|start| *start <= at) as u64
    }

    /// The reference with bytes `from..to` replaced.
    fn case(&self, from: usize, to: usize, insert: Vec<u8>, corrupt: Option<u64>, what: String) -> Case {
        Case { cut: from, insert, keep: to, corrupt, what }
    }
}

impl Case {
    fn bytes(&self, reference: &[u8]) -> Vec<u8> {
        [&reference[..self.cut], &self.insert, &reference[self.keep..]].concat()
    }
}

/// Puts all cases to both and compares. Gives the number of cases, or `None` without Python.
fn check(reference: &[u8], cases: &[Case]) -> Option<usize> {
    let mut python = match Command::new("python3")
        .args(["-c", DRIVER])
        .arg(repository().join("tests"))
        .arg(reference_path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
    {
        Ok(python) => python,
        Err(error) => {
            assert!(std::env::var_os("BANISTER_LAB").is_none_or(|v| v != "required"), "python3: {error}");
            println!("skipped: no python3: {error}");
            return None;
        }
    };
    let mut stdin = python.stdin.take().expect("it was asked for");
    let text: String = cases.iter().map(|c| format!("[{}, \"{}\", {}]\n", c.cut, hex(&c.insert), c.keep)).collect();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = python.wait_with_output().expect("it ends");
    writer.join().expect("the writer ends").expect("python reads all cases");
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).expect("verdicts are text");
    assert_eq!(said.lines().count(), cases.len());
    for (case, said) in cases.iter().zip(said.lines()) {
        let ours = JournalRead::of(&case.bytes(reference)).verdict();
        let code = if ours.starts_with("whole: ") { 0 } else { 23 };
        assert_eq!(said, format!("{code} {ours}"), "the verifiers disagree: {}", case.what);
        match case.corrupt {
            None => assert_eq!(code, 0, "{}: {ours}", case.what),
            Some(line) => assert!(ours.starts_with(&format!("corrupt: line {line}: ")), "{}: {ours}", case.what),
        }
    }
    Some(cases.len())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn every_byte_flip() {
    let reference = Reference::load();
    let last = reference.bytes.len() - 1;
    let torn = torn_line(&reference);
    let mut cases = Vec::new();
    for (at, byte) in reference.bytes.iter().enumerate() {
        // One bit a byte, another one each time; of letters also the one that makes them capital, as hex may be.
        for mask in [1 << (at % 8), 0x20].into_iter().take(1 + usize::from((b'a'..=b'f').contains(byte) && at % 8 != 5))
        {
            let line = reference.line_of(at);
            // The bytes a crash left are covered by the record that answers them: changed, they stand unanswered.
            let corrupt = match at {
                // The line feed of the last line: what is left reads as torn, and only a witness could tell.
                _ if at == last => None,
                _ if line == torn + 1 => Some(torn),
                _ => Some(line),
            };
            cases.push(reference.case(at, at + 1, vec![byte ^ mask], corrupt, format!("byte {at} ^ {mask:#x}")));
        }
    }
    if let Some(n) = check(&reference.bytes, &cases) {
        assert!(n > reference.bytes.len(), "{n} cases");
    }
}

/// The line of the reference that a crash left, from 1.
fn torn_line(reference: &Reference) -> u64 {
    let answer = (0..reference.lines()).find(|n| contains(reference.line(*n), b"tail.recovered"));
    answer.expect("the reference holds a recovered tail") as u64
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|w| w == needle)
}

#[test]
fn every_line_deleted_doubled_and_swapped() {
    let reference = Reference::load();
    let torn = torn_line(&reference);
    let lines = reference.lines();
    // Where the torn line stands, what is wrong with its answer is named at the torn line.
    let named = |line: u64| Some(if line == torn + 1 { torn } else { line });
    let mut cases = Vec::new();
    for n in 0..lines {
        let (from, to) = (reference.starts[n], reference.starts[n + 1]);
        let number = n as u64 + 1;
        // Without its last line a journal is whole, this is the limit that the threat model states; without a torn
        // line the answer to it still verifies as a record.
        let without = if n + 1 == lines || number == torn { None } else { named(number) };
        cases.push(reference.case(from, to, Vec::new(), without, format!("line {number} deleted")));
        let twice = if number == torn { Some(torn) } else { Some(number + 1) };
        cases.push(reference.case(to, to, reference.line(n).to_vec(), twice, format!("line {number} doubled")));
        if n + 1 < lines {
            let swapped = [reference.line(n + 1), reference.line(n)].concat();
            let after = reference.starts[n + 2];
            // The answer first and then the torn line: a whole record, and damage after it.
            let line = if number == torn { Some(torn + 1) } else { named(number) };
            cases.push(reference.case(from, after, swapped, line, format!("lines {number} and {} swapped", n + 2)));
        }
    }
    check(&reference.bytes, &cases);
}

#[test]
fn truncation_at_every_byte() {
    let reference = Reference::load();
    let torn = torn_line(&reference);
    let end = reference.bytes.len();
    // Right after the line feed that ends the torn line and before its answer begins, a crash looks like damage.
    let alone = reference.starts[usize::try_from(torn).expect("small")];
    let cases: Vec<Case> = (0..=end)
        .map(|cut| {
            let corrupt = (cut == alone).then_some(torn);
            reference.case(cut, end, Vec::new(), corrupt, format!("cut at {cut}"))
        })
        .collect();
    check(&reference.bytes, &cases);
    let whole = (0..reference.lines()).filter(|n| *n as u64 + 1 != torn);
    for n in whole {
        let verdict = JournalRead::of(&reference.bytes[..reference.starts[n + 1]]).verdict();
        assert!(!verdict.contains("torn"), "cut after line {}: {verdict}", n + 1);
    }
}

/// Lines whose hashes are right and whose contents break a rule.
#[test]
fn forged_lines_with_right_hashes() {
    let reference = Reference::load();
    let end = reference.bytes.len();
    let read = JournalRead::of(&reference.bytes);
    let line = reference.lines() as u64 + 1;
    let (seq, batch) = (read.seq + 1, read.batch);
    let forged = |bodies: &[String]| {
        let mut head = read.head;
        let mut bytes = Vec::new();
        for body in bodies {
            head = LineHash::of(head, body.as_bytes());
            bytes.extend_from_slice(format!("{body}\t{head}\n").as_bytes());
        }
        bytes
    };
    let body = |v: &str, seq: u64, batch: u64| {
        format!("{{\"v\":{v},\"seq\":{seq},\"batch\":{batch},\"at\":\"x\",\"kind\":{{\"run.teleported\":{{}}}}}}")
    };
    let recovered = |seq: u64, at: usize| {
        format!(
            "{{\"v\":1,\"seq\":{seq},\"batch\":{batch},\"at\":\"x\",\"kind\":{{\"tail.recovered\":{{\"at\":{at},\"len\":3,\"sha256\":\"x\"}}}}}}"
        )
    };
    let cases = [
        ("an unknown kind is whole by its hash", vec![body("1", seq, batch)], None),
        ("two of them", vec![body("1", seq, batch), body("1", seq + 1, batch + 5)], None),
        ("a gap", vec![body("1", seq + 1, batch)], Some(line)),
        ("a number again", vec![body("1", seq - 1, batch)], Some(line)),
        ("a batch that goes back", vec![body("1", seq, batch - 1)], Some(line)),
        ("the second is wrong", vec![body("1", seq, batch + 1), body("1", seq + 1, batch)], Some(line + 1)),
        ("a newer format", vec![body("2", seq, batch)], Some(line)),
        ("a leading zero", vec![body("01", seq, batch)], Some(line)),
        ("a fraction", vec![body("1.0", seq, batch)], Some(line)),
        ("no number", vec![body("\"1\"", seq, batch)], Some(line)),
        ("a number past counting", vec![body("9999999999999999999", seq, batch)], Some(line)),
        ("not JSON", vec!["hello".to_owned()], Some(line)),
        ("nothing", vec![String::new()], Some(line)),
        ("other names first", vec![format!("{{\"seq\":{seq},\"v\":1}}")], Some(line)),
        ("an answer to nothing", vec![recovered(seq, end)], None),
    ];
    let mut cases: Vec<Case> = cases
        .into_iter()
        .map(|(what, bodies, corrupt)| reference.case(end, end, forged(&bodies), corrupt, what.to_owned()))
        .collect();
    let bad_then = |bytes: Vec<u8>| [b"bad\n".to_vec(), bytes].concat();
    let rest: [(&str, Vec<u8>, Option<u64>); 8] = [
        ("an answer with another digest", bad_then(forged(&[recovered(seq, end)])), Some(line)),
        ("a good record after a bad line", bad_then(forged(&[body("1", seq, batch)])), Some(line)),
        ("a bad line", b"bad\n".to_vec(), Some(line)),
        ("an empty line", b"\n".to_vec(), Some(line)),
        ("bytes without a line feed", b"bad".to_vec(), None),
        ("zeros, as some file systems leave", vec![0; 5000], None),
        ("a bad line and other bytes", b"bad\nbytes".to_vec(), Some(line)),
        ("a bad line and the beginning of an answer", b"bad\n{\"v\":1,\"se".to_vec(), None),
    ];
    cases.extend(
        rest.into_iter().map(|(what, bytes, corrupt)| reference.case(end, end, bytes, corrupt, what.to_owned())),
    );
    check(&reference.bytes, &cases);
}
