//! One line: record to bytes, and back as far as the chain goes.

use std::fmt;
use std::io;

use banister_core::run::Record;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// Number of the record's shape this version writes and reads.
pub const FORMAT: u32 = 1;

/// The hash of a line, as its 64 characters. The chain is made of the characters, not of the bytes they stand for, so
/// that `sha256sum` can follow it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LineHash([u8; 64]);

impl LineHash {
    /// What stands before the first line.
    pub const GENESIS: Self = Self([b'0'; 64]);

    /// The hash of a line with this body.
    #[must_use]
    pub fn of(previous: Self, body: &[u8]) -> Self {
        const HEX: [u8; 16] = *b"0123456789abcdef";
        let digest = Sha256::new().chain_update(previous.0).chain_update(b"\n").chain_update(body).finalize();
        let mut text = [0; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(digest.iter()) {
            pair.copy_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
        Self(text)
    }
}

impl fmt::Display for LineHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| fmt::Write::write_char(f, char::from(*b)))
    }
}

impl fmt::Debug for LineHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Appends a record's line to `out` and gives its hash.
pub(super) fn encode<K: Serialize>(previous: LineHash, record: &Record<K>, out: &mut Vec<u8>) -> io::Result<LineHash> {
    let start = out.len();
    record.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, Ascii)).map_err(io::Error::from)?;
    let hash = LineHash::of(previous, &out[start..]);
    out.push(b'\t');
    out.extend_from_slice(&hash.0);
    out.push(b'\n');
    Ok(hash)
}

/// JSON in ASCII: no byte outside `0x20..=0x7e` can reach the file, so no text from a host can forge a line, hide one,
/// or drive the terminal of somebody who reads it with `cat`.
struct Ascii;

impl serde_json::ser::Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, to: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(|c: char| !c.is_ascii() || c == '\x7f') {
            let (plain, other) = rest.split_at(at);
            to.write_all(plain.as_bytes())?;
            let Some(char) = other.chars().next() else { break };
            for unit in char.encode_utf16(&mut [0; 2]) {
                write!(to, "\\u{unit:04x}")?;
            }
            rest = &other[char.len_utf8()..];
        }
        to.write_all(rest.as_bytes())
    }
}

/// The beginning of a body, which the chain's rules are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) v: u64,
    pub(super) seq: u64,
    pub(super) batch: u64,
}

/// How a body with these numbers begins, up to the number of its batch.
pub(super) fn beginning(seq: u64) -> String {
    format!("{{\"v\":{FORMAT},\"seq\":{seq},\"batch\":")
}

impl Header {
    /// Reads `{"v":1,"seq":1,"batch":1,"at":`. By bytes and not as JSON: two readers of JSON may disagree about
    /// repeated names or number forms, about this they cannot.
    fn parse(body: &[u8]) -> Option<Self> {
        let (v, rest) = number(body.strip_prefix(b"{\"v\":")?)?;
        let (seq, rest) = number(rest.strip_prefix(b",\"seq\":")?)?;
        let (batch, rest) = number(rest.strip_prefix(b",\"batch\":")?)?;
        rest.starts_with(b",\"at\":").then_some(Self { v, seq, batch })
    }
}

/// Up to 18 digits without leading zeros.
fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let (number, rest) = text.split_at(digits);
    let plain = (1..=18).contains(&digits) && (digits == 1 || number.first() != Some(&b'0'));
    let value = std::str::from_utf8(number).ok().filter(|_| plain)?.parse().ok()?;
    Some((value, rest))
}

/// A line whose hash matches.
pub(super) struct Line<'a> {
    pub(super) body: &'a [u8],
    pub(super) header: Header,
    pub(super) hash: LineHash,
}

/// Where the tab stands in a line that is whole: 64 characters of hash follow it.
pub(super) fn has_shape(line: &[u8]) -> bool {
    line.len() > 65 && line[line.len() - 65] == b'\t'
}

/// Checks a line (without its LF) against what came before it. The sentences are those of `tests/verify_journal.py`.
pub(super) fn check(line: &[u8], previous: LineHash, last_seq: u64, last_batch: u64) -> Result<Line<'_>, String> {
    if !has_shape(line) {
        return Err("it does not end in a tab and a hash".to_owned());
    }
    let (body, hash) = (&line[..line.len() - 65], &line[line.len() - 64..]);
    let expected = LineHash::of(previous, body);
    if hash != expected.0 {
        return Err("its hash does not match".to_owned());
    }
    let header = Header::parse(body).ok_or_else(|| "it is not a record".to_owned())?;
    if header.v != u64::from(FORMAT) {
        return Err(format!("its format is {}, this reader knows {FORMAT}", header.v));
    }
    if header.seq != last_seq + 1 {
        return Err(format!("its number is {}, expected {}", header.seq, last_seq + 1));
    }
    if header.batch < last_batch {
        return Err(format!("its batch goes back from {last_batch} to {}", header.batch));
    }
    Ok(Line { body, header, hash: expected })
}
