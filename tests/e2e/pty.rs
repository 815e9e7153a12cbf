//! A terminal of its own for one program: what it writes is looked at as a terminal would show it, and kept byte for byte.
//!
//! What it deliberately does not do: it answers no question of the program (a cursor's place, its colours). A program
//! that needs such an answer hangs here as it would on a line that drops it.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Winsize, tcgetattr, tcsetattr, tcsetwinsize};

use crate::scenario::{PATIENCE, Scenario, skip, until};

/// The first that a frame writes: the beginning of a synchronized update.
const FRAME_BEGINS: &str = "\x1b[?2026h";
/// The last that a frame writes: the end of a synchronized update.
pub(crate) const FRAME_ENDS: &str = "\x1b[?2026l";

/// How long the reader waits for bytes before it looks whether it is still wanted.
const LOOK_EVERY: Timespec = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };

struct Seen {
    parser: vt100::Parser,
    raw: Vec<u8>,
    /// How many of these bytes are on the screen.
    shown: usize,
}

impl Seen {
    /// Takes what was read. A frame is shown when all of it is here, as terminals do that know synchronized updates: in
    /// the middle of one a text may be gone that only moves.
    fn take(&mut self, bytes: &[u8]) {
        self.raw.extend_from_slice(bytes);
        // A mark may have come in two parts, the first of which was taken already.
        let new = &self.raw[self.shown.saturating_sub(FRAME_BEGINS.len())..];
        let last = |mark: &str| new.windows(mark.len()).rposition(|bytes| bytes == mark.as_bytes());
        let is_whole = last(FRAME_BEGINS) <= last(FRAME_ENDS);
        let begins = last(FRAME_BEGINS).filter(|_| !is_whole).map(|at| self.raw.len() - new.len() + at);
        self.show(begins.unwrap_or(self.raw.len()));
    }

    fn show(&mut self, end: usize) {
        if let Some(bytes) = self.raw.get(self.shown..end) {
            self.parser.process(bytes);
            self.shown = end;
        }
    }
}

/// A program on a terminal of its own; killed if a test fails.
pub(crate) struct Pty {
    child: Child,
    master: Option<File>,
    seen: Arc<Mutex<Seen>>,
    stop: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
}

fn winsize(width: u16, height: u16) -> Winsize {
    Winsize { ws_row: height, ws_col: width, ws_xpixel: 0, ws_ypixel: 0 }
}

impl Pty {
    /// Starts `banister` with these arguments on a terminal of this size. `None` where the machine cannot.
    pub(crate) fn banister(scenario: &Scenario, args: &[&str], width: u16, height: u16) -> Option<Self> {
        Self::start(scenario.command(args), width, height)
    }

    /// The same for any program, with the environment of its command. `TERM` is `xterm-256color` unless it says another.
    pub(crate) fn start(command: Command, width: u16, height: u16) -> Option<Self> {
        Self::begin(command, width, height, true)
    }

    /// `banister` on a terminal that shows nothing of what is typed by itself, also not before the program has begun to
    /// read and after it has ended: all that is read is the program's.
    pub(crate) fn silent(scenario: &Scenario, args: &[&str], width: u16, height: u16) -> Option<Self> {
        Self::begin(scenario.command(args), width, height, false)
    }

