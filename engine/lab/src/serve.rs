//! Reaching a lab from another process: its owner serves, on a socket, what a host can be told.

use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::thread;

use crate::host::act;
use crate::inner::Inner;
use crate::{LabError, OPS, frame};

/// Where processes in `ops` find it.
pub(crate) const SOCKET: &str = "/run/lab/control";

/// A lab that is served. Dropping this ends it.
#[derive(Debug)]
pub struct Served {
    over: Arc<AtomicBool>,
    path: PathBuf,
}

impl Served {
    /// Serves in `ops`. The socket lies in the file system of `ops`, so it goes with the lab.
    pub(crate) fn start(inner: &Arc<Inner>) -> Result<Self, LabError> {
        let path = inner.entry(OPS)?.root().join(SOCKET.trim_start_matches('/'));
        let listener = UnixListener::bind(&path).map_err(LabError::io(path.display().to_string()))?;
        let over = Arc::new(AtomicBool::new(false));
        let (weak, ended) = (Arc::downgrade(inner), Arc::clone(&over));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::Relaxed) {
                    break;
                }
                let weak = weak.clone();
                // One thread a request: a script that runs long must not keep a cable from being cut.
                thread::spawn(move || answer(stream, &weak));
            }
        });
        Ok(Self { over, path })
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

fn answer(mut stream: UnixStream, inner: &Weak<Inner>) {
    let Ok(request) = frame::read(&mut stream) else { return };
    let request: Vec<String> = request.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect();
    let words: Vec<&str> = request.iter().map(String::as_str).collect();
    let done = match (inner.upgrade(), words.as_slice()) {
        (None, _) => Err(LabError::Down.to_string()),
        (Some(inner), ["hosts"]) => {
            let list = inner.machines.iter().map(|machine| format!("{} {}\n", machine.name, machine.address));
            Ok(vec![list.collect::<String>().into_bytes()])
        }
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

/// What a script in a host did, out of the owner's answer.
pub(crate) fn output(fields: Vec<Vec<u8>>) -> io::Result<Output> {
    let garbled = || io::Error::other("the lab's answer is not one");
    let [status, stdout, stderr] = <[Vec<u8>; 3]>::try_from(fields).map_err(|_| garbled())?;
    let status = String::from_utf8(status).ok().and_then(|text| text.parse().ok()).ok_or_else(garbled)?;
    Ok(Output { status: ExitStatus::from_raw(status), stdout, stderr })
}
