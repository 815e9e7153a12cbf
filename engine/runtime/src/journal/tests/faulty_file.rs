//! [`FaultyFile`]: a file in memory, one call of which goes wrong.

use std::io;

use super::super::file::{JournalFile, Place};

/// What the Nth call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Error(i32),
    Short(usize),
    Gone,
}

/// A file in memory whose Nth call goes wrong. `durable` is what a power cut leaves.
#[derive(Default)]
pub(super) struct FaultyFile {
    pub(super) calls: usize,
    pub(super) at: Option<(usize, Fault)>,
    /// The disk stays full until the ballast is given back.
    pub(super) full: bool,
    pub(super) ballast: bool,
    pub(super) bytes: Vec<u8>,
    pub(super) durable: usize,
    pub(super) hit: bool,
}

impl FaultyFile {
    fn fault(&mut self) -> Option<Fault> {
        self.calls += 1;
        let fault = self.at.filter(|(n, _)| *n == self.calls).map(|(_, fault)| fault);
        self.hit |= fault.is_some();
        fault
    }
}

fn errno(code: i32) -> io::Error {
    io::Error::from_raw_os_error(code)
}

pub(super) const EIO: i32 = 5;
pub(super) const EINTR: i32 = 4;
pub(super) const ENOSPC: i32 = 28;

impl JournalFile for &mut FaultyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.full {
            return Err(errno(ENOSPC));
        }
        let n = match self.fault() {
            Some(Fault::Error(ENOSPC)) => {
                self.full = true;
                return Err(errno(ENOSPC));
            }
            Some(Fault::Error(code)) => return Err(errno(code)),
            Some(Fault::Short(n)) => n.min(bytes.len()),
            Some(Fault::Gone) | None => bytes.len(),
        };
        self.bytes.extend_from_slice(&bytes[..n]);
        Ok(n)
    }

    fn sync(&mut self) -> io::Result<()> {
        match self.fault() {
            Some(Fault::Error(code)) => Err(errno(code)),
            _ => {
                self.durable = self.bytes.len();
                Ok(())
            }
        }
    }

    fn place(&mut self) -> io::Result<Place> {
        match self.fault() {
            Some(Fault::Error(code)) => Err(errno(code)),
            Some(Fault::Gone) => Ok(Place::Gone),
            _ => Ok(Place::Ours(self.bytes.len() as u64)),
        }
    }

    fn free_ballast(&mut self) -> io::Result<bool> {
        let had = self.ballast;
        (self.ballast, self.full) = (false, self.full && !had);
        Ok(had)
    }
}
