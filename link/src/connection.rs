//! Requests and answers over one socket after another.
//!
//! A [`Link`] outlives its sockets: requests wait for the next one, and work
//! that was begun goes on and its answer is sent when there is a socket again.
//! The [`Driver`] is the one task that reads and writes a socket.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, interval, sleep_until, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use varanus_proto::{Error, ErrorBody, Kind, Result};

use crate::frame::{self, Channel, Frame};
use crate::socket::{Message, Socket};
use crate::timings::Timings;

/// Messages that wait for a socket, at most.
const WAITING: usize = 1024;

/// Requests of the other side that are worked on at one time, at most.
const SERVED: usize = 1024;

/// What is told of a request and not yet taken, at most; what comes after is
/// left out.
const TOLD: usize = 4096;

/// Whether there is a socket.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Whether there is one now.
    pub connected: bool,
    /// Why there is none.
    pub error: Option<ErrorBody>,
    /// How many there were.
    pub sockets: u64,
    /// When the last one broke.
    pub lost: Option<Instant>,
}

/// Answers the other side's requests.
pub trait Handler: Send + Sync + 'static {
    /// Works on a request; `{"type", "params"}` as it came.
    fn handle(
        &self,
        request: Vec<u8>,
        context: Context,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<u8>>> + Send>>;
}

/// What a handler may use while it works.
#[derive(Clone)]
pub struct Context {
    channel: Channel,
    outgoing: mpsc::Sender<Vec<u8>>,
    extended: Arc<AtomicBool>,
    cancelled: CancellationToken,
    disconnected: CancellationToken,
}

impl Context {
    /// Tells the other side something about the request. Dropped unless the
    /// other side has said that it understands this, and rather than waiting.
    /// Whether it was taken.
    pub fn progress(&self, bytes: Vec<u8>) -> bool {
        self.extended.load(Ordering::Relaxed)
            && self.outgoing.try_send(frame::encode(&Frame::Progress(self.channel, bytes))).is_ok()
    }

    /// The other side has said that it understands progress and cancelling.
    pub fn extend(&self) {
        self.extended.store(true, Ordering::Relaxed);
    }

    /// Fires when nobody waits for the answer any more.
    pub fn cancelled(&self) -> CancellationToken {
        self.cancelled.clone()
    }

    /// Fires when the socket is gone on which this was asked.
    pub fn disconnected(&self) -> CancellationToken {
        self.disconnected.clone()
    }
}

/// How a request is made.
#[derive(Debug, Default)]
pub struct RequestOptions {
    /// How long the answer may take altogether.
    pub deadline: Option<Duration>,
    /// Gets what the other side tells while it works.
    pub progress: Option<mpsc::Sender<Vec<u8>>>,
    /// Whether the same can be asked again without being done again. Such a
    /// request fails as soon as its socket breaks, and is not withdrawn: the
    /// other side may have lost it, and would never say so.
    pub repeatable: bool,
}

impl RequestOptions {
    /// A way to tell what the other side says while it works. It has an end: what
    /// nobody takes is left out, so that a chatty side fills nobody's memory.
    pub fn progress() -> (mpsc::Sender<Vec<u8>>, mpsc::Receiver<Vec<u8>>) {
        mpsc::channel(TOLD)
    }
}

struct Waiting {
    answer: oneshot::Sender<Result<Vec<u8>, ErrorBody>>,
    heard: Instant,
    progress: Option<mpsc::Sender<Vec<u8>>>,
}

struct Shared {
    outgoing: mpsc::Sender<Vec<u8>>,
    waiting: Mutex<HashMap<Channel, Waiting>>,
    serving: Mutex<HashMap<Channel, CancellationToken>>,
    state: watch::Sender<State>,
    /// Fires when the socket of now is gone.
    disconnected: Mutex<CancellationToken>,
    extended: Arc<AtomicBool>,
    handler: Option<Arc<dyn Handler>>,
    timings: Timings,
}

