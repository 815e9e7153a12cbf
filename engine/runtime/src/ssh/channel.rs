//! The three streams of a channel: without the noise before them, and with an error where the connection was lost.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use openssh::{ChildStderr, ChildStdin, ChildStdout};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::master::Shared;
use crate::transport::Channel;

/// How long after the end of a stream the end of its channel may take to be told.
const END_TOLD: Duration = Duration::from_secs(2);

/// What the streams of one channel hold together: while one of them is there, the channel is open.
#[derive(Debug)]
pub(super) struct Hold {
    master: Arc<Shared>,
    released: CancellationToken,
    read: CancellationToken,
    /// Streams whose end was not read.
    open: AtomicUsize,
    ended: Ended,
    /// Milliseconds of the master's life when something was last read.
    heard: AtomicU64,
}

/// How a channel ended, for its streams.
#[derive(Debug, Clone, Default)]
pub(super) struct Ended(Arc<(CancellationToken, OnceLock<Option<String>>)>);

impl Ended {
    /// It ended; with a reason if the other side did not end it.
    pub(super) fn tell(&self, why: Option<String>) {
        // It ends once.
        let _ = self.0.1.set(why);
        self.0.0.cancel();
    }
}

impl Hold {
    pub(super) fn new(master: Arc<Shared>) -> Arc<Self> {
        let heard = AtomicU64::new(master.now());
        let (released, read) = (CancellationToken::new(), CancellationToken::new());
        Arc::new(Self { master, released, read, open: AtomicUsize::new(2), ended: Ended::default(), heard })
    }

    pub(super) fn ended(&self) -> Ended {
        self.ended.clone()
    }

    /// Nobody reads any of its streams any more.
    pub(super) fn released(&self) -> CancellationToken {
        self.released.clone()
    }

    /// Both streams were read to their ends, or will never be.
    pub(super) fn read(&self) -> CancellationToken {
        self.read.clone()
    }

    fn is_read(&self) {
        if self.open.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.read.cancel();
        }
    }

    pub(super) fn heard(&self) -> u64 {
        self.heard.load(Ordering::Relaxed)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.released.cancel();
    }
}

/// The streams of a channel, and what must be written before everything else: the shell's first words are a marker on
/// both streams, and what a login shell's start files print comes before it.
pub(super) fn streams(
    stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: ChildStderr,
    hold: Arc<Hold>,
) -> (Channel, Vec<u8>) {
    let nonce = format!("banister-{}", uuid::Uuid::new_v4().simple());
    let marker = format!("{nonce}\n").into_bytes();
    let first = format!("echo {nonce}\necho {nonce} >&2\n").into_bytes();
    let channel = Channel {
        stdin: Box::new(Input { pipe: stdin, _hold: hold.clone() }),
        stdout: Box::new(Output::new(stdout, marker.clone(), hold.clone())),
        stderr: Box::new(Output::new(stderr, marker, hold)),
    };
    (channel, first)
}

struct Input {
    pipe: ChildStdin,
    _hold: Arc<Hold>,
}

impl AsyncWrite for Input {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.pipe).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_shutdown(cx)
    }
}

type Waiting = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What comes before the marker, of which the end is kept: it says why there was no marker.
struct Noise {
    marker: Vec<u8>,
    held: Vec<u8>,
}

/// Bytes of noise that are kept.
const MOST_NOISE: usize = 4 * 1024;

impl Noise {
    /// Takes what came; gives what follows the marker, once it came.
    fn take(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        self.held.extend_from_slice(bytes);
        let at = self.held.windows(self.marker.len()).position(|window| window == self.marker);
        if let Some(at) = at {
            return Some(self.held.split_off(at + self.marker.len()));
        }
        let surplus = self.held.len().saturating_sub(MOST_NOISE);
        self.held.drain(..surplus);
        None
    }

    fn last(&self) -> String {
        let text = String::from_utf8_lossy(&self.held).into_owned();
        super::refusal::last_line(&text)
    }
}

struct Output<P> {
    pipe: P,
    noise: Option<Noise>,
    /// Its end was read.
    is_over: bool,
    /// Read beyond the marker, and not handed over yet.
    ahead: Vec<u8>,
    hold: Arc<Hold>,
    /// The master is dead.
    gone: Waiting,
    /// The stream is over; the channel's own end says why.
    end: Option<Waiting>,
}

