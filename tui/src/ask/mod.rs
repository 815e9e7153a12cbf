//! Asking the operator at the terminal.
//!
//! Plain lines and numbered choices, for any terminal. Nothing answers itself: not a timeout, not the end of input, not
//! what was typed ahead or pasted. What may be said, and by whom, is the core's to decide.

mod answer;
mod dialog;
mod evidence;
mod menu;
mod phrase;
mod question;
mod shell;
mod shows;
mod status;
mod tty;
mod words;

use std::io;
use std::time::Duration;

use banister_core::runbook::ParamName;
use banister_core::source::visible;

pub(crate) use dialog::{Dialog, News};
pub(crate) use evidence::{
    ATTEMPTS, Extent, FIRST, HEAD, LAST, Part, TAIL, WHOLE, approve_of, lines_of, not_stored, parts,
};
pub(crate) use phrase::{GO, phrase, phrase_of_run};
pub(crate) use shell::Shell;
pub(crate) use status::{status, status_of};
pub(crate) use tty::{Tty, Typed};
pub(crate) use words::does;

/// Asks for a secret, without showing it.
pub(crate) fn secret(name: &ParamName) -> io::Result<Vec<u8>> {
    let mut tty = Tty::open().ok_or_else(|| io::Error::other("there is no terminal"))?;
    tty.ask_hidden(&format!("secret `{}` (not shown): ", visible(name.as_str())))
}

/// `90s`, `5m`, `1h`; nothing else, and not nothing.
pub(crate) fn duration_ms(text: &str) -> Option<u64> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let seconds = match unit.trim() {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    let time = Duration::from_secs(digits.parse::<u64>().ok()?.checked_mul(seconds)?);
    u64::try_from(time.as_millis()).ok().filter(|ms| *ms > 0)
}

#[cfg(test)]
mod tests {
    use super::duration_ms;

    #[test]
    fn a_time_has_a_number_and_a_unit() {
        let read = ["30s", "5m", "1h", "5 m", "0s", "5", "m", "", "-1s", "99999999999999999999s"].map(duration_ms);
        let expect = [Some(30_000), Some(300_000), Some(3_600_000), Some(300_000), None, None, None, None, None, None];
        assert_eq!(read, expect);
    }
}
