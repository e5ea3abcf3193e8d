//! Listening for Cores that dial this agent.
//!
//! TLS with a certificate that the agent makes for itself: who Core is, and
//! whom it reached, is shown by keys after the websocket is open.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use subtle::ConstantTimeEq as _;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use varanus_link::frame::{LIMIT, Login};
use varanus_link::handshake::{Identifiers, Talk, identifiers, unexpected};
use varanus_link::listen::{self, Peer, tls_of};
use varanus_link::{AxumSocket, Driver, Gate, Link, READ_BUFFER, Socket};
use varanus_proto::{Error, Result};

use crate::agent::{Agent, COMPATIBLE_VERSION};
use crate::handle::Requests;

/// A link, and the driver while no socket uses it.
type Slot = Arc<tokio::sync::Mutex<Driver>>;

struct Served {
    agent: Arc<Agent>,
    links: Mutex<HashMap<String, Slot>>,
}

/// Serves until `stop` fires. `ready` gets the address.
pub async fn serve(
    agent: Arc<Agent>,
    stop: CancellationToken,
    ready: Option<oneshot::Sender<SocketAddr>>,
) -> Result<()> {
    let address = agent.config.listen();
    let tcp = TcpListener::bind(address).await.map_err(|error| {
        Error::invalid(format!("cannot listen on {address} (PERIPHERY_BIND_IP, PERIPHERY_PORT)"))
            .cause(error)
    })?;
    let address = tcp.local_addr().unwrap_or(address);
    let tls = match agent.config.ssl_enabled {
        true => {
            let (key, certificate) = (agent.config.tls_key(), agent.config.tls_certificate());
            Some(tls_of(&key, &certificate, "periphery")?)
        }
        false => None,
    };
    tracing::info!(%address, tls = tls.is_some(), "the agent is listening for Core");
    if let Some(ready) = ready {
        let _ = ready.send(address);
    }
    let patience = agent.timings.http.clone();
    let served = Arc::new(Served { agent, links: Mutex::default() });
    let router = Router::new()
        .route("/", get(connect))
        .route("/version", get(async || COMPATIBLE_VERSION))
        .with_state(served);
    tokio::select! {
        () = listen::serve(tcp, tls, router, patience, stop.clone()) => {}
        () = stop.cancelled() => {}
    }
    Ok(())
}

async fn connect(
    State(served): State<Arc<Served>>,
    ConnectInfo(Peer(peer)): ConnectInfo<Peer>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    Extension(gate): Extension<Gate>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !served.agent.config.allows(peer.ip().to_canonical()) {
        tracing::warn!(address = %peer.ip(), "refused a connection: the address is not in allowed_ips");
        return (StatusCode::UNAUTHORIZED, "this address is not in allowed_ips").into_response();
    }
    let query = query.unwrap_or_default();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let identifiers = match identifiers(header, &query) {
        Ok(identifiers) => identifiers,
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    let slot = served.slot(&query);
    let Ok(driver) = slot.try_lock_owned() else {
        let text = "a Core of this name is connected already";
        return (StatusCode::INTERNAL_SERVER_ERROR, text).into_response();
    };
    let upgrade = upgrade.read_buffer_size(READ_BUFFER);
    upgrade.max_message_size(LIMIT).max_frame_size(LIMIT).on_upgrade(async move |socket| {
        served.talk(AxumSocket::new(socket, gate), identifiers, driver).await;
    })
}

impl Served {
    /// One link for each Core, as it names itself in the query.
    fn slot(&self, query: &str) -> Slot {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let requests = Arc::new(Requests(self.agent.clone()));
            let (_, driver) = Link::new(Some(requests), self.agent.timings.clone());
            Arc::new(tokio::sync::Mutex::new(driver))
        };
        // A stranger could name a thousand Cores: those without a socket go.
        if links.len() >= 64 {
            links.retain(|_, slot| slot.try_lock().is_err());
        }
        links.entry(query.to_owned()).or_insert_with(make).clone()
    }

    async fn talk(
        &self,
        mut socket: AxumSocket,
        identifiers: Identifiers,
        mut driver: tokio::sync::OwnedMutexGuard<Driver>,
    ) {
        match self.login(&mut socket, &identifiers).await {
            Ok(()) => {
                tracing::info!(core = %identifiers.query, "Core is connected");
                let error = driver.drive(socket).await;
                tracing::info!(core = %identifiers.query, %error, "Core is gone");
            }
            Err(error) => tracing::warn!(core = %identifiers.query, %error, "a login failed"),
        }
    }

    async fn login<S: Socket>(&self, socket: &mut S, identifiers: &Identifiers) -> Result<()> {
        let agent = &self.agent;
        let mut talk = Talk::new(socket, &agent.timings);
        let passkeys = agent.config.passkeys.as_deref().unwrap_or_default();
        let by_passkey = !passkeys.is_empty() && agent.config.core_public_keys.is_none();
        talk.send(Login::PasskeyFlow(by_passkey)).await?;
        if !by_passkey {
            talk.serve(identifiers, &agent.key(), async |key| agent.trust.check(key)).await?;
            return Ok(());
        }
        let Login::Passkey(given) = talk.receive().await? else { return Err(unexpected()) };
        let known = passkeys.iter().fold(false, |known, passkey| {
            known | bool::from(passkey.expose().as_bytes().ct_eq(&given))
        });
        match known {
            true => talk.send(Login::Success).await,
            false => {
                let error = Error::unauthorized("the agent does not know this passkey");
                talk.refuse(&error).await;
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::time::timeout;

    use super::*;
    use crate::config::PeripheryConfig;

    #[tokio::test]
    async fn whoever_does_not_finish_the_headers_is_hung_up_on() {
        let folder = tempfile::tempdir().unwrap();
        let config = PeripheryConfig {
            root_directory: folder.path().to_owned(),
            bind_ip: "127.0.0.1".into(),
            port: 0,
            ssl_enabled: false,
            ..PeripheryConfig::default()
        };
        let mut agent = Arc::into_inner(Agent::aside(config).await.unwrap()).unwrap();
        agent.timings.http.first = Duration::from_millis(200);
        let (ready, address) = oneshot::channel();
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve(Arc::new(agent), stop.clone(), Some(ready)));
        let mut client = TcpStream::connect(address.await.unwrap()).await.unwrap();
        client.write_all(b"GET /version HTTP/1.1\r\nX-").await.unwrap();
        let mut answer = String::new();
        let end = timeout(Duration::from_secs(30), client.read_to_string(&mut answer)).await;
        end.expect("the connection is closed").unwrap();
        assert_eq!(answer, "");
        stop.cancel();
        timeout(Duration::from_secs(30), serving).await.expect("it ends").unwrap().unwrap();
    }
}