impl<P> Drop for Output<P> {
    fn drop(&mut self) {
        if !self.is_over {
            self.hold.is_read();
        }
    }
}

impl<P: AsyncRead + Unpin> Output<P> {
    fn new(pipe: P, marker: Vec<u8>, hold: Arc<Hold>) -> Self {
        let gone = Box::pin(hold.master.gone.clone().cancelled_owned());
        let noise = Some(Noise { marker, held: Vec::new() });
        Self { pipe, noise, is_over: false, ahead: Vec::new(), hold, gone, end: None }
    }

    /// The next bytes of the pipe, or `None` at its end.
    fn poll_pipe(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<bool>> {
        if self.is_over {
            return Poll::Ready(Ok(false));
        }
        let before = buf.filled().len();
        match Pin::new(&mut self.pipe).poll_read(cx, buf) {
            Poll::Ready(Ok(())) => {
                self.hold.heard.store(self.hold.master.now(), Ordering::Relaxed);
                if buf.filled().len() == before {
                    self.is_over = true;
                    self.hold.is_read();
                }
                Poll::Ready(Ok(!self.is_over))
            }
            Poll::Ready(Err(e)) => Poll::Ready(Err(e)),
            Poll::Pending => {
                ready!(self.gone.as_mut().poll(cx));
                Poll::Ready(Err(io::Error::new(io::ErrorKind::ConnectionAborted, self.hold.master.why())))
            }
        }
    }

    /// At the end of the pipe: whether the other side ended it.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Ended(ended) = &self.hold.ended;
        let waiting = self.end.get_or_insert_with(|| {
            let told = ended.0.clone().cancelled_owned();
            Box::pin(async move { drop(timeout(END_TOLD, told).await) })
        });
        ready!(waiting.as_mut().poll(cx));
        // Polled again after its end, it must not be the future that is over.
        self.end = Some(Box::pin(std::future::ready(())));
        if let Some(Some(why)) = ended.1.get() {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::ConnectionAborted, why.clone())));
        }
        if let Some(noise) = &self.noise {
            let why = match noise.last() {
                said if said.is_empty() => "the login shell of the account started no `sh`".to_owned(),
                said => format!("the login shell of the account started no `sh`, it said: {said}"),
            };
            return Poll::Ready(Err(io::Error::other(why)));
        }
        Poll::Ready(Ok(()))
    }
}

impl<P: AsyncRead + Unpin> AsyncRead for Output<P> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while let Some(noise) = &mut this.noise {
            let mut room = [0; 4096];
            let mut room = ReadBuf::new(&mut room);
            if let Some(rest) = (!this.ahead.is_empty()).then(|| noise.take(&std::mem::take(&mut this.ahead))).flatten()
            {
                this.noise = None;
                this.ahead = rest;
                break;
            }
            if !ready!(this.poll_pipe(cx, &mut room))? {
                return this.poll_end(cx);
            }
            this.ahead = room.filled().to_vec();
        }
        if !this.ahead.is_empty() {
            let many = this.ahead.len().min(buf.remaining());
            buf.put_slice(&this.ahead[..many]);
            this.ahead.drain(..many);
            return Poll::Ready(Ok(()));
        }
        if ready!(this.poll_pipe(cx, buf))? { Poll::Ready(Ok(())) } else { this.poll_end(cx) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_ends_with_the_marker_wherever_chunks_end() {
        let text = b"Welcome!\nMARK is near\nno newlineMARK-7\nfirst\nMARK-7\n";
        for size in 1..text.len() {
            let mut noise = Noise { marker: b"MARK-7\n".to_vec(), held: Vec::new() };
            let mut out = None::<Vec<u8>>;
            for chunk in text.chunks(size) {
                match &mut out {
                    Some(out) => out.extend_from_slice(chunk),
                    None => out = noise.take(chunk),
                }
            }
            assert_eq!(out.as_deref(), Some(&b"first\nMARK-7\n"[..]), "{size}");
        }
        let mut noise = Noise { marker: b"MARK-7\n".to_vec(), held: Vec::new() };
        assert_eq!(noise.take(b"This account is currently not available.\n"), None);
        assert_eq!(noise.last(), "This account is currently not available");
    }
}
