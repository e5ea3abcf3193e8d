//! Who gets alerts: a web server that takes everything and remembers it.

use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::until;

/// A request that came in.
#[derive(Debug, Clone)]
pub struct Received {
    /// With its query.
    pub path: String,
    /// Names in small letters.
    pub headers: Vec<(String, String)>,
    /// As text.
    pub body: String,
}

impl Received {
    /// A header, by its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `Null` where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// A web server that takes every request.
pub struct WebReceiver {
    /// `http://127.0.0.1:PORT`.
    pub address: String,
    received: Arc<Mutex<Vec<Received>>>,
    status: Arc<AtomicU16>,
    silent: Arc<AtomicBool>,
}

impl WebReceiver {
    /// Starts one that answers with 200.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let receiver = Self {
            address: format!("http://{}", listener.local_addr().expect("an address")),
            received: Arc::default(),
            status: Arc::new(AtomicU16::new(200)),
            silent: Arc::default(),
        };
        let (received, status, silent) =
            (receiver.received.clone(), receiver.status.clone(), receiver.silent.clone());
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (received, status, silent) = (received.clone(), status.clone(), silent.clone());
                tokio::spawn(async move {
                    let mut socket = BufReader::new(socket);
                    let Some(request) = request(&mut socket).await else { return };
                    if silent.load(Ordering::SeqCst) {
                        // Until whoever asks has had enough.
                        let _ = socket.read(&mut [0]).await;
                        return;
                    }
                    let echo = format!("no hook at {}", request.path);
                    received.lock().unwrap_or_else(PoisonError::into_inner).push(request);
                    let status = status.load(Ordering::SeqCst);
                    let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n");
                    let answer = format!("{head}content-length: {}\r\n\r\n{echo}", echo.len());
                    let _ = socket.write_all(answer.as_bytes()).await;
                });
            }
        });
        receiver
    }

    /// Answers with this status from now on.
    pub fn answers(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// Takes requests and never answers.
    pub fn falls_silent(&self) {
        self.silent.store(true, Ordering::SeqCst);
    }

    /// What came in so far.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for a request for which something holds.
    pub async fn until(&self, what: &str, holds: impl Fn(&Received) -> bool) -> Received {
        until(what, || async { self.received().into_iter().find(|one| holds(one)) }).await
    }
}

async fn request(socket: &mut BufReader<TcpStream>) -> Option<Received> {
    let mut first = String::new();
    socket.read_line(&mut first).await.ok()?;
    let path = first.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        socket.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.push((name.trim().to_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, length)| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    socket.read_exact(&mut body).await.ok()?;
    Some(Received { path, headers, body: String::from_utf8_lossy(&body).into_owned() })
}
