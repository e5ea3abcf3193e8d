//! Showing each other who one is: `Noise_XX_25519_ChaChaPoly_BLAKE2s` with empty
//! payloads, over the websocket (Komodo 2.3 agent protocol).
//!
//! The websocket's server answers the handshake and begins with a nonce. The
//! prologue ties the handshake to this very websocket: whoever relays it to
//! another host cannot finish it. What comes after is not encrypted by Noise.

use std::future::Future;

use sha2::{Digest as _, Sha256};
use snow::{Builder, HandshakeState};
use tokio::time::timeout;
use varanus_proto::{Error, ErrorBody, Kind, Result};

use crate::frame::{self, Frame, Login};
use crate::key::{PrivateKey, PublicKey};
use crate::socket::{Message, Socket};
use crate::timings::Timings;

const PATTERN: &str = "Noise_XX_25519_ChaChaPoly_BLAKE2s";

/// Which websocket it is: both sides must see the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifiers {
    /// Host, with the port where the address has one.
    pub host: String,
    /// The query, without `?`.
    pub query: String,
    /// The header `Sec-WebSocket-Accept`.
    pub accept: String,
}

impl Identifiers {
    fn prologue(&self, nonce: &[u8; 32]) -> [u8; 32] {
        let mut hash = Sha256::new();
        for part in ["noise-wss-v1|", &self.host, "|", &self.query, "|", &self.accept, "|"] {
            hash.update(part.as_bytes());
        }
        hash.update(nonce);
        hash.finalize().into()
    }
}

/// What a server sees of a websocket, from the headers of the request: the host
/// that a reverse proxy was asked for, or the server itself.
pub fn identifiers<'h>(
    header: impl Fn(&str) -> Option<&'h str>,
    query: &str,
) -> Result<Identifiers> {
    let host = header("x-forwarded-host").or_else(|| header("host")).unwrap_or_default();
    let key = header("sec-websocket-key")
        .ok_or_else(|| Error::invalid("the request has no Sec-WebSocket-Key"))?;
    let accept = tokio_tungstenite::tungstenite::handshake::derive_accept_key(key.as_bytes());
    Ok(Identifiers { host: host.to_owned(), query: query.to_owned(), accept })
}

/// Sends and receives login messages, each within its deadline.
pub struct Talk<'a, S> {
    socket: &'a mut S,
    timings: &'a Timings,
}

impl<'a, S: Socket> Talk<'a, S> {
    /// On a websocket that is open.
    pub fn new(socket: &'a mut S, timings: &'a Timings) -> Self {
        Self { socket, timings }
    }

    /// Sends a message.
    pub async fn send(&mut self, login: Login) -> Result<()> {
        let bytes = frame::encode(&Frame::Login(login));
        match timeout(self.timings.login, self.socket.send(Message::Data(bytes))).await {
            Ok(sent) => sent,
            Err(_) => Err(Error::unreachable("the other side does not take a login message")),
        }
    }

    /// The next message. A refusal of the other side is an error.
    pub async fn receive(&mut self) -> Result<Login> {
        let next = async {
            loop {
                match self.socket.receive().await? {
                    Message::Data(bytes) => break frame::decode(bytes),
                    Message::Ping | Message::Pong => {}
                    Message::Close => {
                        break Err(Error::unreachable("the other side closed during the login"));
                    }
                }
            }
        };
        match timeout(self.timings.login, next).await {
            Ok(Ok(Frame::Login(Login::Failed(body)))) => {
                let refused = body.into_error(Kind::Unauthorized);
                Err(refused.context("the other side refused the login"))
            }
            Ok(Ok(Frame::Login(login))) => Ok(login),
            Ok(Ok(_)) => Err(unexpected()),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(Error::unreachable(format!(
                "no login message came within {} s",
                self.timings.login.as_secs_f32()
            ))),
        }
    }