/// A way to ask the other side. Cheap to clone.
#[derive(Clone)]
pub struct Link {
    shared: Arc<Shared>,
}

/// Drives the link's sockets, one after another.
pub struct Driver {
    shared: Arc<Shared>,
    outgoing: mpsc::Receiver<Vec<u8>>,
    unsent: Option<Vec<u8>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Link {
    /// A link without a socket. `handler` answers the other side's requests.
    pub fn new(handler: Option<Arc<dyn Handler>>, timings: Timings) -> (Self, Driver) {
        let (outgoing, receiver) = mpsc::channel(WAITING);
        let shared = Arc::new(Shared {
            outgoing,
            waiting: Mutex::default(),
            serving: Mutex::default(),
            state: watch::channel(State::default()).0,
            disconnected: Mutex::default(),
            extended: Arc::new(AtomicBool::new(false)),
            handler,
            timings,
        });
        let driver = Driver { shared: shared.clone(), outgoing: receiver, unsent: None };
        (Self { shared }, driver)
    }

    /// Whether there is a socket, and news of it.
    pub fn state(&self) -> watch::Receiver<State> {
        self.shared.state.subscribe()
    }

    /// Notes why there is no socket.
    pub fn set_error(&self, error: &Error) {
        let body = error.body();
        self.shared.state.send_modify(|state| {
            if !state.connected {
                state.error = Some(body);
            }
        });
    }

    /// The other side has said that it understands progress and cancelling.
    pub fn extend(&self) {
        self.shared.extended.store(true, Ordering::Relaxed);
    }

    /// Asks the other side. Dropping the future withdraws the request.
    ///
    /// Errors: `Unreachable` without a socket or without a word for too long,
    /// `Deadline`, and `Failed` with what the other side says.
    pub async fn request(&self, json: Vec<u8>, options: RequestOptions) -> Result<Vec<u8>> {
        let shared = &self.shared;
        let ends = options.deadline.map(|deadline| Instant::now() + deadline);
        self.connected().await?;
        let mut state = self.state();
        let socket = state.borrow_and_update().sockets;
        let broken = async move {
            let other = |state: &State| !state.connected || state.sockets != socket;
            let _ = state.wait_for(other).await;
        };
        tokio::pin!(broken);
        let channel = *uuid::Uuid::new_v4().as_bytes();
        let (answer, mut answered) = oneshot::channel();
        let waiting = Waiting { answer, heard: Instant::now(), progress: options.progress };
        lock(&shared.waiting).insert(channel, waiting);
        // Whatever way this ends, nobody waits any more.
        let mut guard = Withdraw { shared: shared.clone(), channel, answered: false };
        let send = shared.outgoing.send(frame::encode(&Frame::Request(channel, json)));
        match timeout(shared.timings.answer, send).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(Error::unreachable("the link is closed")),
            Err(_) => return Err(Error::unreachable("the link does not take a request")),
        }
        // Waiting in the queue was no silence of the other side.
        let mut heard = Instant::now();
        loop {
            let silence = heard + shared.timings.answer;
            let until = ends.map_or(silence, |ends| ends.min(silence));
            let next = tokio::select! {
                biased;
                next = timeout_at(until, &mut answered) => next,
                () = &mut broken, if options.repeatable => {
                    guard.answered = true;
                    return Err(Error::unreachable("the connection broke"));
                }
            };
            match next {
                Ok(Ok(answer)) => {
                    guard.answered = true;
                    return answer.map_err(|body| body.into_error(Kind::Failed));
                }
                Ok(Err(_)) => return Err(Error::unreachable("the link is closed")),
                Err(_) if ends.is_some_and(|ends| Instant::now() >= ends) => {
                    let seconds = options.deadline.unwrap_or_default().as_secs_f32();
                    return Err(Error::deadline(format!("no answer came within {seconds} s")));
                }
                Err(_) if guard.heard().is_some_and(|at| at > heard) => {
                    heard = guard.heard().unwrap_or(heard);
                }
                Err(_) => {
                    // The link is to blame, not the work: whoever asks again may
                    // still want it, so it is not withdrawn.
                    guard.answered = true;
                    return Err(Error::unreachable(format!(
                        "nothing was heard of the request for {} s",
                        shared.timings.answer.as_secs_f32()
                    )));
                }
            }
        }
    }

