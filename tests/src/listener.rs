//! Somebody who listens at `/ws/update`.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::Api;

/// An open websocket.
pub struct Listener {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Listener {
    /// Logs in with the token of a person, and asks for lines.
    pub async fn new(api: &Api) -> Self {
        let url = format!("{}/ws/update", api.address.replacen("http", "ws", 1));
        let (socket, _) = tokio_tungstenite::connect_async(url).await.expect("a websocket");
        let mut listener = Self { socket };
        listener.say(json!({ "type": "Jwt", "params": { "jwt": api.jwt() } })).await;
        assert_eq!(listener.hear().await, "LOGGED_IN");
        listener.say(json!({ "type": "Subscribe", "params": { "lines": true } })).await;
        listener
    }

    async fn say(&mut self, message: Value) {
        self.socket.send(Message::text(message.to_string())).await.expect("an open websocket");
    }

    async fn hear(&mut self) -> String {
        loop {
            let heard = tokio::time::timeout(crate::DEADLINE, self.socket.next()).await;
            match heard.expect("a message in time").expect("an open websocket") {
                Ok(Message::Text(text)) => return text.to_string(),
                Ok(_) => {}
                Err(error) => panic!("the websocket broke: {error}"),
            }
        }
    }

    /// Everything that is heard from now on, until the websocket ends.
    pub fn collect(mut self) -> std::sync::Arc<std::sync::Mutex<String>> {
        let heard = std::sync::Arc::<std::sync::Mutex<String>>::default();
        let into = heard.clone();
        tokio::spawn(async move {
            while let Some(Ok(message)) = self.socket.next().await {
                if let (Message::Text(text), Ok(mut into)) = (message, into.lock()) {
                    into.push_str(&text);
                    into.push('\n');
                }
            }
        });
        heard
    }

    /// Waits for a message for which something holds.
    pub async fn until(&mut self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let begun = std::time::Instant::now();
        while begun.elapsed() < crate::DEADLINE {
            let heard: Value = serde_json::from_str(&self.hear().await).expect("JSON");
            if holds(&heard) {
                return heard;
            }
        }
        panic!("waited in vain until {what}");
    }
}
