//! `/ws/update`: what happens, as it happens.
//!
//! A client logs in with its first message. It then gets an `UpdateListItem` for
//! each change of an update it may see. As an extension it may ask for the lines
//! of running updates too: `{"type":"Subscribe","params":{"lines":true}}`.

use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{MissedTickBehavior, interval, timeout};
use varanus_link::READ_BUFFER;
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::user::WsLoginMessage;
use varanus_proto::{Error, Result, Secret};

use super::{Address, Server};
use crate::auth::{self, Caller, Presented, access};
use crate::feed::Event;

const LOGIN: Duration = Duration::from_secs(30);
const PING: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
#[serde(tag = "type", content = "params")]
enum Ask {
    Subscribe { lines: bool },
}

/// The route.
pub async fn upgrade(
    State(server): State<Server>,
    address: Address,
    upgrade: WebSocketUpgrade,
) -> Response {
    let upgrade = upgrade.max_message_size(64 * 1024).read_buffer_size(READ_BUFFER);
    upgrade.on_upgrade(move |socket| run(server, address, socket))
}

async fn run(server: Server, address: Address, mut socket: WebSocket) {
    let login = timeout(LOGIN, log_in(&server, address, &mut socket)).await;
    let login = login.unwrap_or_else(|_| Err(Error::deadline("no login message came")));
    let caller = match login {
        Ok(caller) => caller,
        Err(error) => {
            let text = format!("[{}]: {}", error.kind().status(), error.message());
            let _ = socket.send(Message::text(text)).await;
            let _ = socket.send(Message::Close(None)).await;
            return;
        }
    };
    // Listening begins before the answer, so that nothing after it is missed.
    let mut feed = server.core.feed.listen();
    if socket.send(Message::text("LOGGED_IN")).await.is_err() {
        return;
    }
    let mut lines = false;
    let mut pings = interval(PING);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let message = tokio::select! {
            event = feed.recv() => match event {
                Ok(event) => match message(&server, &caller, &event, lines) {
                    Ok(Some(message)) => message,
                    Ok(None) => continue,
                    Err(gone) => {
                        let _ = socket.send(gone).await;
                        break;
                    }
                },
                // A slow listener reads the update again when it wants all.
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => break,
            },
            received = socket.recv() => match received {
                Some(Ok(Message::Text(text))) => {
                    if let Ok(Ask::Subscribe { lines: wanted }) = serde_json::from_str(&text) {
                        lines = wanted;
                    }
                    continue;
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => continue,
            },
            _ = pings.tick() => Message::Ping(Default::default()),
        };
        if !matches!(timeout(PING, socket.send(message)).await, Ok(Ok(()))) {
            break;
        }
    }
}

async fn log_in(server: &Server, address: Address, socket: &mut WebSocket) -> Result<Caller> {
    let first = loop {
        match socket.recv().await {
            Some(Ok(Message::Text(text))) => break text.to_string(),
            Some(Ok(Message::Binary(bytes))) => break String::from_utf8_lossy(&bytes).into_owned(),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            _ => return Err(Error::unauthorized("the connection ended before a login message")),
        }
    };
    let message: WsLoginMessage = serde_json::from_str(&first).map_err(|_| {
        Error::unauthorized(
            "the first message must be {\"type\": \"Jwt\" or \"ApiKeys\", \"params\": {…}}",
        )
    })?;
    let presented = match message {
        WsLoginMessage::Jwt { jwt } => Presented::Jwt(Secret::new(jwt)),
        WsLoginMessage::ApiKeys { key, secret } => Presented::ApiKey(key, Secret::new(secret)),
    };
    auth::authenticate(&server.core, presented, address.0).await?.require_enabled()
}

/// What a listener is told of an event: nothing if they may not see what it is
/// about. Rights are looked up each time, so that a right withdrawn is withdrawn.
fn message(
    server: &Server,
    caller: &Caller,
    event: &Event,
    lines: bool,
) -> std::result::Result<Option<Message>, Message> {
    let user = server.core.catalog.users.get(caller.id()).filter(|user| user.enabled);
    let Some(user) = user else {
        let text = json!({ "type": "INVALID_USER", "msg": "the user is gone or not enabled" });
        return Err(Message::text(text.to_string()));
    };
    let seen = access::effective(&server.core, &Caller::new(user), event.target()).level;
    if seen < PermissionLevel::Read {
        return Ok(None);
    }
    let text = match event {
        Event::Update(item) => serde_json::to_string(item),
        Event::Line(line) if lines => {
            let mut value = serde_json::to_value(line).unwrap_or_default();
            if let Some(object) = value.as_object_mut() {
                object.insert("type".into(), "Line".into());
            }
            Ok(value.to_string())
        }
        Event::Line(_) => return Ok(None),
    };
    Ok(text.ok().map(Message::text))
}
