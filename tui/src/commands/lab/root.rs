//! A lab is root's. A person who is not is offered sudo for the lab alone, and told exactly what it would run.

use std::env;
use std::process::Command;

use banister_core::run::ExitCode;

use crate::ask::{Tty, Typed};
use crate::exit_code;
use crate::failure::Failure;

/// Nothing if this is root. Else the status of the same command under sudo, if the person at the terminal wants it.
pub(super) fn offer() -> Result<Option<ExitCode>, Failure> {
    if rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let me = env::current_exe().map_err(|error| Failure::new(exit_code::IO, error.to_string()))?;
    let words: Vec<String> = env::args().skip(1).collect();
    let line: Vec<String> = [me.display().to_string()].iter().chain(&words).map(|word| quoted(word)).collect();
    let refusal =
        Failure::new(exit_code::NOT_ALLOWED, "lab hosts need root: they have mounts and networks of their own");
    let refusal = refusal.hint(format!("sudo {}", line.join(" ")));
    let Some(mut tty) = Tty::open() else { return Err(refusal) };
    tty.show(&format!(
        "lab hosts need root: they have mounts and networks of their own. This would run:\n\n  sudo {}\n\n",
        line.join(" ")
    ));
    match tty.ask("type `go` to run it, anything else to leave it: ", || false) {
        Typed::Line(word) if word.trim() == "go" => {}
        _ => return Err(refusal),
    }
    let status = Command::new("sudo").arg("--").arg(me).args(words).status();
    let status = status.map_err(|error| Failure::new(exit_code::NO_INPUT, format!("sudo: {error}")))?;
    Ok(Some(super::reach::exit(status)))
}

/// A word as a shell takes it, so that the line can be typed as it is shown.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_needs_it_is_quoted() {
        assert_eq!(quoted("/usr/bin/banister"), "/usr/bin/banister");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's; rm"), r"'it'\''s; rm'");
        assert_eq!(quoted(""), "''");
    }
}
