//! A Core on a loopback port, and a client that says no more than it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::Core;

const DEADLINE: Duration = Duration::from_secs(30);

/// The server, until it is dropped.
pub struct Wire {
    address: String,
    sent: AtomicU16,
    _stop: DropGuard,
}

/// A websocket to it.
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Wire {
    pub async fn new(core: &Arc<Core>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let stop = CancellationToken::new();
        tokio::spawn(crate::http::serve(core.clone(), listener, stop.clone()));
        Self { address, sent: AtomicU16::new(0), _stop: stop.drop_guard() }
    }

    /// Sends a request from an address of its own, so that failures before it do
    /// not count; returns the status and the body.
    pub async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (u16, String) {
        let [high, low] = self.sent.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let mut text = format!(
            "{method} {path} HTTP/1.1\r\nhost: core\r\nconnection: close\r\n\
             x-forwarded-for: 10.0.{high}.{low}\r\ncontent-length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("\r\n{body}"));
        let answer = async {
            let mut stream = TcpStream::connect(&self.address).await.unwrap();
            stream.write_all(text.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer
        };
        let answer = timeout(DEADLINE, answer).await.expect("an answer in time");
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
        (status.expect("a status"), body.unwrap_or_default())
    }

    /// Sends JSON with a session's token, if there is one.
    pub async fn post(&self, path: &str, jwt: Option<&str>, body: &str) -> (u16, String) {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(jwt.map(|jwt| ("authorization", jwt)));
        self.request("POST", path, &headers, body).await
    }

    /// Opens a websocket; the status where it is refused.
    pub async fn socket(&self, path: &str) -> Result<Socket, u16> {
        let url = format!("ws://{}{path}", self.address);
        match timeout(DEADLINE, connect_async(url)).await.expect("an answer in time") {
            Ok((socket, _)) => Ok(Socket(socket)),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{path}: {error}"),
        }
    }
}

impl Socket {
    pub async fn send(&mut self, text: String) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// The next message that is data.
    pub async fn next(&mut self) -> Vec<u8> {
        loop {
            let message = timeout(DEADLINE, self.0.next()).await.expect("a message in time");
            match message.expect("the socket is open").unwrap() {
                Message::Text(text) => return text.as_bytes().to_vec(),
                Message::Binary(bytes) => return bytes.to_vec(),
                _ => {}
            }
        }
    }

    pub async fn next_text(&mut self) -> String {
        String::from_utf8(self.next().await).expect("text")
    }
}
