//! A client of the hosts: `banister poll`, a process of its own in `ops`.
//!
//! It looks at each host at a fixed pace, on a thread for each, and writes one line a look, until its standard input
//! ends. It speaks just enough HTTP to know whether a page came.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use banister_core::drill::Sample;
use banister_core::run::ExitCode;
use banister_core::runbook::HostName;
use chrono::Utc;

use crate::cli::PollArgs;
use crate::failure::Failure;
use crate::terminal;

/// Bytes of a page that are read.
const MOST: u64 = 64 * 1024;

pub(crate) fn poll(args: &PollArgs) -> Result<ExitCode, Failure> {
    let args = Arc::new(args.clone());
    for (host, address) in args.hosts.clone() {
        let args = Arc::clone(&args);
        // They end with the process.
        std::thread::spawn(move || watch(&args, &host, address));
    }
    // Whoever started us holds the other end.
    drop(io::copy(&mut io::stdin().lock(), &mut io::sink()));
    Ok(ExitCode::DONE)
}

fn watch(args: &PollArgs, host: &HostName, address: IpAddr) {
    let every = Duration::from_millis(args.every.max(1));
    let mut next = Instant::now();
    loop {
        let from = Utc::now();
        let saw = look(args, address).map_err(|error| reason(&error));
        let sample = Sample { client: args.client.clone(), host: host.clone(), from, to: Utc::now(), saw };
        let Ok(line) = serde_json::to_string(&sample) else { return };
        if terminal::data(&(line + "\n")).is_err() {
            return;
        }
        // A look that took long is not made up for by many quick ones.
        next = (next + every).max(Instant::now());
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

fn look(args: &PollArgs, address: IpAddr) -> io::Result<String> {
    let patience = Duration::from_millis(args.patience.max(1));
    let until = Instant::now() + patience;
    let mut stream = TcpStream::connect_timeout(&SocketAddr::new(address, args.port), patience)?;
    stream.set_write_timeout(Some(patience))?;
    write!(stream, "GET {} HTTP/1.0\r\nHost: {address}\r\nConnection: close\r\n\r\n", args.path)?;
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    while (answer.len() as u64) < MOST {
        let left = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero());
        stream.set_read_timeout(Some(left.ok_or(io::ErrorKind::TimedOut)?))?;
        match stream.read(&mut piece)? {
            0 => break,
            n => answer.extend_from_slice(piece.get(..n).unwrap_or_default()),
        }
    }
    page(&String::from_utf8_lossy(&answer))
}

/// The text of a page that came.
fn page(answer: &str) -> io::Result<String> {
    let cut_off = || io::Error::other("the answer was cut off");
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(cut_off)?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    if status != "200" {
        return Err(io::Error::other(format!("status {status}")));
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    if length.is_some_and(|length| body.len() < length) {
        return Err(cut_off());
    }
    Ok(body.trim_end_matches('\n').to_owned())
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "refused".to_owned(),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => "no answer".to_owned(),
        io::ErrorKind::ConnectionReset => "reset".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_page_with_200_is_one() {
        let look = |answer: &str| page(answer).map_err(|error| error.to_string());
        assert_eq!(look("HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 3\r\n\r\nv1\n"), Ok("v1".to_owned()));
        assert_eq!(look("HTTP/1.1 200 OK\r\n\r\n"), Ok(String::new()));
        assert_eq!(look("HTTP/1.1 502 Bad Gateway\r\n\r\nv1"), Err("status 502".to_owned()));
        for cut in ["", "HTTP/1.1 200 OK\r\nServer", "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nv1\n"] {
            assert_eq!(look(cut), Err("the answer was cut off".to_owned()));
        }
        assert_eq!(look("junk\r\n\r\n"), Err("status ".to_owned()));
    }
}
