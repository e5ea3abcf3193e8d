//! Those who get alerts: a web server and a mail server, which take everything
//! and remember it.

use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
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

/// A mail that came in.
#[derive(Debug, Clone, Default)]
pub struct Mail {
    /// `NAME:PASSWORD` of whoever logged in.
    pub login: String,
    /// Who writes.
    pub from: String,
    /// To whom.
    pub to: Vec<String>,
    /// Headers and body.
    pub text: String,
}

/// A mail server that takes every mail.
pub struct MailReceiver {
    /// `127.0.0.1:PORT`.
    pub address: String,
    mails: Arc<Mutex<Vec<Mail>>>,
}

impl MailReceiver {
    /// Starts one, without TLS.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let mails = Arc::<Mutex<Vec<Mail>>>::default();
        let into = mails.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let into = into.clone();
                tokio::spawn(async move {
                    if let Some(mail) = mail(BufReader::new(socket)).await {
                        into.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
                    }
                });
            }
        });
        Self { address, mails }
    }

    /// Waits for the first mail.
    pub async fn first(&self) -> Mail {
        until("there is a mail", || async {
            self.mails.lock().unwrap_or_else(PoisonError::into_inner).first().cloned()
        })
        .await
    }
}

/// The little of SMTP that a client needs.
async fn mail(mut socket: BufReader<TcpStream>) -> Option<Mail> {
    let mut mail = Mail::default();
    socket.write_all(b"220 here\r\n").await.ok()?;
    loop {
        let mut line = String::new();
        if socket.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim();
        let address = || line.split_once('<')?.1.split_once('>').map(|(at, _)| at.to_owned());
        let answer = match line.split([' ', ':']).next()?.to_uppercase().as_str() {
            "EHLO" => "250-here\r\n250 AUTH PLAIN\r\n",
            "AUTH" => {
                let code = line.rsplit(' ').next()?;
                let login = base64::engine::general_purpose::STANDARD.decode(code).ok()?;
                let login = String::from_utf8(login).ok()?;
                mail.login = login.trim_start_matches('\0').replace('\0', ":");
                "235 welcome\r\n"
            }
            "MAIL" => {
                mail.from = address()?;
                "250 go on\r\n"
            }
            "RCPT" => {
                mail.to.push(address()?);
                "250 go on\r\n"
            }
            "DATA" => {
                socket.write_all(b"354 go on\r\n").await.ok()?;
                while !mail.text.ends_with("\r\n.\r\n") {
                    if socket.read_line(&mut mail.text).await.ok()? == 0 {
                        return None;
                    }
                }
                socket.write_all(b"250 taken\r\n").await.ok()?;
                return Some(mail);
            }
            _ => "250 fine\r\n",
        };
        socket.write_all(answer.as_bytes()).await.ok()?;
    }
}