    /// Tells the other side that the login has failed, and why.
    pub async fn refuse(&mut self, error: &Error) {
        let body = ErrorBody { error: error.message().to_owned(), trace: Vec::new() };
        let _ = self.send(Login::Failed(body)).await;
    }

    /// The server's side: the client shows its key, which `check` accepts or
    /// not. Ends with `Success`.
    pub async fn serve<C, F>(
        &mut self,
        identifiers: &Identifiers,
        key: &PrivateKey,
        check: C,
    ) -> Result<PublicKey>
    where
        C: FnOnce(PublicKey) -> F,
        F: Future<Output = Result<()>>,
    {
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce)
            .map_err(|error| Error::internal("the system gives no random numbers").cause(error))?;
        let prologue = identifiers.prologue(&nonce);
        let mut noise = build(key, &prologue, false)?;
        self.send(Login::Nonce(nonce)).await?;
        let result: Result<PublicKey> = async {
            self.read(&mut noise).await?;
            self.write(&mut noise).await?;
            self.read(&mut noise).await?;
            remote(&noise)
        }
        .await;
        let checked = match result {
            Ok(remote) => check(remote).await.map(|()| remote),
            Err(error) => Err(error),
        };
        match checked {
            Ok(remote) => {
                self.send(Login::Success).await?;
                Ok(remote)
            }
            Err(error) => {
                self.refuse(&error).await;
                Err(error)
            }
        }
    }

    /// The client's side: the server shows its key first.
    pub async fn join<C>(
        &mut self,
        identifiers: &Identifiers,
        key: &PrivateKey,
        check: C,
    ) -> Result<PublicKey>
    where
        C: FnOnce(PublicKey) -> Result<()>,
    {
        let Login::Nonce(nonce) = self.receive().await? else { return Err(unexpected()) };
        let prologue = identifiers.prologue(&nonce);
        let mut noise = build(key, &prologue, true)?;
        self.write(&mut noise).await?;
        self.read(&mut noise).await?;
        let remote = remote(&noise)?;
        if let Err(error) = check(remote) {
            self.refuse(&error).await;
            return Err(error);
        }
        self.write(&mut noise).await?;
        match self.receive().await? {
            Login::Success => Ok(remote),
            _ => Err(unexpected()),
        }
    }

    async fn read(&mut self, noise: &mut HandshakeState) -> Result<()> {
        let Login::Handshake(message) = self.receive().await? else { return Err(unexpected()) };
        let mut payload = [0; 1024];
        noise.read_message(&message, &mut payload).map(|_| ()).map_err(|error| {
            Error::unauthorized(
                "the handshake does not fit: the keys differ, or a reverse proxy changes the host",
            )
            .cause(error)
        })
    }

    async fn write(&mut self, noise: &mut HandshakeState) -> Result<()> {
        let mut message = [0; 1024];
        let length = noise
            .write_message(&[], &mut message)
            .map_err(|error| Error::internal("the handshake cannot go on").cause(error))?;
        self.send(Login::Handshake(message[..length].to_vec())).await
    }
}

/// The error for a message that does not belong here.
pub fn unexpected() -> Error {
    Error::invalid("the other side sent a message that does not belong into this step of the login")
}

fn build(key: &PrivateKey, prologue: &[u8], initiator: bool) -> Result<HandshakeState> {
    let failed = |error| Error::internal("the handshake cannot begin").cause(error);
    let pattern = PATTERN.parse().map_err(failed)?;
    let builder = Builder::new(pattern)
        .local_private_key(key.bytes())
        .and_then(|builder| builder.prologue(prologue))
        .map_err(failed)?;
    match initiator {
        true => builder.build_initiator(),
        false => builder.build_responder(),
    }
    .map_err(failed)
}

fn remote(noise: &HandshakeState) -> Result<PublicKey> {
    noise
        .get_remote_static()
        .and_then(PublicKey::from_bytes)
        .ok_or_else(|| Error::unauthorized("the other side showed no key"))
}
