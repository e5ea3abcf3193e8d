//! Both sides of the link over real sockets.
#![cfg(feature = "axum")]

use std::future::Future;
use std::net::SocketAddr;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc, watch};
use tokio::time::timeout;
use tokio_tungstenite::{accept_async, client_async};
use varanus_link::handshake::{Talk, identifiers};
use varanus_link::key::{PrivateKey, PublicKey};
use varanus_link::{
    AxumSocket, Context, Driver, Gate, Handler, LOGIN_LIMIT, Link, RequestOptions, Timings, Tls,
    address, dial,
};
use varanus_proto::{Error, Kind, Result};

const DEADLINE: Duration = Duration::from_secs(20);

/// How long a side waits without a word. Longer than a busy machine holds up
/// those that do speak.
const SILENCE: Duration = Duration::from_secs(2);

fn timings() -> Timings {
    let milliseconds = Duration::from_millis;
    Timings {
        // Longer than any test waits: none is about it.
        login: DEADLINE * 3,
        ping: milliseconds(100),
        silent: SILENCE,
        pending: milliseconds(100),
        answer: SILENCE,
        connect: SILENCE,
        ..Timings::default()
    }
}

/// Answers `echo…` with itself, tells lines on the way, and waits for ever when
/// asked to.
struct Echo {
    /// Hears when `slow` begins and when `wait` is withdrawn.
    told: mpsc::UnboundedSender<()>,
}

impl Handler for Echo {
    fn handle(
        &self,
        request: Vec<u8>,
        context: Context,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<u8>>> + Send>> {
        let told = self.told.clone();
        Box::pin(async move {
            match request.as_slice() {
                b"features" => {
                    context.extend();
                    Ok(b"lines".to_vec())
                }
                b"fail" => Err(Error::not_found("there is no such thing").cause("nobody made it")),
                // Without the hook: to print a backtrace holds up the only thread of the
                // test, both sides of the link with it, for as long as a disk likes.
                b"panic" => resume_unwind(Box::new("as asked")),
                b"wait" => {
                    context.cancelled().cancelled().await;
                    let _ = told.send(());
                    Err(Error::cancelled("withdrawn"))
                }
                b"slow" => {
                    let _ = told.send(());
                    tokio::time::sleep(SILENCE + Duration::from_secs(1)).await;
                    Ok(request)
                }
                _ => {
                    context.progress(b"a line".to_vec());
                    Ok(request)
                }
            }
        })
    }
}

struct Server {
    key: PrivateKey,
    /// The key that may come.
    expected: PublicKey,
    driver: Mutex<Driver>,
}

async fn connect(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    Extension(gate): Extension<Gate>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let query = query.unwrap_or_default();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let identifiers = identifiers(header, &query).unwrap();
    upgrade.on_upgrade(async move |socket| {
        let mut socket = AxumSocket::new(socket, gate);
        let times = timings();
        let mut talk = Talk::new(&mut socket, &times);
        let check = async |key: PublicKey| match key == server.expected {
            true => Ok(()),
            false => Err(Error::unauthorized("another key is expected")),
        };
        if talk.serve(&identifiers, &server.key, check).await.is_ok() {
            server.driver.lock().await.drive(socket).await;
        }
    })
}

struct Pair {
    address: SocketAddr,
    server: Arc<Server>,
    client_key: PrivateKey,
    told: mpsc::UnboundedReceiver<()>,
}

impl Pair {
    async fn new() -> Self {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = tcp.local_addr().unwrap();
        let client_key = PrivateKey::generate().unwrap();
        let (sender, told) = mpsc::unbounded_channel();
        let (_, driver) = Link::new(Some(Arc::new(Echo { told: sender })), timings());
        let server = Arc::new(Server {
            key: PrivateKey::generate().unwrap(),
            expected: client_key.public(),
            driver: Mutex::new(driver),
        });
        tokio::spawn(serve(tcp, server.clone()));
        Self { address, server, client_key, told }
    }

    async fn join(&self, key: &PrivateKey) -> Result<varanus_link::Dialed> {
        let mut url = address(&format!("http://{}", self.address))?;
        url.set_query(Some("server=attic"));
        let mut dialed = dial(&url, Tls::Checked, &timings()).await?;
        let identifiers = dialed.identifiers.clone();
        let times = timings();
        let mut talk = Talk::new(&mut dialed.socket, &times);
        let expected = self.server.key.public();
        talk.join(&identifiers, key, |key| match key == expected {
            true => Ok(()),
            false => Err(Error::unauthorized("that is not the Core we know")),
        })
        .await?;
        Ok(dialed)
    }

