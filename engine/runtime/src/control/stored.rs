//! Stored output, a piece at a time.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use banister_core::run::EffectKey;

use super::protocol::{Body, MOST_READ, base64};
use crate::output::{OutputError, StoredStream, StreamKind};

/// A piece of what a command has printed so far.
pub(super) async fn chunk(out: &Path, key: EffectKey, stream: StreamKind, from: Option<u64>, most: u32) -> Body {
    let out = out.to_owned();
    let read = tokio::task::spawn_blocking(move || read(&out, &key, stream, from, most));
    match read.await {
        Ok(Ok((from, total, bytes))) => Body::Chunk { from, total, bytes: base64(&bytes) },
        Ok(Err(error)) => Body::Error { why: error.to_string() },
        Err(fault) => Body::Error { why: format!("a fault of banister: {fault}") },
    }
}

fn read(
    out: &Path,
    key: &EffectKey,
    stream: StreamKind,
    from: Option<u64>,
    most: u32,
) -> Result<(u64, u64, Vec<u8>), OutputError> {
    let Some(mut stored) = StoredStream::open(out, key, stream)? else { return Ok((0, 0, Vec::new())) };
    let (total, most) = (stored.len(), u64::from(most.min(MOST_READ)));
    let from = from.unwrap_or(total.saturating_sub(most)).min(total);
    let mut bytes = Vec::new();
    stored
        .seek(SeekFrom::Start(from))
        .and_then(|_| stored.take(most).read_to_end(&mut bytes))
        .map_err(|source| OutputError::Read { path: out.to_owned(), source })?;
    Ok((from, total, bytes))
}
