//! `/ws/periphery`: agents that dial Core.

use axum::Extension;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use varanus_link::frame::LIMIT;
use varanus_link::{AxumSocket, Gate, READ_BUFFER, handshake};

use super::{Address, Failure, Server};
use crate::agent;

/// The route.
pub async fn upgrade(
    State(server): State<Server>,
    Address(address): Address,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    Extension(gate): Extension<Gate>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let query = query.unwrap_or_default();
    let name = url::form_urlencoded::parse(query.as_bytes())
        .find_map(|(key, value)| (key == "server").then(|| value.into_owned()))
        .unwrap_or_default();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let admitted = async {
        let identifiers = handshake::identifiers(header, &query)?;
        let turn = agent::login_turn(&server.core).await?;
        Ok((turn, identifiers, agent::admit(&server.core, &name, address)?))
    };
    match admitted.await {
        Ok((turn, identifiers, dialing)) => upgrade
            .read_buffer_size(READ_BUFFER)
            .max_message_size(LIMIT)
            .max_frame_size(LIMIT)
            .on_upgrade(async move |socket| {
                let socket = AxumSocket::new(socket, gate);
                agent::accept(server.core, dialing, turn, identifiers, socket).await;
            }),
        Err(error) => Failure(error).into_response(),
    }
}
