//! The operator's terminal, for questions: `/dev/tty`, whatever standard input and output are.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::time::Duration;

use banister_core::source::visible;
use rustix::fs::OFlags;
use rustix::process::Signal;
use rustix::termios::{self, LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex};

/// How often a waiting question looks for other news.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// What comes this soon after a line was not typed.
const TYPING: Duration = Duration::from_millis(30);
/// Longest line that is taken.
const MAX_LINE: usize = 4096;
/// A terminal says that text was pasted by putting it between these.
const PASTE: &[u8] = b"\x1b[200~";

/// A terminal that a person sits at.
#[derive(Debug)]
pub(crate) struct Tty {
    file: File,
    /// It knows how to say that text was pasted. A dumb one would show the sequence that asks for it.
    brackets: bool,
}

/// What was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Typed {
    /// One line, without its end.
    Line(String),
    /// Something that is not one typed line; it was thrown away.
    Refused(&'static str),
    /// Something else came first.
    Interrupted,
    /// The terminal is gone.
    Gone,
}

impl Tty {
    /// The controlling terminal, if a person can be asked there: somebody sees standard error, and this process is in
    /// the foreground. One in the background that reads from its terminal is stopped by the kernel, engine and all.
    pub(crate) fn open() -> Option<Self> {
        if !io::stderr().is_terminal() {
            return None;
        }
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file =
            OpenOptions::new().read(true).write(true).custom_flags(flags.bits().cast_signed()).open("/dev/tty").ok()?;
        let brackets = std::env::var("TERM").is_ok_and(|term| !term.is_empty() && term != "dumb");
        let tty = Self { file, brackets };
        let is_there = match termios::tcgetpgrp(&tty.file) {
            // The group in the foreground has no number in this pid namespace: the drill that runs this engine inside a
            // lab waits there, and gives it a terminal only if it has one itself.
            Ok(_) | Err(rustix::io::Errno::OPNOTSUPP) => true,
            Err(_) => false,
        };
        (is_there && !tty.is_anothers()).then_some(tty)
    }

    /// The same terminal once more.
    pub(crate) fn another(&self) -> io::Result<Self> {
        Ok(Self { file: self.file.try_clone()?, brackets: self.brackets })
    }

    /// Cells of a line; 80 where it does not say.
    pub(crate) fn columns(&self) -> usize {
        termios::tcgetwinsize(&self.file)
            .ok()
            .map(|size| usize::from(size.ws_col))
            .filter(|cells| *cells > 0)
            .unwrap_or(80)
    }

    /// Whether another program has it now: who reads from a terminal in the background is stopped by the kernel.
    fn is_anothers(&self) -> bool {
        termios::tcgetpgrp(&self.file).is_ok_and(|foreground| foreground != rustix::process::getpgrp())
    }

    /// Waits for a typed line without asking for one: nothing is shown and nothing thrown away before it.
    pub(crate) fn idle(&mut self, mut stop: impl FnMut() -> bool) -> Typed {
        self.line(&mut stop)
    }