    /// A link whose socket is open.
    async fn link(&self) -> Link {
        let (link, mut driver) = Link::new(None, timings());
        let dialed = self.join(&self.client_key).await.unwrap();
        tokio::spawn(async move { driver.drive(dialed.socket).await });
        link
    }
}

async fn serve(tcp: TcpListener, server: Arc<Server>) {
    let router = Router::new().route("/", get(connect)).with_state(server);
    varanus_link::listen::serve(tcp, None, router, timings().http, Default::default()).await;
}

async fn ask(link: &Link, request: &str) -> Result<Vec<u8>> {
    let asking = link.request(request.as_bytes().to_vec(), RequestOptions::default());
    timeout(DEADLINE, asking).await.expect("an answer or an error in time")
}

#[tokio::test]
async fn requests_are_answered_in_any_order_and_failures_are_told() {
    let pair = Pair::new().await;
    let link = pair.link().await;
    let (slow, quick) = tokio::join!(ask(&link, "slow"), ask(&link, "echo"));
    assert_eq!((slow.unwrap(), quick.unwrap()), (b"slow".to_vec(), b"echo".to_vec()));
    let error = ask(&link, "fail").await.unwrap_err();
    assert_eq!(error.message(), "there is no such thing");
    assert!(error.to_string().contains("nobody made it"), "{error}");
    // A fault of one request is its own.
    assert!(ask(&link, "panic").await.is_err());
    assert_eq!(ask(&link, "echo").await.unwrap(), b"echo");
}

#[tokio::test]
async fn a_stranger_is_refused_by_either_side() {
    let pair = Pair::new().await;
    let stranger = PrivateKey::generate().unwrap();
    let error = pair.join(&stranger).await.err().unwrap();
    assert!(error.to_string().contains("another key is expected"), "{error}");
    let other = Pair::new().await;
    let pair = Pair { server: other.server.clone(), ..pair };
    let error = pair.join(&pair.client_key).await.err().unwrap();
    assert!(error.to_string().contains("not the Core we know"), "{error}");
}

#[tokio::test]
async fn lines_come_only_after_both_sides_know_of_them() {
    let pair = Pair::new().await;
    let link = pair.link().await;
    let lines = async |link: &Link| {
        let (sender, mut lines) = RequestOptions::progress();
        let options = RequestOptions { progress: Some(sender), ..Default::default() };
        timeout(DEADLINE, link.request(b"echo".to_vec(), options)).await.unwrap().unwrap();
        lines.try_recv().ok()
    };
    assert_eq!(lines(&link).await, None);
    ask(&link, "features").await.unwrap();
    link.extend();
    assert_eq!(lines(&link).await.as_deref(), Some(&b"a line"[..]));
}

#[tokio::test]
async fn a_request_that_nobody_waits_for_is_withdrawn() {
    let mut pair = Pair::new().await;
    let link = pair.link().await;
    ask(&link, "features").await.unwrap();
    link.extend();
    let options =
        RequestOptions { deadline: Some(Duration::from_millis(100)), ..Default::default() };
    let error = link.request(b"wait".to_vec(), options).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Deadline);
    timeout(DEADLINE, pair.told.recv()).await.unwrap().unwrap();
}

/// What a network does between two sides.
#[derive(Clone, Copy, PartialEq)]
enum Weather {
    Fair,
    /// Bytes vanish; nobody is told.
    BlackHole,
    /// Connections break.
    Cut,
}

/// Forwards connections as the weather allows.
async fn proxy(to: SocketAddr) -> (SocketAddr, watch::Sender<Weather>) {
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = tcp.local_addr().unwrap();
    let (sender, weather) = watch::channel(Weather::Fair);
    tokio::spawn(async move {
        while let Ok((mut here, _)) = tcp.accept().await {
            let mut weather = weather.clone();
            tokio::spawn(async move {
                let mut there = TcpStream::connect(to).await.unwrap();
                loop {
                    let now = *weather.borrow_and_update();
                    match now {
                        Weather::Cut => return,
                        Weather::BlackHole => {
                            let _ = weather.changed().await;
                        }
                        Weather::Fair => tokio::select! {
                            _ = copy_bidirectional(&mut here, &mut there) => return,
                            _ = weather.changed() => {}
                        },
                    }
                }
            });
        }
    });
    (address, sender)
}

