//! Reads the keys on a thread of its own.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::thread::JoinHandle;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;

use super::input::Input;
use crate::ui::{Message, Post};

/// What may lie between the parts of one key on a slow line. A lone escape is taken for the key after that.
const TORN: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// A reader; it ends when it is dropped, and then the terminal belongs to somebody else.
pub(in crate::ui) struct Keys {
    /// Closing it wakes the reader.
    stop: Option<PipeWriter>,
    thread: Option<JoinHandle<()>>,
}

/// The terminal, to read and write without waiting. Opened anew: the mode of standard input is shared with the shell.
pub(super) fn open() -> io::Result<File> {
    let flags = i32::try_from((OFlags::NONBLOCK | OFlags::NOCTTY).bits()).unwrap_or_default();
    OpenOptions::new().read(true).write(true).custom_flags(flags).open("/dev/tty")
}

/// Reads until it is dropped.
pub(in crate::ui) fn read_keys<N: Send + 'static>(post: Post<N>) -> io::Result<Keys> {
    let mut terminal = open()?;
    let (stopped, stop) = io::pipe()?;
    let thread =
        std::thread::Builder::new().name("keys".to_owned()).spawn(move || read(&mut terminal, &stopped, &post))?;
    Ok(Keys { stop: Some(stop), thread: Some(thread) })
}

fn read<N>(terminal: &mut File, stopped: &PipeReader, post: &Post<N>) {
    let (mut input, mut buffer) = (Input::default(), [0; 4096]);
    loop {
        let mut fds = [PollFd::new(&*terminal, PollFlags::IN), PollFd::new(stopped, PollFlags::IN)];
        let ready = match poll(&mut fds, input.is_open().then_some(&TORN)) {
            Ok(ready) => ready,
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return post.key(Message::Hangup),
        };
        if ready == 0 {
            input.settle().into_iter().for_each(|message| post.key(message));
            continue;
        }
        let [_, end] = &fds;
        if !end.revents().is_empty() {
            return;
        }
        match terminal.read(&mut buffer) {
            // The terminal is gone: that is a way of hanging up.
            Ok(0) => return post.key(Message::Hangup),
            Ok(len) => {
                let bytes = buffer.get(..len).unwrap_or_default();
                input.feed(bytes).into_iter().for_each(|message| post.key(message));
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(_) => return post.key(Message::Hangup),
        }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // It has nothing to give.
            let _ = thread.join();
        }
    }
}
