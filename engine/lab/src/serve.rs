//! Reaching a lab from another process: its owner serves, on a socket, what a host can be told.
//!
//! A request is a list of words, and so is its answer, which begins with `ok` or `error`.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Weak};
use std::thread;

use crate::host::{LabHost, Link, act};
use crate::inner::Inner;
use crate::{LabError, OPS, frame};

/// Where processes in `ops` find it.
pub(crate) const SOCKET: &str = "/run/lab/control";

/// A lab that is served. Dropping this ends it.
#[derive(Debug)]
pub struct Served {
    over: Arc<AtomicBool>,
    path: PathBuf,
    /// Says something when somebody asked for the lab's end.
    down: Receiver<()>,
}

impl Served {
    /// Serves in `ops`. The socket lies in the file system of `ops`, so it goes with the lab.
    pub(crate) fn start(inner: &Arc<Inner>) -> Result<Self, LabError> {
        let path = inner.entry(OPS)?.root().join(SOCKET.trim_start_matches('/'));
        Self::at(inner, path)
    }

    /// Serves at a path of the machine.
    pub(crate) fn at(inner: &Arc<Inner>, path: PathBuf) -> Result<Self, LabError> {
        let listener = UnixListener::bind(&path).map_err(LabError::io(path.display().to_string()))?;
        let over = Arc::new(AtomicBool::new(false));
        let (weak, ended) = (Arc::downgrade(inner), Arc::clone(&over));
        let (end, down) = channel();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::Relaxed) {
                    break;
                }
                let (weak, end) = (weak.clone(), end.clone());
                // One thread a request: a script that runs long must not keep a cable from being cut.
                thread::spawn(move || answer(stream, &weak, &end));
            }
        });
        Ok(Self { over, path, down })
    }

    /// Waits until somebody asks for the lab's end.
    pub(crate) fn wait(&self) {
        // An error: nobody can ask any more.
        let _ = self.down.recv();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // Its thread waits for a connection; this is one.
        drop(UnixStream::connect(&self.path));
        drop(std::fs::remove_file(&self.path));
    }
}

fn answer(mut stream: UnixStream, inner: &Weak<Inner>, end: &Sender<()>) {
    let Ok(request) = frame::read(&mut stream) else { return };
    let request: Vec<String> = request.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect();
    let words: Vec<&str> = request.iter().map(String::as_str).collect();
    let done = match (inner.upgrade(), words.as_slice()) {
        (None, _) => Err(LabError::Down.to_string()),
        (Some(inner), ["hosts"]) => {
            let list = inner.machines.iter().map(|machine| format!("{} {}\n", machine.name, machine.address));
            Ok(one(list.collect::<String>()))
        }
        (Some(inner), ["network"]) => inner.network().map(one).map_err(|error| error.to_string()),
        (Some(inner), ["command", host, program]) => match inner.command(host, program) {
            Ok(command) => Ok(spelled(&command)),
            Err(error) => Err(error.to_string()),
        },
        (Some(_), ["down"]) => Ok(Vec::new()),
        (Some(inner), ["exec", host, script]) => exec(&inner, host, script).map_err(|error| error.to_string()),
        (Some(inner), [host, words @ ..]) => act(&inner, host, words).map(|()| Vec::new()).map_err(|e| e.to_string()),
        (Some(_), []) => Err("an empty request".to_owned()),
    };
    // Whoever asked may be gone.
    drop(match &done {
        Ok(fields) => {
            let fields: Vec<&[u8]> = [b"ok".as_slice()].into_iter().chain(fields.iter().map(Vec::as_slice)).collect();
            frame::write(&mut stream, &fields)
        }
        Err(error) => frame::write(&mut stream, &[b"error", error.as_bytes()]),
    });
    // Not before it was answered: this process may end at once. If nobody waits for it, it is ending already.
    if words == ["down"] {
        let _ = end.send(());
    }
}

fn one(text: String) -> Vec<Vec<u8>> {
    vec![text.into_bytes()]
}

/// A command in words: the program, how many arguments, these, and names and values of its environment in turn.
fn spelled(command: &Command) -> Vec<Vec<u8>> {
    let mut words = vec![command.get_program(), OsStr::new("")];
    words.extend(command.get_args());
    let arguments = (words.len() - 2).to_string();
    words[1] = OsStr::new(&arguments);
    words.extend(command.get_envs().filter_map(|(name, value)| Some([name, value?])).flatten());
    words.into_iter().map(|word| word.as_encoded_bytes().to_vec()).collect()
}

fn exec(inner: &Inner, host: &str, script: &str) -> Result<Vec<Vec<u8>>, LabError> {
    let output = crate::host::exec(inner, host, script)?.map_err(LabError::io(format!("run a script in {host}")))?;
    Ok(vec![output.status.into_raw().to_string().into_bytes(), output.stdout, output.stderr])
}

/// Asks the owner of a lab.
pub(crate) fn ask(socket: &Path, request: &[&str]) -> io::Result<Vec<Vec<u8>>> {
    let mut stream = UnixStream::connect(socket)?;
    let fields: Vec<&[u8]> = request.iter().map(|word| word.as_bytes()).collect();
    frame::write(&mut stream, &fields)?;
    let mut answer = frame::read(&mut stream)?.into_iter();
    match answer.next().as_deref() {
        Some(b"ok") => Ok(answer.collect()),
        _ => Err(io::Error::other(String::from_utf8_lossy(&answer.next().unwrap_or_default()).into_owned())),
    }
}

fn text(fields: Vec<Vec<u8>>) -> io::Result<String> {
    let field = fields.into_iter().next().ok_or_else(garbled)?;
    String::from_utf8(field).map_err(|_| garbled())
}

fn garbled() -> io::Error {
    io::Error::other("the lab's answer is not one")
}

/// The hosts of a lab, `ops` first.
pub(crate) fn hosts(socket: &Path) -> io::Result<Vec<LabHost>> {
    let host = |line: &str| {
        let (name, address) = line.split_once(' ')?;
        Some(LabHost::new(name.to_owned(), address.parse().ok()?, Link::Remote(socket.to_owned())))
    };
    text(ask(socket, &["hosts"])?)?.lines().map(host).collect::<Option<_>>().ok_or_else(garbled)
}

/// Where its network is found.
pub(crate) fn network(socket: &Path) -> io::Result<String> {
    text(ask(socket, &["network"])?)
}

/// A process inside a host. Right as long as the owner lives.
pub(crate) fn command(socket: &Path, host: &str, program: &str) -> io::Result<Command> {
    let words = ask(socket, &["command", host, program])?;
    let mut words = words.into_iter().map(OsString::from_vec);
    let mut command = Command::new(words.next().ok_or_else(garbled)?);
    let arguments = words.next().and_then(|count| count.to_str()?.parse().ok()).ok_or_else(garbled)?;
    command.args(words.by_ref().take(arguments)).env_clear();
    while let (Some(name), Some(value)) = (words.next(), words.next()) {
        command.env(name, value);
    }
    Ok(command)
}

/// Asks for the lab's end, which comes a moment later.
pub(crate) fn down(socket: &Path) -> io::Result<()> {
    ask(socket, &["down"]).map(drop)
}

/// What a script in a host did, out of the owner's answer.
pub(crate) fn output(fields: Vec<Vec<u8>>) -> io::Result<Output> {
    let [status, stdout, stderr] = <[Vec<u8>; 3]>::try_from(fields).map_err(|_| garbled())?;
    let status = String::from_utf8(status).ok().and_then(|text| text.parse().ok()).ok_or_else(garbled)?;
    Ok(Output { status: ExitStatus::from_raw(status), stdout, stderr })
}
