//! A websocket, whoever made it.

use std::future::Future;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite;
use varanus_proto::{Error, Result};

use crate::gate::{Gate, Gated};

/// How much is read from a connection at once. Each keeps a buffer of that size,
/// and most messages are small: with thousands of agents the usual 128 KiB are
/// what most of the memory would go to.
pub const READ_BUFFER: usize = 8 * 1024;

/// What a websocket carries, as far as the link cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Bytes; text counts as its bytes.
    Data(Vec<u8>),
    /// A ping. Received ones are answered by the socket itself.
    Ping,
    /// An answer to a ping.
    Pong,
    /// The end.
    Close,
}

/// An open websocket. Receiving may be given up at any time without losing
/// anything.
pub trait Socket: Send {
    /// The next message; an error when the socket is broken or at its end.
    fn receive(&mut self) -> impl Future<Output = Result<Message>> + Send;
    /// Sends a message.
    fn send(&mut self, message: Message) -> impl Future<Output = Result<()>> + Send;
    /// The login is through: from now on messages may be large. Until then one of
    /// more than [`LOGIN_LIMIT`](crate::LOGIN_LIMIT) bytes breaks the socket.
    fn logged_in(&mut self);
}

fn broken(error: impl std::fmt::Display) -> Error {
    Error::unreachable("the connection broke").cause(error)
}

fn ended() -> Error {
    Error::unreachable("the other side closed the connection")
}

/// A websocket of tokio-tungstenite.
pub struct TungsteniteSocket<S> {
    socket: WebSocketStream<Gated<S>>,
    gate: Gate,
}

impl<S> TungsteniteSocket<S> {
    /// A websocket that was opened over a connection with this gate, which was
    /// narrow from the beginning.
    pub fn new(socket: WebSocketStream<Gated<S>>, gate: Gate) -> Self {
        Self { socket, gate }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Socket for TungsteniteSocket<S> {
    async fn receive(&mut self) -> Result<Message> {
        use tungstenite::Message as M;
        loop {
            return Ok(match self.socket.next().await.ok_or_else(ended)?.map_err(broken)? {
                M::Binary(bytes) => Message::Data(bytes.to_vec()),
                M::Text(text) => Message::Data(text.as_bytes().to_vec()),
                M::Ping(_) => Message::Ping,
                M::Pong(_) => Message::Pong,
                M::Close(_) => Message::Close,
                M::Frame(_) => continue,
            });
        }
    }

    async fn send(&mut self, message: Message) -> Result<()> {
        use tungstenite::Message as M;
        let message = match message {
            Message::Data(bytes) => M::Binary(bytes.into()),
            Message::Ping => M::Ping(Default::default()),
            Message::Pong => M::Pong(Default::default()),
            Message::Close => M::Close(None),
        };
        self.socket.send(message).await.map_err(broken)
    }

    fn logged_in(&mut self) {
        self.gate.open();
    }
}

/// A websocket that an axum server has upgraded.
#[cfg(feature = "axum")]
pub struct AxumSocket {
    socket: axum::extract::ws::WebSocket,
    gate: Gate,
}

#[cfg(feature = "axum")]
impl AxumSocket {
    /// A websocket, and the gate of the connection that it came by: the requests of
    /// [`serve`](crate::listen::serve) have it as an extension.
    pub fn new(socket: axum::extract::ws::WebSocket, gate: Gate) -> Self {
        gate.close();
        Self { socket, gate }
    }
}

#[cfg(feature = "axum")]
impl Socket for AxumSocket {
    async fn receive(&mut self) -> Result<Message> {
        use axum::extract::ws::Message as M;
        Ok(match self.socket.recv().await.ok_or_else(ended)?.map_err(broken)? {
            M::Binary(bytes) => Message::Data(bytes.to_vec()),
            M::Text(text) => Message::Data(text.as_bytes().to_vec()),
            M::Ping(_) => Message::Ping,
            M::Pong(_) => Message::Pong,
            M::Close(_) => Message::Close,
        })
    }

    async fn send(&mut self, message: Message) -> Result<()> {
        use axum::extract::ws::Message as M;
        let message = match message {
            Message::Data(bytes) => M::Binary(bytes.into()),
            Message::Ping => M::Ping(Default::default()),
            Message::Pong => M::Pong(Default::default()),
            Message::Close => M::Close(None),
        };
        self.socket.send(message).await.map_err(broken)
    }

    fn logged_in(&mut self) {
        self.gate.open();
    }
}
