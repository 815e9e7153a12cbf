//! Ends masters. Nothing here waits without a limit.

use std::io::{self, Read as _};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::net::{SendFlags, send};
use rustix::process::{Pid, Signal, kill_process};

use super::END_TIME;

/// What a master understands as its end (OpenSSH's PROTOCOL.mux): our hello in version 4, then `MUX_C_TERMINATE` as
/// request 0. What `ssh -O exit` says, without a process for it.
const TERMINATE: [u8; 24] = {
    let words: [u32; 6] = [8, 1, 4, 8, 0x1000_0005, 0];
    let mut bytes = [0; 24];
    let mut i = 0;
    while i < 24 {
        bytes[i] = words[i / 4].to_be_bytes()[i % 4];
        i += 1;
    }
    bytes
};

/// Tells a master to end, by a connection on which nothing was said before. Never blocks: a master that is stopped
/// reads it when it goes on.
pub(super) fn tell_to_end(held: impl AsFd) {
    // A master that is gone needs no telling.
    let _ = send(held, &TERMINATE, SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
}

/// Ends the master behind a control socket, by a kill if need be.
pub(super) fn end_at(socket: &Path) {
    if !std::fs::symlink_metadata(socket).is_ok_and(|meta| meta.file_type().is_socket()) {
        return;
    }
    if let Ok(held) = UnixStream::connect(socket) {
        tell_to_end(&held);
        if !is_over(held) {
            kill_master(socket);
        }
    }
}

fn is_over(mut held: UnixStream) -> bool {
    let mut buffer = [0; 256];
    if held.set_read_timeout(Some(END_TIME)).is_err() {
        return false;
    }
    loop {
        match held.read(&mut buffer) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return !matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut),
        }
    }
}

/// Kills the process of a master, which has its control socket's path in its arguments and can no longer be asked for
/// its number. Where there is no `/proc` it is left to itself.
pub(super) fn kill_master(socket: &Path) {
    let Some(socket) = socket.to_str() else { return };
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw) else {
            continue;
        };
        let Ok(line) = std::fs::read(entry.path().join("cmdline")) else { continue };
        let mut words = line.split(|b| *b == 0 || *b == b' ');
        let is_ssh = words.next().is_some_and(|word| word.ends_with(b"ssh") || word.ends_with(b"ssh:"));
        if is_ssh && words.any(|word| word == socket.as_bytes()) {
            // It may have ended by itself in the meantime.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_said_in_24_bytes() {
        let text: Vec<String> = TERMINATE.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(text.concat(), "000000080000000100000004000000081000000500000000");
    }
}