    /// Waits for a socket, as long as a request would.
    ///
    /// Errors: `Unreachable`, with the reason why there is none.
    pub async fn connected(&self) -> Result<()> {
        let mut state = self.shared.state.subscribe();
        let connected = state.wait_for(|state| state.connected);
        if timeout(self.shared.timings.connect, connected).await.is_ok() {
            return Ok(());
        }
        let state = state.borrow().clone();
        let error = Error::unreachable("not connected");
        Err(match state.error {
            Some(body) => error.cause(body.into_error(Kind::Unreachable)),
            None => error,
        })
    }
}

struct Withdraw {
    shared: Arc<Shared>,
    channel: Channel,
    answered: bool,
}

impl Withdraw {
    /// When the other side last said that it works on it.
    fn heard(&self) -> Option<Instant> {
        lock(&self.shared.waiting).get(&self.channel).map(|waiting| waiting.heard)
    }
}

impl Drop for Withdraw {
    fn drop(&mut self) {
        lock(&self.shared.waiting).remove(&self.channel);
        if !self.answered && self.shared.extended.load(Ordering::Relaxed) {
            let _ = self.shared.outgoing.try_send(frame::encode(&Frame::Cancel(self.channel)));
        }
    }
}

/// The end of a socket's use, and why it ended.
struct End {
    shared: Arc<Shared>,
    error: Option<ErrorBody>,
}

impl Drop for End {
    fn drop(&mut self) {
        self.shared.extended.store(false, Ordering::Relaxed);
        self.shared.state.send_modify(|state| {
            state.connected = false;
            state.lost = Some(Instant::now());
            state.error = self.error.take();
        });
    }
}

impl Driver {
    /// The link that this drives.
    pub fn link(&self) -> Link {
        Link { shared: self.shared.clone() }
    }

    /// Uses a socket that is logged in, until it breaks; returns why it did.
    pub async fn drive<S: Socket>(&mut self, mut socket: S) -> Error {
        socket.logged_in();
        self.shared.state.send_modify(|state| {
            state.connected = true;
            state.error = None;
            state.sockets += 1;
        });
        // Also when it is dropped half way: whoever waits must learn of it.
        let mut end = End { shared: self.shared.clone(), error: None };
        let disconnected = CancellationToken::new();
        *lock(&self.shared.disconnected) = disconnected.clone();
        // Also when this future is dropped.
        let _gone = disconnected.drop_guard();
        let error = self.exchange(&mut socket).await;
        end.error = Some(error.body());
        error
    }

    async fn exchange<S: Socket>(&mut self, socket: &mut S) -> Error {
        let timings = self.shared.timings.clone();
        let mut heard = Instant::now();
        let mut spoke = Instant::now();
        loop {
            // What the last socket did not take comes first.
            if let Some(bytes) = &self.unsent {
                let sending = socket.send(Message::Data(bytes.clone()));
                match timeout(timings.silent, sending).await {
                    Ok(Ok(())) => self.unsent = None,
                    Ok(Err(error)) => return error,
                    Err(_) => return Error::unreachable("the other side takes no messages"),
                }
                spoke = Instant::now();
                continue;
            }
            tokio::select! {
                received = socket.receive() => match received {
                    Ok(Message::Data(bytes)) => {
                        heard = Instant::now();
                        if bytes.len() > frame::LIMIT {
                            return Error::invalid("the other side sent a message that is too large");
                        }
                        match frame::decode(bytes) {
                            Ok(frame) => self.take(frame),
                            Err(error) => return error,
                        }
                    }
                    // The socket has answered it, which the other side hears: one of the
                    // two pings, and that is enough for both.
                    Ok(Message::Ping) => (heard, spoke) = (Instant::now(), Instant::now()),
                    Ok(Message::Pong) => heard = Instant::now(),
                    Ok(Message::Close) => {
                        return Error::unreachable("the other side closed the connection");
                    }
                    Err(error) => return error,
                },
                next = self.outgoing.recv() => match next {
                    Some(bytes) => self.unsent = Some(bytes),
                    None => return Error::unreachable("the link was closed"),
                },
                () = sleep_until(spoke + timings.ping) => {
                    match timeout(timings.silent, socket.send(Message::Ping)).await {
                        Ok(Ok(())) => spoke = Instant::now(),
                        Ok(Err(error)) => return error,
                        Err(_) => return Error::unreachable("the other side takes no messages"),
                    }
                }
                () = sleep_until(heard + timings.silent) => {
                    return Error::unreachable(format!(
                        "nothing was heard for {} s",
                        timings.silent.as_secs_f32()
                    ));
                }
            }
        }
    }