/// A client that comes back for ever.
fn stay(pair: &Arc<Pair>) -> Link {
    let (link, mut driver) = Link::new(None, timings());
    let pair = pair.clone();
    tokio::spawn(async move {
        loop {
            if let Ok(dialed) = pair.join(&pair.client_key).await {
                driver.drive(dialed.socket).await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    link
}

#[tokio::test]
async fn work_goes_on_while_the_link_is_cut_and_its_answer_comes_over_the_next_socket() {
    let mut pair = Pair::new().await;
    let (address, weather) = proxy(pair.address).await;
    pair.address = address;
    let mut told = std::mem::replace(&mut pair.told, mpsc::unbounded_channel().1);
    let link = stay(&Arc::new(pair));
    assert_eq!(ask(&link, "echo").await.unwrap(), b"echo");
    let asking = tokio::spawn({
        let link = link.clone();
        async move { ask(&link, "slow").await }
    });
    timeout(DEADLINE, told.recv()).await.unwrap().unwrap();
    let mut state = link.state();
    weather.send_replace(Weather::Cut);
    timeout(DEADLINE, state.wait_for(|state| !state.connected)).await.unwrap().unwrap();
    weather.send_replace(Weather::Fair);
    assert_eq!(asking.await.unwrap().unwrap(), b"slow");
}

#[tokio::test]
async fn what_can_be_asked_again_fails_as_soon_as_the_link_is_cut_and_is_not_withdrawn() {
    let mut pair = Pair::new().await;
    let (address, weather) = proxy(pair.address).await;
    pair.address = address;
    let mut told = std::mem::replace(&mut pair.told, mpsc::unbounded_channel().1);
    let link = stay(&Arc::new(pair));
    ask(&link, "features").await.unwrap();
    link.extend();
    let asking = tokio::spawn({
        let link = link.clone();
        let options = RequestOptions { repeatable: true, ..Default::default() };
        async move { link.request(b"wait".to_vec(), options).await }
    });
    // It has arrived when what is asked after it is answered.
    ask(&link, "echo").await.unwrap();
    weather.send_replace(Weather::Cut);
    let error = timeout(DEADLINE, asking).await.unwrap().unwrap().unwrap_err();
    assert_eq!(error.kind(), Kind::Unreachable);
    assert!(error.to_string().contains("broke"), "{error}");
    weather.send_replace(Weather::Fair);
    assert_eq!(ask(&link, "features").await.unwrap(), b"lines");
    assert!(told.try_recv().is_err());
}

#[tokio::test]
async fn a_link_that_bytes_vanish_in_is_given_up_and_comes_back() {
    let mut pair = Pair::new().await;
    let (address, weather) = proxy(pair.address).await;
    pair.address = address;
    let link = stay(&Arc::new(pair));
    assert_eq!(ask(&link, "echo").await.unwrap(), b"echo");
    weather.send_replace(Weather::BlackHole);
    let error = ask(&link, "echo").await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unreachable);
    let mut state = link.state();
    let away = state.wait_for(|state| !state.connected);
    let why = timeout(DEADLINE, away).await.unwrap().unwrap().error.clone();
    assert!(why.is_some());
    weather.send_replace(Weather::Cut);
    weather.send_replace(Weather::Fair);
    timeout(DEADLINE, state.wait_for(|state| state.connected)).await.unwrap().unwrap();
    assert_eq!(ask(&link, "echo").await.unwrap(), b"echo");
}

/// The beginning of a message of 32 MiB: much more than anybody buffers for whom
/// they do not know, and it never ends.
fn endless() -> Vec<u8> {
    let mut bytes = vec![0x82, 0x80 | 127];
    bytes.extend_from_slice(&(32_u64 << 20).to_be_bytes());
    bytes.resize(2 * LOGIN_LIMIT, 0);
    bytes
}

#[tokio::test]
async fn who_is_not_logged_in_cannot_send_a_large_message() {
    let pair = Pair::new().await;
    let mut url = address(&format!("http://{}", pair.address)).unwrap();
    url.set_query(Some("server=attic"));
    let tcp = TcpStream::connect(pair.address).await.unwrap();
    let (mut socket, _) = client_async(url.as_str(), tcp).await.unwrap();
    let tcp = socket.get_mut();
    // It may be closed before all is written.
    let _ = tcp.write_all(&endless()).await;
    let mut rest = Vec::new();
    let end = timeout(DEADLINE, tcp.read_to_end(&mut rest)).await;
    let _ = end.expect("the connection is closed");
}

#[tokio::test]
async fn who_was_dialed_and_is_not_logged_in_cannot_send_a_large_message() {
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = address(&format!("http://{}", tcp.local_addr().unwrap())).unwrap();
    let serving = tokio::spawn(async move {
        let (tcp, _) = tcp.accept().await.unwrap();
        let mut socket = accept_async(tcp).await.unwrap();
        let mut bytes = endless();
        bytes[1] = 127; // a server masks nothing
        let _ = socket.get_mut().write_all(&bytes).await;
        socket
    });
    let mut dialed = dial(&url, Tls::Checked, &timings()).await.unwrap();
    let times = timings();
    let mut talk = Talk::new(&mut dialed.socket, &times);
    let received = timeout(DEADLINE, talk.receive()).await.expect("it is not waited for");
    let error = received.unwrap_err();
    assert!(error.to_string().contains("more than 65536 bytes"), "{error}");
    serving.await.unwrap();
}

#[tokio::test]
async fn who_is_logged_in_can() {
    let pair = Pair::new().await;
    let link = pair.link().await;
    let long = "echo".repeat(LOGIN_LIMIT);
    assert_eq!(ask(&link, &long).await.unwrap(), long.as_bytes());
}