    fn begin(command: Command, width: u16, height: u16, echo: bool) -> Option<Self> {
        let path = std::env::var_os("PATH").expect("PATH");
        if !std::env::split_paths(&path).any(|dir| dir.join("setsid").exists()) {
            skip("`setsid` (util-linux) is missing");
            return None;
        }
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
        grantpt(&master).expect("its rights");
        unlockpt(&master).expect("its lock");
        tcsetwinsize(&master, winsize(width, height)).expect("its size");
        if !echo {
            let mut modes = tcgetattr(&master).expect("its modes");
            modes.local_modes.remove(LocalModes::ECHO);
            tcsetattr(&master, OptionalActions::Now, &modes).expect("its modes");
        }
        let name = ptsname(&master, Vec::new()).expect("its name");
        let name = std::ffi::OsStr::from_bytes(name.as_bytes());
        let open = || -> Stdio { OpenOptions::new().read(true).write(true).open(name).expect("the terminal").into() };
        // `setsid` becomes the program: its process is the program's.
        let mut program = Command::new("setsid");
        // What a gate in the background ignores, a person's shell does not.
        program.args(["--ctty", "env", "--default-signal=INT,QUIT,HUP"]);
        program.arg(command.get_program()).args(command.get_args()).env_clear();
        program.env("TERM", "xterm-256color").env("LANG", "C.UTF-8").env("SHELL", "/bin/sh");
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                program.env(name, value);
            }
        }
        if let Some(dir) = command.get_current_dir() {
            program.current_dir(dir);
        }
        let child = program.stdin(open()).stdout(open()).stderr(open()).spawn().expect("setsid");
        // The ends that the program got lie in its command.
        drop(program);
        let master = File::from(master);
        let parser = vt100::Parser::new(height, width, 0);
        let seen = Arc::new(Mutex::new(Seen { parser, raw: Vec::new(), shown: 0 }));
        let stop = Arc::new(AtomicBool::new(false));
        let (from, into, ends) = (master.try_clone().expect("the terminal"), seen.clone(), stop.clone());
        let reader = std::thread::spawn(move || read(from, &into, &ends));
        Some(Self { child, master: Some(master), seen, stop, reader: Some(reader) })
    }

    /// What is read from here on does not count for [`Self::raw`]'s callers: where they were.
    pub(crate) fn mark(&self) -> usize {
        self.lock().raw.len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Types keys, as the bytes a terminal sends for them.
    pub(crate) fn types(&mut self, keys: &str) {
        self.may_type(keys).expect("a key");
    }

    /// The same where the program may have ended: then nobody is there to take them.
    pub(crate) fn may_type(&mut self, keys: &str) -> std::io::Result<()> {
        self.master.as_mut().expect("the terminal is here").write_all(keys.as_bytes())
    }

    /// Pastes a text, as a terminal in bracketed paste does.
    pub(crate) fn pastes(&mut self, text: &str) {
        self.types(&format!("\x1b[200~{text}\x1b[201~"));
    }

    /// Makes the terminal another size.
    pub(crate) fn resizes(&mut self, width: u16, height: u16) {
        self.lock().parser.screen_mut().set_size(height, width);
        tcsetwinsize(self.master.as_ref().expect("the terminal is here"), winsize(width, height)).expect("a size");
    }

    /// What the terminal shows, line by line.
    pub(crate) fn screen(&self) -> String {
        self.lock().parser.screen().contents()
    }

    /// Whether it shows the screen that full-screen programs have for themselves.
    pub(crate) fn is_on_the_other_screen(&self) -> bool {
        self.lock().parser.screen().alternate_screen()
    }

    /// Whether every key reaches the program as it is, and nothing is shown that it did not write.
    pub(crate) fn is_raw(&self) -> bool {
        let modes = tcgetattr(self.master.as_ref().expect("the terminal is here")).expect("its modes");
        !modes.local_modes.intersects(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }

    /// Whether what is typed is shown, a line at a time, and Ctrl-C ends a program: as a shell wants it.
    pub(crate) fn is_as_shells_want_it(&self) -> bool {
        let modes = tcgetattr(self.master.as_ref().expect("the terminal is here")).expect("its modes");
        let interrupts = modes.special_codes[SpecialCodeIndex::VINTR] == 3;
        modes.local_modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG) && interrupts
    }

    /// Waits for the signal that ended the program.
    pub(crate) fn dies_of(&mut self) -> Option<i32> {
        self.ends().signal()
    }

    /// Every byte that was ever written to the terminal.
    pub(crate) fn raw(&self) -> Vec<u8> {
        self.lock().raw.clone()
    }

    /// The same as text, what is no text made visible.
    pub(crate) fn raw_text(&self) -> String {
        String::from_utf8_lossy(&self.raw()).into_owned()
    }

    /// Waits until the terminal shows a text.
    pub(crate) fn sees(&self, text: &str) {
        self.watches(&format!("`{text}` is shown"), |screen| screen.contains(text));
    }

    /// Chooses a word at a question in plain lines, and confirms it when that is asked for.
    pub(crate) fn says(&mut self, word: &str) {
        self.types(&format!("{word}\n"));
        self.confirms();
    }

    /// Types `go` where it is asked for.
    pub(crate) fn confirms(&mut self) {
        // After the last choice, wherever what happens meanwhile has put the line.
        self.watches("it is to be confirmed", |screen| screen.rfind("type `go` to ") > screen.rfind("choose 1 to "));
        self.types("go\n");
    }

    /// The same on the screen: types `go` where a dialog asks for it, and waits until the dialog has closed. Until then it
    /// has the keys, whatever is shown of the next state around it.
    pub(crate) fn goes(&mut self) {
        self.sees("type `go`");
        self.types("go\r");
        // Its question is gone when the answer is sent, its last line when that is on the disk.
        self.watches("the dialog has closed", |screen| !screen.contains("type `go`") && !screen.contains(" esc "));
    }

    /// Waits until what the terminal shows is so; the last that it showed is in the failure's message.
    pub(crate) fn watches(&self, what: &str, mut is_so: impl FnMut(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let screen = self.screen();
            if is_so(&screen) {
                return;
            }
            assert!(Instant::now() < deadline, "waited in vain: {what}; the terminal shows\n{screen}\n");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// The program's process.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// The letter of the process's state: `T` for stopped.
    pub(crate) fn state(&self) -> Option<char> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next())
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("a signal");
    }

    /// Whether the program still lives.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().expect("a status").is_none()
    }

    /// The terminal goes away, as when its window is closed.
    pub(crate) fn hangs_up(&mut self) {
        self.stop_reading();
        self.master = None;
    }

    fn stop_reading(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader");
        }
    }

    /// Waits for the program's end, and for all that it wrote.
    pub(crate) fn ends(&mut self) -> ExitStatus {
        let mut status = None;
        let deadline = Instant::now() + PATIENCE;
        while status.is_none() {
            status = self.child.try_wait().expect("a status");
            assert!(Instant::now() < deadline, "the program does not end; the terminal shows\n{}\n", self.screen());
            std::thread::sleep(Duration::from_millis(2));
        }
        self.stop_reading();
        status.expect("a status")
    }

    /// Waits for its end; its exit code.
    pub(crate) fn exit(&mut self) -> i32 {
        let status = self.ends();
        let signal = status.signal();
        status.code().unwrap_or_else(|| panic!("it died of signal {signal:?}; the terminal shows\n{}\n", self.screen()))
    }

    /// Waits until the program stands still.
    pub(crate) fn is_stopped(&self) {
        until("the program stands still", || self.state() == Some('T'));
    }
}

