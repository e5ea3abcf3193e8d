//! A websocket, whoever made it.

use std::future::Future;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite;
use varanus_proto::{Error, Result};

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
}

fn broken(error: impl std::fmt::Display) -> Error {
    Error::unreachable("the connection broke").cause(error)
}

fn ended() -> Error {
    Error::unreachable("the other side closed the connection")
}

/// A websocket of tokio-tungstenite.
pub struct TungsteniteSocket<S>(pub WebSocketStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Socket for TungsteniteSocket<S> {
    async fn receive(&mut self) -> Result<Message> {
        use tungstenite::Message as M;
        loop {
            return Ok(match self.0.next().await.ok_or_else(ended)?.map_err(broken)? {
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
        self.0.send(message).await.map_err(broken)
    }
}

/// A websocket that an axum server has upgraded.
#[cfg(feature = "axum")]
pub struct AxumSocket(pub axum::extract::ws::WebSocket);

#[cfg(feature = "axum")]
impl Socket for AxumSocket {
    async fn receive(&mut self) -> Result<Message> {
        use axum::extract::ws::Message as M;
        Ok(match self.0.recv().await.ok_or_else(ended)?.map_err(broken)? {
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
        self.0.send(message).await.map_err(broken)
    }
}