    fn take(&self, frame: Frame) {
        let answer = |channel: &Channel, answer: Result<Vec<u8>, ErrorBody>| {
            if let Some(waiting) = lock(&self.shared.waiting).remove(channel) {
                let _ = waiting.answer.send(answer);
            }
        };
        match frame {
            Frame::Request(channel, json) => self.serve(channel, json),
            Frame::Answer(channel, json) => answer(&channel, Ok(json)),
            Frame::Failure(channel, body) => answer(&channel, Err(body)),
            Frame::Pending(channel) => {
                if let Some(waiting) = lock(&self.shared.waiting).get_mut(&channel) {
                    waiting.heard = Instant::now();
                }
            }
            Frame::Progress(channel, bytes) => {
                if let Some(waiting) = lock(&self.shared.waiting).get_mut(&channel) {
                    waiting.heard = Instant::now();
                    if let Some(progress) = &waiting.progress {
                        let _ = progress.try_send(bytes);
                    }
                }
            }
            Frame::Cancel(channel) => {
                if let Some(serving) = lock(&self.shared.serving).get(&channel) {
                    serving.cancel();
                }
            }
            // Terminals are opened by requests that nobody answers yet; a login
            // message has no place here.
            Frame::Terminal(..) | Frame::TerminalFailure(..) | Frame::Login(_) => {}
        }
    }

    fn serve(&self, channel: Channel, json: Vec<u8>) {
        let shared = self.shared.clone();
        let cancelled = CancellationToken::new();
        {
            let mut serving = lock(&shared.serving);
            if serving.len() >= SERVED {
                let body = Error::busy("too many requests at one time").body();
                let _ = shared.outgoing.try_send(frame::encode(&Frame::Failure(channel, body)));
                return;
            }
            serving.insert(channel, cancelled.clone());
        }
        let context = Context {
            channel,
            outgoing: shared.outgoing.clone(),
            extended: shared.extended.clone(),
            cancelled,
            disconnected: lock(&shared.disconnected).clone(),
        };
        tokio::spawn(async move {
            let work = match &shared.handler {
                Some(handler) => handler.handle(json, context),
                None => Box::pin(async { Err(Error::invalid("nothing can be asked here")) }),
            };
            // Work in a task of its own: a panic is an answer too.
            let mut work = tokio::spawn(work);
            let mut pending = interval(shared.timings.pending);
            pending.tick().await;
            let outcome = loop {
                tokio::select! {
                    joined = &mut work => break joined.unwrap_or_else(|panic| {
                        Err(Error::internal("the request met a fault").cause(panic))
                    }),
                    _ = pending.tick() => {
                        let _ = shared.outgoing.try_send(frame::encode(&Frame::Pending(channel)));
                    }
                }
            };
            let frame = match outcome {
                Ok(json) => Frame::Answer(channel, json),
                Err(error) => Frame::Failure(channel, error.body()),
            };
            // Waits for room, and thereby for the next socket.
            let _ = shared.outgoing.send(frame::encode(&frame)).await;
            lock(&shared.serving).remove(&channel);
        });
    }
}