    /// Shows text. That it cannot be shown is noticed by the next reading.
    pub(crate) fn show(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        // The file does not block; a terminal that takes nothing (Ctrl-S) is waited for.
        while !rest.is_empty() {
            match self.file.write(rest) {
                Ok(0) => return,
                Ok(n) => rest = rest.get(n..).unwrap_or_default(),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => std::thread::sleep(LOOK_EVERY),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    /// Asks for one typed line. What was typed before the question was shown is thrown away, and so is what was
    /// pasted, or came as more than one line. `stop` is asked again and again whether there is other news.
    pub(crate) fn ask(&mut self, prompt: &str, mut stop: impl FnMut() -> bool) -> Typed {
        let _ = termios::tcflush(&self.file, QueueSelector::IFlush);
        let (on, off) = if self.brackets { ("\x1b[?2004h", "\x1b[?2004l") } else { ("", "") };
        self.show(&format!("{on}{prompt}"));
        let typed = self.line(&mut stop);
        self.show(off);
        typed
    }

    /// The same with nothing else that could be news; `None` where the terminal is gone.
    pub(crate) fn ask_plainly(&mut self, prompt: &str) -> Option<String> {
        loop {
            match self.ask_alone(prompt, true).unwrap_or(Typed::Gone) {
                Typed::Line(line) => return Some(line),
                Typed::Refused(why) => self.show(&format!("({why})\n")),
                Typed::Interrupted | Typed::Gone => return None,
            }
        }
    }

    /// The same without showing what is typed, for secrets.
    pub(crate) fn ask_hidden(&mut self, prompt: &str) -> io::Result<Vec<u8>> {
        match self.ask_alone(prompt, false)? {
            Typed::Line(line) => Ok(line.into_bytes()),
            Typed::Refused(why) => Err(io::Error::other(why)),
            Typed::Interrupted | Typed::Gone => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// Asks where nobody looks after signals. The keys that end a program end the line first: who gives up gets a
    /// terminal back that shows what he types and what he pastes as it is.
    fn ask_alone(&mut self, prompt: &str, is_shown: bool) -> io::Result<Typed> {
        let before = termios::tcgetattr(&self.file)?;
        let mut modes = before.clone();
        let keys = [SpecialCodeIndex::VINTR, SpecialCodeIndex::VQUIT];
        for (key, ends) in keys.into_iter().zip([SpecialCodeIndex::VEOL, SpecialCodeIndex::VEOL2]) {
            (modes.special_codes[ends], modes.special_codes[key]) = (before.special_codes[key], 0);
        }
        if !is_shown {
            modes.local_modes.remove(LocalModes::ECHO);
            modes.special_codes[SpecialCodeIndex::VSUSP] = 0;
        }
        termios::tcsetattr(&self.file, OptionalActions::Flush, &modes)?;
        // A secret is the one thing that people paste.
        let (on, off) = if self.brackets && is_shown { ("\x1b[?2004h", "\x1b[?2004l") } else { ("", "") };
        self.show(&format!("{on}{prompt}"));
        let [interrupt, quit] = keys.map(|key| before.special_codes[key]);
        let typed = self.bytes(&[b'\n', interrupt, quit], &mut || false);
        let gives_up = typed.as_ref().is_ok_and(|bytes| bytes.last() != Some(&b'\n'));
        let typed = typed.map_or_else(|why| why, |bytes| self.judged(&bytes));
        // Also after an error: a terminal without echo is a trap.
        let restored = termios::tcsetattr(&self.file, OptionalActions::Flush, &before);
        let line = if is_shown && !gives_up { "" } else { "\n" };
        self.show(&format!("{off}{line}"));
        restored?;
        if gives_up {
            // As the key would have done, with the terminal as it was.
            rustix::process::kill_current_process_group(Signal::INT)?;
            return Ok(Typed::Gone);
        }
        Ok(typed)
    }

    fn line(&mut self, stop: &mut dyn FnMut() -> bool) -> Typed {
        match self.bytes(b"\n", stop) {
            Ok(bytes) => self.judged(&bytes),
            Err(why) => why,
        }
    }

    /// Whether it is one typed line; what comes right behind it is thrown away.
    fn judged(&mut self, bytes: &[u8]) -> Typed {
        std::thread::sleep(TYPING);
        let mut more = [0; 1024];
        let has_more = matches!(self.file.read(&mut more), Ok(n) if n > 0);
        let _ = termios::tcflush(&self.file, QueueSelector::IFlush);
        judge(bytes, has_more)
    }

    /// What is typed up to one of these bytes.
    fn bytes(&mut self, ends: &[u8], stop: &mut dyn FnMut() -> bool) -> Result<Vec<u8>, Typed> {
        let mut bytes = Vec::new();
        let mut empty = 0;
        loop {
            let mut buffer = [0; 1024];
            if self.is_anothers() {
                if stop() {
                    return Err(Typed::Interrupted);
                }
                std::thread::sleep(LOOK_EVERY);
                continue;
            }
            match self.file.read(&mut buffer) {
                // The end of input is not an answer: the terminal is asked again, until it is gone.
                Ok(0) if empty >= 3 => return Err(Typed::Gone),
                Ok(0) => {
                    empty += 1;
                    self.show("\n(an end of input is no answer)\n");
                }
                Ok(n) => {
                    bytes.extend_from_slice(buffer.get(..n).unwrap_or_default());
                    if bytes.last().is_some_and(|last| ends.contains(last)) {
                        return Ok(bytes);
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    if stop() {
                        return Err(Typed::Interrupted);
                    }
                    std::thread::sleep(LOOK_EVERY);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Typed::Gone),
            }
        }
    }
}

/// Whether bytes are one line that a person typed.
fn judge(bytes: &[u8], has_more: bool) -> Typed {
    let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    if bytes.windows(PASTE.len()).any(|window| window == PASTE) {
        return Typed::Refused("pasted text is not taken here, type it");
    }
    if has_more || line.contains(&b'\n') {
        return Typed::Refused("more than one line came at once, and none was taken");
    }
    if line.len() > MAX_LINE {
        return Typed::Refused("the line is too long");
    }
    match std::str::from_utf8(line) {
        Ok(text) if visible(text) == text => Typed::Line(text.trim().to_owned()),
        _ => Typed::Refused("the line holds characters that cannot be seen, and was not taken"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], more: bool, expect: Result<&str, &str>) {
        let typed = match judge(bytes, more) {
            Typed::Line(line) => Ok(line),
            Typed::Refused(why) => Err(why),
            other => panic!("{other:?}"),
        };
        assert_eq!(typed.as_deref().map_err(|why| &why[..8]), expect.map_err(|why| &why[..8]));
    }

    #[test]
    fn only_one_typed_line_is_taken() {
        check(b"retry\n", false, Ok("retry"));
        check(b"  2 \n", false, Ok("2"));
        check(b"\n", false, Ok(""));
        check(b"\x1b[200~retry\x1b[201~\n", false, Err("pasted text"));
        check(b"1\n1\n", false, Err("more than one line"));
        check(b"1\n", true, Err("more than one line"));
        check(b"a\x07b\n", false, Err("the line holds"));
        check(b"\xff\xfe\n", false, Err("the line holds"));
    }
}
