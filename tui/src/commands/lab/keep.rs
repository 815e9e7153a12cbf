//! The process that keeps a lab, in a session of its own. What it has to say goes to whoever started it, until the lab
//! is up; nobody listens afterwards.

use std::env;
use std::io::{self, Write as _};

use banister_core::run::ExitCode;
use banister_lab::{Keeper, LabSpec, standing_dir};

use super::root::quoted;
use crate::exit_code;
use crate::failure::Failure;

/// A line from the process that keeps a lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News<'a> {
    /// What takes so long.
    Said(&'a str),
    /// A line of why there is no lab; the last one is the hint.
    Failed(&'a str),
    /// The lab is up.
    Up,
}

impl<'a> News<'a> {
    pub(super) fn parse(line: &'a str) -> Option<Self> {
        match line.split_once(' ')? {
            ("said", text) => Some(Self::Said(text)),
            ("failed", text) => Some(Self::Failed(text)),
            ("up", _) => Some(Self::Up),
            _ => None,
        }
    }

    fn tell(self) {
        let line = match self {
            Self::Said(text) => format!("said {text}\n"),
            Self::Failed(text) => format!("failed {text}\n"),
            Self::Up => "up \n".to_owned(),
        };
        let mut out = io::stdout().lock();
        // Whoever started this may have been interrupted; the lab comes up all the same, and `lab list` shows it.
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    }
}

pub(super) fn keep(hosts: u8, packages: &[String]) -> Result<ExitCode, Failure> {
    // It fails for the leader of a group, which this is not when `up` starts it; by hand, the session is the shell's.
    let _ = rustix::process::setsid();
    match up(hosts, packages) {
        Ok(keeper) => {
            News::Up.tell();
            keeper.keep()?;
            Ok(ExitCode::DONE)
        }
        Err(failure) => {
            failure.message.lines().for_each(|line| News::Failed(line).tell());
            News::Failed(&failure.hint).tell();
            Err(Failure::silent(failure.exit))
        }
    }
}

fn up(hosts: u8, packages: &[String]) -> Result<Keeper, Failure> {
    let dir = standing_dir();
    let me = env::current_exe().map_err(|error| Failure::new(exit_code::IO, error.to_string()))?;
    // ssh fills in what stands behind a percent sign.
    let word = |path: &std::path::Path| quoted(&path.display().to_string()).replace('%', "%%");
    let relay = format!("{} lab relay {}", word(&me), word(&dir));
    let spec = LabSpec { packages: packages.to_vec(), ..LabSpec::web(hosts.into()) };
    Ok(Keeper::up(&dir, &spec, &relay, &mut |line| News::Said(line).tell())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_is_read_as_it_is_told() {
        assert_eq!(News::parse("said installing sudo"), Some(News::Said("installing sudo")));
        assert_eq!(News::parse("failed "), Some(News::Failed("")));
        assert_eq!(News::parse("up "), Some(News::Up));
        assert_eq!(News::parse("what"), None);
    }
}
