//! Dialing the agents of servers that have an address.

use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use url::Url;
use varanus_link::frame::Login;
use varanus_link::handshake::{Talk, unexpected};
use varanus_link::key::PublicKey;
use varanus_link::{Backoff, Dialed, Tls, address, dial};
use varanus_proto::entity::builder::UrlBuilderConfig;
use varanus_proto::entity::server::Server;
use varanus_proto::{Context as _, Error, Result};

use super::connection::Connection;
use crate::Core;
use crate::server::Servers;

/// How the link of a server comes about; a change makes a new link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Way {
    /// Empty: the agent dials.
    address: String,
    insecure_tls: bool,
    passkey: String,
    public_key: String,
}

impl Way {
    pub(super) fn of(server: &Server) -> Self {
        let config = &server.config;
        let address = config.address.trim().to_owned();
        Self {
            insecure_tls: config.insecure_tls,
            passkey: config.passkey.clone(),
            public_key: server.info.public_key.clone(),
            address,
        }
    }

    /// That of a builder with an address of its own.
    pub(super) fn of_builder(config: &UrlBuilderConfig) -> Self {
        Self {
            address: config.address.trim().to_owned(),
            insecure_tls: config.insecure_tls,
            passkey: config.passkey.clone(),
            public_key: config.periphery_public_key.clone(),
        }
    }

    /// Whether Core dials.
    pub(super) fn dials(&self) -> bool {
        !self.address.is_empty()
    }
}

/// Stays connected to an agent until the connection is stopped.
pub(super) async fn stay(core: Weak<Core>, server_id: String, connection: Arc<Connection>) {
    let Some(timings) = core.upgrade().map(|core| core.agents.timings.clone()) else { return };
    let stopped = connection.stopped();
    let mut backoff = Backoff::new(&timings);
    let mut told = false;
    // A link that Core dials belongs to this task alone.
    let Some(mut turn) = connection.turn() else { return };
    loop {
        let dialed = tokio::select! {
            dialed = open(&core, &server_id, &connection.way) => dialed,
            () = stopped.cancelled() => return,
        };
        let error = match dialed {
            Ok(dialed) => {
                tracing::info!(server = server_id, "connected to the agent");
                backoff.reset();
                told = false;
                connection.drive(&core, &server_id, &mut turn, dialed.socket).await
            }
            Err(error) => error,
        };
        connection.link.set_error(&error);
        // Once is enough: the server's state shows it all the time.
        if !told {
            tracing::warn!(server = server_id, %error, "not connected to the agent");
            told = true;
        }
        let pause: Duration = backoff.pause();
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stopped.cancelled() => return,
        }
    }
}

async fn open(core: &Weak<Core>, server_id: &str, way: &Way) -> Result<Dialed> {
    let Some(core) = core.upgrade() else { return Err(Error::unreachable("Core is stopping")) };
    let url = url(&way.address, &core.config.host)?;
    let tls = if way.insecure_tls { Tls::Unchecked } else { Tls::Checked };
    let mut dialed = dial(&url, tls, &core.agents.timings).await?;
    login(&core, server_id, way, &mut dialed).await?;
    Ok(dialed)
}

fn url(server: &str, host: &str) -> Result<Url> {
    let mut url = address(server).context("the address of the server")?;
    let host = host.split_once("://").map_or(host, |(_, rest)| rest).trim_end_matches('/');
    let host: String = url::form_urlencoded::byte_serialize(host.as_bytes()).collect();
    if url.path().is_empty() {
        url.set_path("/");
    }
    url.set_query(Some(&format!("core={host}")));
    Ok(url)
}

async fn login(core: &Arc<Core>, server_id: &str, way: &Way, dialed: &mut Dialed) -> Result<()> {
    let identifiers = dialed.identifiers.clone();
    let mut talk = Talk::new(&mut dialed.socket, &core.agents.timings);
    let Login::PasskeyFlow(by_passkey) = talk.receive().await? else { return Err(unexpected()) };
    if by_passkey {
        let passkey = match (way.passkey.is_empty(), &core.config.passkey) {
            (false, _) => way.passkey.clone(),
            (true, Some(passkey)) => passkey.expose().clone(),
            (true, None) => {
                return Err(Error::unauthorized(
                    "the agent wants a passkey; set it on the server or as KOMODO_PASSKEY, or give \
                     the agent this Core's public key",
                ));
            }
        };
        talk.send(Login::Passkey(passkey.into_bytes())).await?;
        return match talk.receive().await? {
            Login::Success => Ok(()),
            _ => Err(unexpected()),
        };
    }
    let refused = Mutex::new(None);
    let check = |key: PublicKey| {
        if way.public_key.is_empty() || PublicKey::load(&way.public_key)? == Some(key) {
            return Ok(());
        }
        *super::lock(&refused) = Some(key);
        Err(Error::unauthorized(format!(
            "the agent at {} has the key {key}, not that of this server; if it was set up anew, \
             set its public key on the server",
            way.address
        )))
    };
    let joined = talk.join(&identifiers, &core.agents.key, check).await;
    let refused = super::lock(&refused).take();
    if let Some(key) = refused {
        note_attempt(core, server_id, key).await;
    }
    joined.map(|_| ())
}

/// A person is shown which key was refused.
pub(super) async fn note_attempt(core: &Arc<Core>, server_id: &str, key: PublicKey) {
    let key = key.to_string();
    let known = core.catalog.servers.get(server_id);
    if known.is_none_or(|server| server.info.attempted_public_key == key) {
        return;
    }
    let noted = crate::resource::update_info::<Servers>(core, server_id, |info| {
        info.attempted_public_key = key;
    });
    if let Err(error) = noted.await {
        tracing::warn!(server = server_id, %error, "a refused key was not noted");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_names_itself_in_the_query() {
        let url = url("10.0.0.7:8120", "https://core.example.com").unwrap();
        assert_eq!(url.as_str(), "ws://10.0.0.7:8120/?core=core.example.com");
        let url = super::url("https://host:8120", "http://10.0.0.1:9120/").unwrap();
        assert_eq!(url.as_str(), "wss://host:8120/?core=10.0.0.1%3A9120");
    }
}
