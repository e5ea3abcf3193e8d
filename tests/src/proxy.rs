//! A TCP proxy between two parts, to break what is between them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::DEADLINE;

/// No limit of bytes.
const UNLIMITED: u64 = u64::MAX;

/// A door on loopback that passes everything to its target until it is told not to.
///
/// Its port stays its own: what is cut and healed is found at the same address.
pub struct Proxy {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Pass,
    BlackHole,
    Cut,
}

struct Shared {
    target: String,
    mode: watch::Sender<Mode>,
    /// The mode that the listener obeys by now.
    obeyed: watch::Sender<Mode>,
    connections: AtomicUsize,
    passed: AtomicU64,
    /// How many more bytes may pass before it cuts itself.
    budget: AtomicU64,
    /// Wakes the connections of an earlier [`Proxy::drop_connections`].
    dropped: watch::Sender<u64>,
}

impl Proxy {
    /// Listens on a free port for a target (`host:port`), which need not be there yet.
    pub async fn start(target: impl Into<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            target: target.into(),
            mode: watch::Sender::new(Mode::Pass),
            obeyed: watch::Sender::new(Mode::Pass),
            connections: AtomicUsize::new(0),
            passed: AtomicU64::new(0),
            budget: AtomicU64::new(UNLIMITED),
            dropped: watch::Sender::new(0),
        });
        let task = tokio::spawn(listen(listener, port, shared.clone()));
        Self { port, shared, task }
    }

    /// `127.0.0.1:{port}`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Ends every connection and refuses new ones, from when it returns until [`heal`](Self::heal).
    pub async fn cut(&self) {
        self.turn(Mode::Cut).await;
        self.emptied().await;
    }

    /// Cuts once so many more bytes (both directions together) have passed: in
    /// the middle of a message, if that is where they end. `heal` forgets it.
    pub fn cut_after(&self, bytes: u64) {
        self.shared.budget.store(bytes, Ordering::SeqCst);
    }

    /// Waits until [`cut_after`](Self::cut_after) has come true.
    pub async fn until_cut(&self) {
        let mut obeyed = self.shared.obeyed.subscribe();
        let cut = obeyed.wait_for(|mode| *mode == Mode::Cut);
        let cut = tokio::time::timeout(DEADLINE, cut).await;
        assert!(cut.is_ok(), "waited {DEADLINE:?} in vain until the connection is cut");
        self.emptied().await;
    }

    /// Keeps every connection open, takes new ones, and passes nothing: like a
    /// switch that died. What was sent meanwhile arrives after [`heal`](Self::heal).
    pub async fn black_hole(&self) {
        self.turn(Mode::BlackHole).await;
    }

    /// Passes everything again; returns when connections are taken.
    pub async fn heal(&self) {
        self.shared.budget.store(UNLIMITED, Ordering::SeqCst);
        self.turn(Mode::Pass).await;
    }

    /// Ends every connection; new ones are welcome.
    pub async fn drop_connections(&self) {
        self.shared.dropped.send_modify(|times| *times += 1);
        tokio::task::yield_now().await;
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// How many bytes have passed, both directions together.
    pub fn passed(&self) -> u64 {
        self.shared.passed.load(Ordering::SeqCst)
    }

    async fn turn(&self, mode: Mode) {
        self.shared.mode.send_replace(mode);
        let mut obeyed = self.shared.obeyed.subscribe();
        let turned = obeyed.wait_for(|now| *now == mode);
        let turned = tokio::time::timeout(DEADLINE, turned).await;
        assert!(turned.is_ok(), "the proxy on port {} did not turn", self.port);
    }

    async fn emptied(&self) {
        let begun = Instant::now();
        while self.connections() > 0 {
            assert!(
                begun.elapsed() < DEADLINE,
                "the proxy on port {} keeps connections",
                self.port
            );
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
        self.shared.mode.send_replace(Mode::Cut);
    }
}

async fn listen(listener: TcpListener, port: u16, shared: Arc<Shared>) {
    let mut modes = shared.mode.subscribe();
    let mut listener = Some(listener);
    loop {
        let mode = *modes.borrow_and_update();
        if mode == Mode::Cut {
            listener = None;
            // Bound and not listening: refused, and nobody else gets the port.
            let _held = hold(port);
            shared.obeyed.send_replace(mode);
            if modes.changed().await.is_err() {
                return;
            }
            continue;
        }
        let open = listener.get_or_insert_with(|| hold(port).listen(1024).unwrap());
        shared.obeyed.send_replace(mode);
        tokio::select! {
            accepted = open.accept() => {
                if let Ok((stream, _)) = accepted {
                    shared.connections.fetch_add(1, Ordering::SeqCst);
                    tokio::spawn(serve(stream, shared.clone()));
                }
            }
            changed = modes.changed() => if changed.is_err() { return },
        }
    }
}

fn hold(port: u16) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(([127, 0, 0, 1], port).into()).unwrap();
    socket
}