fn read(mut master: File, seen: &Mutex<Seen>, stop: &AtomicBool) {
    let mut buffer = [0; 1 << 16];
    loop {
        let is_last = stop.load(Ordering::Acquire);
        let mut fds = [PollFd::new(&master, PollFlags::IN)];
        let ready = poll(&mut fds, Some(&LOOK_EVERY)).unwrap_or(0);
        // Without anybody at the other end a master reads an error, and later perhaps bytes again: it is asked on.
        let got = if ready > 0 { master.read(&mut buffer).unwrap_or(0) } else { 0 };
        if got == 0 {
            if is_last {
                // Of a program that was killed in the middle of a frame that is all there will be.
                let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                let end = seen.raw.len();
                return seen.show(end);
            }
            if ready > 0 {
                std::thread::sleep(Duration::from_millis(2));
            }
            continue;
        }
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.take(&buffer[..got]);
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // Already ended is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.stop_reading();
    }
}

#[test]
fn a_frame_is_shown_when_all_of_it_is_here() {
    let mut seen = Seen { parser: vt100::Parser::new(2, 20, 0), raw: Vec::new(), shown: 0 };
    let mut check = |bytes: &str, expect: &str| {
        seen.take(bytes.as_bytes());
        assert_eq!(seen.parser.screen().contents(), expect, "after {bytes:?}");
    };
    check("plain", "plain");
    check("\x1b[?2026h\x1b[1;1Hfirst", "plain");
    check("\x1b[?2026l", "first");
    check("\x1b[?2026h\x1b[1;1Hs", "first");
    check("econd\x1b[?2026l\x1b[?20", "second");
    check("26h\x1b[1;1Hthird \x1b[?2026", "second");
    check("l more", "third  more");
}

#[test]
fn a_program_is_seen_as_a_terminal_shows_it() {
    let scenario = Scenario::new();
    let mut command = Command::new("sh");
    command.args(["-c", "stty size; printf 'a\\033[1mb\\033[0m'; read x; echo got $x; exit 3"]);
    for (name, value) in scenario.command(&[]).get_envs() {
        command.envs(value.map(|value| (name, value)));
    }
    let Some(mut pty) = Pty::start(command, 60, 18) else { return };
    pty.sees("18 60");
    pty.sees("ab");
    assert!(pty.raw_text().contains("a\x1b[1mb"));
    pty.types("it\n");
    pty.sees("got it");
    assert_eq!(pty.exit(), 3);
}

#[test]
fn a_terminal_that_goes_away_hangs_up() {
    let mut command = Command::new("sh");
    command.args(["-c", "echo here; while :; do read x || exit 4; done"]).env("PATH", "/usr/bin:/bin");
    let Some(mut pty) = Pty::start(command, 80, 24) else { return };
    pty.sees("here");
    pty.hangs_up();
    let status = pty.ends();
    assert!(status.signal() == Some(1) || status.code() == Some(4), "{status:?}");
}
