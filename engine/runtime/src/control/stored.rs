//! Stored output, a piece at a time.

use std::path::Path;

use banister_core::run::EffectKey;

use super::protocol::{Body, MOST_READ, base64};
use crate::output::{StoredStream, StreamKind};

/// A piece of what a command has printed so far.
pub(super) async fn chunk(out: &Path, key: EffectKey, stream: StreamKind, from: Option<u64>, most: u32) -> Body {
    let out = out.to_owned();
    let most = u64::from(most.min(MOST_READ));
    let read = tokio::task::spawn_blocking(move || StoredStream::piece(&out, &key, stream, from, most));
    match read.await {
        Ok(Ok((from, total, bytes))) => Body::Chunk { from, total, bytes: base64(&bytes) },
        Ok(Err(error)) => Body::Error { why: error.to_string() },
        Err(fault) => Body::Error { why: format!("a fault of banister: {fault}") },
    }
}
