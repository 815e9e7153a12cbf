//! A terminal with a program on it, watched closely enough to time what it shows.
//!
//! The way not taken: the terminal of the end-to-end tests, which reads on a thread of its own. Here nothing may stand
//! between the bytes and the clock.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::start::banister;

pub(super) const WIDTH: u16 = 140;
pub(super) const HEIGHT: u16 = 45;
/// What takes longer is no figure any more.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Desk {
    child: Child,
    master: File,
    screen: vt100::Parser,
    began: Instant,
}

impl Desk {
    /// Starts `banister` on a terminal.
    pub(super) fn start(args: &[&str]) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        tcsetwinsize(&master, Winsize { ws_row: HEIGHT, ws_col: WIDTH, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let name = std::ffi::OsStr::from_bytes(name.as_bytes());
        let open = || -> Stdio { OpenOptions::new().read(true).write(true).open(name).unwrap().into() };
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg(banister()).args(args);
        command
            .env("TERM", "xterm-256color")
            .env("LANG", "C.UTF-8")
            .env_remove("SSH_CONNECTION")
            .env_remove("NO_COLOR");
        command.stdin(open()).stdout(open()).stderr(open());
        let began = Instant::now();
        let child = command.spawn().unwrap();
        drop(command);
        Self { child, master: File::from(master), screen: vt100::Parser::new(HEIGHT, WIDTH, 0), began }
    }

    /// Milliseconds from the start, or from the last key, until the screen is so.
    pub(super) fn until(&mut self, what: &str, is_so: impl Fn(&str) -> bool) -> f64 {
        self.until_within(what, PATIENCE, is_so)
    }

    /// The same with another patience.
    pub(super) fn until_within(&mut self, what: &str, patience: Duration, is_so: impl Fn(&str) -> bool) -> f64 {
        let mut buffer = [0; 1 << 16];
        loop {
            if is_so(&self.screen.screen().contents()) {
                return self.began.elapsed().as_secs_f64() * 1e3;
            }
            let shown = self.screen.screen().contents();
            assert!(self.began.elapsed() < patience, "waited in vain: {what}; the terminal shows\n{shown}");
            let mut fds = [PollFd::new(&self.master, PollFlags::IN)];
            if poll(&mut fds, Some(&Timespec { tv_sec: 1, tv_nsec: 0 })).unwrap() > 0 {
                let got = self.master.read(&mut buffer).unwrap_or(0);
                self.screen.process(&buffer[..got]);
                assert!(got > 0 || self.child.try_wait().unwrap().is_none(), "it ended; the terminal shows\n{shown}");
            }
        }
    }

    /// Presses keys; the time counts from here.
    pub(super) fn press(&mut self, keys: &str) {
        self.began = Instant::now();
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    /// Reads what is written for a while, as a terminal does.
    pub(super) fn sit(&mut self, time: Duration) {
        let end = Instant::now() + time;
        let mut buffer = [0; 1 << 16];
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            let wait = Timespec { tv_sec: left.as_secs().cast_signed(), tv_nsec: left.subsec_nanos().into() };
            let mut fds = [PollFd::new(&self.master, PollFlags::IN)];
            if poll(&mut fds, Some(&wait)).unwrap() > 0 {
                let got = self.master.read(&mut buffer).unwrap_or(0);
                self.screen.process(&buffer[..got]);
            }
        }
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Leaves it as people do.
    pub(super) fn leave(mut self) {
        self.press("q");
        while self.child.try_wait().unwrap().is_none() {
            assert!(
                self.began.elapsed() < PATIENCE,
                "it does not leave; the terminal shows\n{}",
                self.screen.screen().contents()
            );
            self.sit(Duration::from_millis(10));
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // Ended already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
