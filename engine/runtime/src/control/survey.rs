//! The list of runs, with what the live ones wait for a person for.
//!
//! Only an engine knows that without reading its whole journal: an ask of the first minute may be open in the third hour,
//! and which answer closes it is the core's business. So each is asked, all at once, and who does not answer in time has
//! said nothing. The way not taken: reading the journal's tail back to the last ask, which is wrong as soon as two are open.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use banister_core::run::Awaited;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

use super::protocol::{Body, Reply, Request, VERSION, Verb};
use super::server::at;
use crate::state::{RunState, RunSummary, StateDir, StateError};

/// How long all engines together may take; each answers from its memory.
const PATIENCE: Duration = Duration::from_millis(500);
/// Bytes of one answer: one open ask of each of a thousand hosts, with long names.
const MAX_ANSWER: u64 = 1 << 20;

/// All runs, as [`StateDir::list`] has them, and what the live ones wait for: those that wait for a person stand before
/// those that only go on. Takes half a second more at most, if an engine does not answer.
///
/// # Errors
/// As [`StateDir::list`]; an engine that cannot be asked is no error, and its run waits for nothing that is known.
pub fn survey(state: &StateDir) -> Result<Vec<RunSummary>, StateError> {
    let mut list = state.list()?;
    let live = list.iter_mut().filter(|run| matches!(run.state, RunState::Running(_)));
    let asked = live.filter_map(|run| {
        let stream = ask(&state.run_at(&run.id).socket_path()).ok()?;
        Some((run, stream))
    });
    // Every question is out before the first answer is waited for.
    let asked: Vec<_> = asked.collect();
    let until = Instant::now() + PATIENCE;
    for (run, stream) in asked {
        run.awaited = hear(stream, until);
    }
    RunSummary::sort(&mut list);
    Ok(list)
}

/// Connects without waiting: an engine that was stopped takes nobody in, and its queue may be full.
fn ask(socket: &Path) -> io::Result<UnixStream> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let stream = at(socket, |path| {
        let stream = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        connect(&stream, &SocketAddrUnix::new(path)?)?;
        Ok(UnixStream::from(stream))
    })?;
    let mut line = serde_json::to_vec(&Request { v: VERSION, id: 1, verb: Verb::Awaited {} })?;
    line.push(b'\n');
    (&stream).write_all(&line)?;
    stream.set_nonblocking(false)?;
    Ok(stream)
}

/// The answer, if it is one, and comes in time.
fn hear(stream: UnixStream, until: Instant) -> Option<Vec<Awaited>> {
    let mut line = Vec::new();
    let mut block = [0; 4096];
    while line.last() != Some(&b'\n') && (line.len() as u64) < MAX_ANSWER {
        // One that sends a byte now and then has no more time than the others.
        let left = until.saturating_duration_since(Instant::now());
        stream.set_read_timeout(Some(left)).ok()?;
        match (&stream).read(&mut block) {
            Ok(0) => return None,
            Ok(count) => line.extend_from_slice(block.get(..count)?),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
    match serde_json::from_slice(&line).ok()? {
        Reply { body: Body::Awaited { list }, .. } => Some(list),
        // An engine that is older than the question.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    /// For who answers: a loaded machine may take its time.
    const LONG: Duration = Duration::from_secs(60);

    /// What is heard of an engine that does so, with so much patience; and how long it took.
    fn heard(patience: Duration, act: impl FnOnce(UnixListener) + Send + 'static) -> (Option<Vec<Awaited>>, Duration) {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("control");
        let listener = UnixListener::bind(&path).expect("a socket");
        let stream = ask(&path).expect("it is asked");
        let engine = std::thread::spawn(move || act(listener));
        let began = Instant::now();
        let list = hear(stream, began + patience);
        let took = began.elapsed();
        engine.join().expect("it ends");
        (list, took)
    }

    /// What an engine was asked, and its end of the connection.
    fn taken(listener: &UnixListener) -> UnixStream {
        let (stream, _) = listener.accept().expect("somebody asks");
        let mut block = [0; 4096];
        let count = (&stream).read(&mut block).expect("a question");
        assert_eq!(&block[..count], b"{\"v\":1,\"id\":1,\"do\":{\"awaited\":{}}}\n");
        stream
    }

    #[test]
    fn an_answer_in_pieces_is_one_answer() {
        let (list, _) = heard(LONG, |listener| {
            let mut stream = taken(&listener);
            let at = r#"{"v":1,"id":1,"is":{"awaited":{"list":[{"since":"2026-05-01T12:00:00Z","kind":"#;
            stream.write_all(at.as_bytes()).expect("a piece");
            stream.write_all(b"{\"ask\":{\"path\":\"look\",\"kind\":\"pause\"}}}]}}}\n").expect("the rest");
        });
        let list = list.expect("it answered");
        assert_eq!(list.len(), 1);
    }

    #[test]
    fn who_does_not_answer_has_said_nothing_and_costs_no_more_than_the_patience() {
        let silent = |listener: UnixListener| {
            let mut stream = taken(&listener);
            // Until whoever asked has gone.
            assert_eq!(stream.read(&mut [0; 1]).expect("its end"), 0);
        };
        let (list, took) = heard(PATIENCE, silent);
        assert_eq!(list, None);
        assert!(took >= PATIENCE, "{took:?}");
    }

    #[test]
    fn an_older_engine_and_one_that_goes_have_said_nothing() {
        let older = |listener: UnixListener| {
            let mut stream = taken(&listener);
            let says = "{\"v\":1,\"id\":1,\"is\":{\"error\":{\"why\":\"unknown variant\"}}}\n";
            stream.write_all(says.as_bytes()).expect("an answer");
        };
        assert_eq!(heard(LONG, older).0, None);
        assert_eq!(heard(LONG, |listener| drop(taken(&listener))).0, None);
        assert_eq!(heard(LONG, |listener| taken(&listener).write_all(b"\x07\n").expect("noise")).0, None);
    }

    #[test]
    fn a_full_queue_is_not_waited_for() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("control");
        let listener = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None).expect("one");
        rustix::net::bind(&listener, &SocketAddrUnix::new(path.as_path()).expect("an address")).expect("it is bound");
        rustix::net::listen(&listener, 1).expect("it listens");
        let asked: Vec<_> = (0..8).map(|_| ask(&path)).collect();
        assert!(asked[0].is_ok(), "{:?}", asked[0]);
        let refused = asked.into_iter().find_map(Result::err).expect("the queue has an end");
        assert_eq!(refused.kind(), io::ErrorKind::WouldBlock);
    }
}
