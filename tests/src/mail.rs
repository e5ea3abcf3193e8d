//! Who gets alerts by mail: a server that takes every mail and remembers it.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::until;

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

/// How a mail server is spoken with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// In the clear.
    None,
    /// With TLS once the client has asked for it; nothing else is answered before.
    AfterGreeting,
    /// With TLS from the first byte.
    FromStart,
}

/// A mail server that takes every mail.
pub struct MailReceiver {
    /// `127.0.0.1:PORT`, or `localhost:PORT` with TLS.
    pub address: String,
    /// Its certificate as PEM, for whoever is to trust it; empty without TLS.
    pub certificate: String,
    mails: Arc<Mutex<Vec<Mail>>>,
}

impl MailReceiver {
    /// Starts one.
    pub async fn start(tls: MailTls) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let mails = Arc::<Mutex<Vec<Mail>>>::default();
        let (certificate, acceptor) = identity();
        let into = mails.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (into, acceptor) = (into.clone(), acceptor.clone());
                tokio::spawn(async move {
                    if let Some(mail) = serve(socket, tls, acceptor).await {
                        into.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
                    }
                });
            }
        });
        match tls {
            MailTls::None => {
                let address = format!("127.0.0.1:{port}");
                Self { address, certificate: String::new(), mails }
            }
            _ => Self { address: format!("localhost:{port}"), certificate, mails },
        }
    }

    /// Waits for the first mail.
    pub async fn first(&self) -> Mail {
        until("there is a mail", || async { self.mails().first().cloned() }).await
    }

    /// What came so far.
    pub fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A certificate for `localhost` that nobody signed, and TLS with it.
fn identity() -> (String, TlsAcceptor) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a key that fits");
    (made.cert.pem(), TlsAcceptor::from(Arc::new(config)))
}

async fn serve(socket: TcpStream, tls: MailTls, acceptor: TlsAcceptor) -> Option<Mail> {
    match tls {
        MailTls::None => mail(BufReader::new(socket), true).await,
        MailTls::FromStart => mail(BufReader::new(acceptor.accept(socket).await.ok()?), true).await,
        MailTls::AfterGreeting => {
            let mut socket = BufReader::new(socket);
            socket.write_all(b"220 here\r\n").await.ok()?;
            let mut line = String::new();
            while !line.to_uppercase().starts_with("STARTTLS") {
                line.clear();
                if socket.read_line(&mut line).await.ok()? == 0 {
                    return None;
                }
                let answer: &[u8] = match line.to_uppercase().split([' ', '\r']).next()? {
                    "EHLO" => b"250-here\r\n250 STARTTLS\r\n",
                    "STARTTLS" => b"220 go on\r\n",
                    _ => b"530 STARTTLS comes first\r\n",
                };
                socket.write_all(answer).await.ok()?;
            }
            let socket = acceptor.accept(socket.into_inner()).await.ok()?;
            mail(BufReader::new(socket), false).await
        }
    }
}

/// The little of SMTP that a client needs.
async fn mail<S: AsyncRead + AsyncWrite + Unpin>(
    mut socket: BufReader<S>,
    greet: bool,
) -> Option<Mail> {
    let mut mail = Mail::default();
    if greet {
        socket.write_all(b"220 here\r\n").await.ok()?;
    }
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
