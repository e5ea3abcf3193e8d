//! A bound on what somebody may send who has not shown yet who they are.
//!
//! The libraries of websockets fix the largest message when the socket is opened,
//! and after the login messages are large. So the bytes are counted below them,
//! until the login is through.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{self, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// The most bytes of a whole login. One takes less than a thousand.
pub const LOGIN_LIMIT: usize = 64 * 1024;

const WIDE: usize = usize::MAX;

/// How much a connection may still bring. Clones are the same gate.
#[derive(Debug, Clone)]
pub struct Gate(Arc<AtomicUsize>);

impl Gate {
    /// Takes whatever comes.
    pub fn wide() -> Self {
        Self(Arc::new(AtomicUsize::new(WIDE)))
    }

    /// Takes no more than [`LOGIN_LIMIT`] bytes.
    pub fn narrow() -> Self {
        Self(Arc::new(AtomicUsize::new(LOGIN_LIMIT)))
    }

    /// Takes no more than [`LOGIN_LIMIT`] bytes from now on.
    pub fn close(&self) {
        self.0.store(LOGIN_LIMIT, Ordering::Relaxed);
    }

    /// Takes whatever comes, from now on.
    pub fn open(&self) {
        self.0.store(WIDE, Ordering::Relaxed);
    }

    /// Whether so many bytes may come. Only the connection's reader calls this,
    /// and [`Gate::open`] is called by whoever reads from it.
    fn take(&self, bytes: usize) -> bool {
        let left = self.0.load(Ordering::Relaxed);
        if left == WIDE {
            return true;
        }
        self.0.store(left.saturating_sub(bytes), Ordering::Relaxed);
        bytes <= left
    }
}

/// A connection with a gate. One that takes nothing of what it is sent for too
/// long breaks, too.
pub struct Gated<S> {
    stream: S,
    gate: Gate,
    patience: Option<Duration>,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> Gated<S> {
    /// A connection that may take as long as it wants.
    pub fn new(stream: S, gate: Gate) -> Self {
        Self { stream, gate, patience: None, stalled: None }
    }

    /// How long the other side may take nothing of what it is sent.
    pub fn patient(self, patience: Duration) -> Self {
        Self { patience: Some(patience), ..self }
    }

    /// What came of writing, unless it has been waiting for too long.
    fn written<T>(
        &mut self,
        outcome: Poll<io::Result<T>>,
        context: &mut task::Context<'_>,
    ) -> Poll<io::Result<T>> {
        let (true, Some(patience)) = (outcome.is_pending(), self.patience) else {
            self.stalled = None;
            return outcome;
        };
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(patience)));
        stalled.as_mut().poll(context).map(|()| {
            let text = "the other side takes nothing of what it is sent";
            Err(io::Error::new(io::ErrorKind::TimedOut, text))
        })
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Gated<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
        match self.gate.take(buffer.filled().len() - before) {
            true => outcome,
            false => {
                let text = format!("the other side sent more than {LOGIN_LIMIT} bytes as a login");
                Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, text)))
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gated<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(outcome, context)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
    ) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(context);
        self.written(outcome, context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
    ) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_shutdown(context);
        self.written(outcome, context)
    }
}
