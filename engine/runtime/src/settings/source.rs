//! Reads what people wrote: runbooks, inventories, answers.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use banister_core::runbook::tree::MAX_BYTES;
use banister_core::source::SourceFile;

/// Says which file could not be read, and why.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{path}`: {source}")]
pub struct ReadError {
    /// The file, as it was given.
    pub path: PathBuf,
    /// In the system's words.
    pub source: io::Error,
}

/// Reads a file under the name it was given with. Bytes that are no UTF-8 and files that are too large are for the
/// parser to report with their place; of the latter no more is read than it takes to know.
///
/// # Errors
/// A [`ReadError`] that names the file.
pub fn read_source(path: &Path) -> Result<SourceFile, ReadError> {
    let fail = |source| ReadError { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path).map_err(fail)?.take(limit).read_to_end(&mut bytes).map_err(fail)?;
    Ok(SourceFile::from_bytes(path.display().to_string(), &bytes))
}
