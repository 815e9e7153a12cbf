//! Taking a key.

use super::journal::HostsJournal;
use super::known::{known, replace};
use super::{HostRecordKind, HostsError, Look};
use crate::state::StateDir;

/// What somebody gave to show that a key is the right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// They saw the fingerprint and typed the host's name.
    Typed,
    /// They brought the fingerprint.
    Fingerprint,
}

/// Takes a key that was looked at: journals it, then puts it into the operator's file of known hosts in place of what
/// stands there for this host.
///
/// # Errors
/// A [`HostsError`]; if the journal could not be written, nothing was taken.
pub fn trust(state: &StateDir, look: &Look, proof: Proof) -> Result<(), HostsError> {
    let old: Vec<_> = look.known.iter().filter(|known| !known.revoked).collect();
    if let Some(others) = old.iter().find(|known| known.file != look.file && known.key != look.key) {
        let (file, line) = (others.file.clone(), others.line);
        return Err(HostsError::NotYours { host: look.host.to_string(), file, line });
    }
    let mut journal = HostsJournal::open(state)?;
    journal.write(HostRecordKind::Trusted {
        host: look.host.clone(),
        known_as: look.known_as.clone(),
        file: look.file.clone(),
        key: look.key.clone(),
        replaced: old.iter().map(|known| known.key.clone()).collect(),
        proof: match proof {
            Proof::Typed => "typed".to_owned(),
            Proof::Fingerprint => "fingerprint".to_owned(),
        },
    })?;
    let done = take(look);
    if let Err(error) = &done {
        journal.write(HostRecordKind::TrustFailed { host: look.host.clone(), why: error.to_string() })?;
    }
    done
}

fn take(look: &Look) -> Result<(), HostsError> {
    // Line numbers are those of the file that was looked at; a person may have thought about it for long.
    let now = known(&look.file, &look.known_as)?;
    let then: Vec<_> = look.known.iter().filter(|known| known.file == look.file).cloned().collect();
    if now != then {
        return Err(HostsError::Changed(look.file.clone()));
    }
    let without: Vec<usize> = now.iter().filter(|known| !known.revoked).map(|known| known.line).collect();
    replace(&look.file, &without, &look.line)?;
    match known(&look.file, &look.known_as)?.iter().any(|known| known.key == look.key) {
        true => Ok(()),
        false => Err(HostsError::Said { program: "ssh-keygen", said: "the new key is not found".to_owned() }),
    }
}