/// One connection, until either end closes it or it is cut.
async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let mut modes = shared.mode.subscribe();
    let mut dropped = shared.dropped.subscribe();
    tokio::select! {
        _ = modes.wait_for(|mode| *mode == Mode::Cut) => {}
        _ = dropped.changed() => {}
        () = join(stream, &shared) => {}
    }
    shared.connections.fetch_sub(1, Ordering::SeqCst);
}

async fn join(stream: TcpStream, shared: &Shared) {
    passing(shared).await;
    let Ok(target) = TcpStream::connect(&shared.target).await else { return };
    let _ = (stream.set_nodelay(true), target.set_nodelay(true));
    let (from_here, to_here) = stream.into_split();
    let (from_there, to_there) = target.into_split();
    tokio::join!(pipe(from_here, to_there, shared), pipe(from_there, to_here, shared));
}

async fn passing(shared: &Shared) {
    let _ = shared.mode.subscribe().wait_for(|mode| *mode == Mode::Pass).await;
}

async fn pipe(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, shared: &Shared) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        passing(shared).await;
        let Ok(read) = from.read(&mut buffer).await else { break };
        passing(shared).await;
        let budget = shared.budget.load(Ordering::SeqCst);
        let take = read.min(usize::try_from(budget).unwrap_or(usize::MAX));
        if read == 0 || to.write_all(&buffer[..take]).await.is_err() {
            break;
        }
        shared.passed.fetch_add(take as u64, Ordering::SeqCst);
        if budget != UNLIMITED {
            let left = budget - take as u64;
            shared.budget.store(left, Ordering::SeqCst);
            if left == 0 {
                let _ = to.flush().await;
                shared.mode.send_replace(Mode::Cut);
                return;
            }
        }
    }
    let _ = to.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn echo() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                });
            }
        });
        address
    }

    async fn answers(stream: &mut TcpStream, text: &[u8]) -> bool {
        let mut answer = vec![0; text.len()];
        stream.write_all(text).await.is_ok()
            && stream.read_exact(&mut answer).await.is_ok()
            && answer == text
    }

    #[tokio::test]
    async fn passes_cuts_and_heals_on_one_port() {
        let proxy = Proxy::start(echo().await).await;
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(answers(&mut stream, b"hello").await);
        proxy.cut().await;
        assert!(!answers(&mut stream, b"hello").await);
        assert!(TcpStream::connect(proxy.address()).await.is_err());
        proxy.heal().await;
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(answers(&mut stream, b"again").await);
        assert_eq!((proxy.connections(), proxy.passed()), (1, 20));
    }

    #[tokio::test]
    async fn a_black_hole_keeps_what_it_swallowed() {
        let proxy = Proxy::start(echo().await).await;
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(answers(&mut stream, b"hello").await);
        proxy.black_hole().await;
        let silence = std::time::Duration::from_millis(100);
        assert!(tokio::time::timeout(silence, answers(&mut stream, b"late")).await.is_err());
        assert!(TcpStream::connect(proxy.address()).await.is_ok());
        proxy.heal().await;
        let mut late = [0; 4];
        stream.read_exact(&mut late).await.unwrap();
        assert_eq!(&late, b"late");
    }

    #[tokio::test]
    async fn cuts_itself_in_the_middle_of_a_message() {
        let proxy = Proxy::start(echo().await).await;
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        proxy.cut_after(5 + 3);
        stream.write_all(b"hello").await.unwrap();
        let mut text = Vec::new();
        let _ = stream.read_to_end(&mut text).await;
        assert_eq!(text, b"hel");
        proxy.until_cut().await;
        proxy.heal().await;
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(answers(&mut stream, b"hello").await);
    }
}
