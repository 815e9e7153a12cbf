//! The lab's first process, as its owner sees it: requests and answers over two pipes, and what it says over a third.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::LabError;
use crate::deadline::Deadline;
use crate::enter::PATH;

/// How long a lab may take to end once it was told to.
const END: Duration = Duration::from_secs(30);

/// Lines of its log that are kept.
const KEPT: usize = 30;

/// The running supervisor. Dropping it ends the lab.
#[derive(Debug)]
pub(crate) struct Supervisor {
    child: Child,
    /// The lab lives as long as this is open, in this process and in no other.
    requests: Option<ChildStdin>,
    answers: Receiver<String>,
    /// Answers that were errors.
    errors: u64,
    log: Log,
}

impl Supervisor {
    /// Starts a lab without hosts; gives its first process's pid too.
    pub(crate) fn start(mount_point: &Path, layer: &Path, deadline: Deadline) -> Result<(Self, u32), LabError> {
        let mut child = Command::new("unshare")
            .args(["--net", "--mount", "--propagation", "slave", "--uts", "--ipc", "--pid", "--fork", "--kill-child"])
            .args(["bash", "-c", "eval \"$LAB_SUPERVISOR\"", "banister-lab"])
            .args([mount_point, layer])
            .current_dir("/")
            .env_clear()
            .env("PATH", PATH)
            .env("LAB_SUPERVISOR", include_str!("scripts/supervisor.sh"))
            .env("LAB_HOST", include_str!("scripts/host.sh"))
            .env("LAB_INIT", include_str!("scripts/init.sh"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(LabError::io("unshare"))?;
        let log = Log::default();
        let (send, answers) = channel();
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|l| send.send(l)));
        }
        if let Some(stderr) = child.stderr.take() {
            let log = log.clone();
            thread::spawn(move || {
                BufReader::new(stderr).lines().map_while(Result::ok).for_each(|line| log.add(&line));
                log.end();
            });
        }
        let requests = child.stdin.take();
        let mut supervisor = Self { child, requests, answers, errors: 0, log };
        let answer = supervisor.answer("start", deadline)?;
        let pid = answer.parse().map_err(|_| LabError::Failed { what: "start".into(), log: answer })?;
        Ok((supervisor, pid))
    }

    /// Tells it to do something and waits until it is done.
    pub(crate) fn request(&mut self, words: &[&str], deadline: Deadline) -> Result<String, LabError> {
        let Some(requests) = &mut self.requests else { return Err(LabError::Down) };
        let line = words.join("\t") + "\n";
        if requests.write_all(line.as_bytes()).is_err() {
            self.end();
            return Err(LabError::Down);
        }
        self.answer(&words.join(" "), deadline)
    }

    fn answer(&mut self, what: &str, deadline: Deadline) -> Result<String, LabError> {
        let what = what.to_owned();
        match self.answers.recv_timeout(deadline.left()) {
            Ok(line) => match line.split_once('\t') {
                Some(("ok", answer)) => Ok(answer.to_owned()),
                _ => {
                    self.errors += 1;
                    Err(LabError::Failed { what, log: self.log.text(self.errors) })
                }
            },
            Err(RecvTimeoutError::Timeout) => {
                self.end();
                Err(LabError::Late { what, limit: deadline.limit, log: self.log.whole() })
            }
            Err(RecvTimeoutError::Disconnected) => {
                self.end();
                Err(LabError::Failed { what, log: self.log.whole() })
            }
        }
    }

    /// Ends the lab. True if it ended by itself within its time.
    pub(crate) fn end(&mut self) -> bool {
        drop(self.requests.take());
        let deadline = Deadline::after(END);
        // It has no event to wait for but its own end, and that takes milliseconds.
        while !deadline.left().is_zero() {
            match self.child.try_wait() {
                Ok(None) => thread::sleep(Duration::from_millis(2)),
                _ => return true,
            }
        }
        // `--kill-child`: what `unshare` started is killed with it.
        drop(self.child.kill());
        drop(self.child.wait());
        false
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.end();
    }
}

/// The last lines of what a lab said.
#[derive(Debug, Clone, Default)]
struct Log(Arc<(Mutex<Said>, Condvar)>);

#[derive(Debug, Default)]
struct Said {
    lines: VecDeque<String>,
    /// Errors of which all is said.
    errors: u64,
    is_over: bool,
}

/// Stands behind what was said of an error.
const MARK: char = '\u{1}';

impl Log {
    fn lock(&self) -> MutexGuard<'_, Said> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, line: &str) {
        let mut said = self.lock();
        let text = line.trim_end_matches(MARK);
        if text.len() < line.len() {
            said.errors += 1;
            self.0.1.notify_all();
        }
        if !text.is_empty() || text.len() == line.len() {
            if said.lines.len() == KEPT {
                said.lines.pop_front();
            }
            said.lines.push_back(text.to_owned());
        }
    }

    /// Nothing more comes.
    fn end(&self) {
        self.lock().is_over = true;
        self.0.1.notify_all();
    }

    /// What was said up to an error: it comes through another pipe than the error itself, and may come later.
    fn text(&self, errors: u64) -> String {
        let not_yet = |said: &mut Said| said.errors < errors && !said.is_over;
        let said = self.0.1.wait_timeout_while(self.lock(), END, not_yet).unwrap_or_else(PoisonError::into_inner).0;
        said.lines.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    /// All that was said by a lab that has ended.
    fn whole(&self) -> String {
        self.text(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_of_an_error_is_waited_for() {
        let log = Log::default();
        log.add("before");
        let text = thread::scope(|scope| {
            let text = scope.spawn(|| log.text(1));
            for line in ["", "mount: no", "half\u{1}"] {
                log.add(line);
            }
            text.join().unwrap()
        });
        assert_eq!(text, "before\n\nmount: no\nhalf");
        log.add("\u{1}");
        assert_eq!(log.text(2), text);
        log.end();
        assert_eq!(log.whole(), text);
    }
}
