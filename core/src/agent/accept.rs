//! Agents that dial Core.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout};
use varanus_link::Socket;
use varanus_link::frame::Login;
use varanus_link::handshake::{Identifiers, Talk};
use varanus_link::key::PublicKey;
use varanus_proto::entity::server::Server;
use varanus_proto::{Error, Result, is_object_id};

use super::connection::{Connection, Turn};
use super::{dial, lock, onboard};
use crate::Core;

/// How long somebody who showed a wrong key may introduce themselves anew.
const STRANGER: Duration = Duration::from_secs(60);

/// So many of them are remembered, at most: anybody may show a wrong key.
const STRANGERS: usize = 10_000;

/// How long an agent waits for its turn to log in, at most: agents give up after
/// 10 s without an open websocket.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many log in beside each other.
pub(super) const LOGINS: usize = 32;

/// An agent that may log in.
pub struct Dialing {
    /// The server it says it is: a name or an id.
    name: String,
    address: IpAddr,
    plan: Plan,
}

enum Plan {
    /// The server is known and waits for its agent.
    Known { id: String, server: Arc<Server>, connection: Arc<Connection>, turn: Turn },
    /// There is no such server, or it is set up in another way.
    Onboard,
}

/// Decides whether an agent may log in, before the websocket is opened.
///
/// Errors: `Unauthorized`, with the reason.
pub fn admit(core: &Arc<Core>, name: &str, address: IpAddr) -> Result<Dialing> {
    let name = name.trim().to_owned();
    if name.is_empty() {
        return Err(Error::unauthorized(
            "the agent does not say which server it is; set PERIPHERY_CONNECT_AS",
        ));
    }
    let dialing = |plan| Ok(Dialing { name: name.clone(), address, plan });
    let Some(id) = core.catalog.servers.id_of(&name) else {
        return match is_object_id(&name) {
            true => Err(Error::unauthorized(format!("there is no server with the id {name}"))),
            false => dialing(Plan::Onboard),
        };
    };
    let Some(server) = core.catalog.servers.get(&id) else { return dialing(Plan::Onboard) };
    let known_keys = core.config.periphery_public_keys.as_deref().unwrap_or_default();
    let has_key = !server.info.public_key.is_empty() || !known_keys.is_empty();
    let fits = server.config.enabled && server.config.address.trim().is_empty() && has_key;
    let stranger = lock(&core.agents.strangers)
        .remove(&(id.clone(), address))
        .is_some_and(|at| at.elapsed() < STRANGER);
    if !fits || stranger {
        return dialing(Plan::Onboard);
    }
    let connection = core.agents.connection(&id).map_err(|_| {
        Error::unauthorized(format!("server {name:?} is not ready for its agent; try again"))
    })?;
    let Some(turn) = connection.turn() else {
        return Err(Error::unauthorized(format!(
            "an agent is connected as server {name:?} already; does another host use this name?"
        )));
    };
    dialing(Plan::Known { id, server, connection, turn })
}

/// The right to log in beside others. After a restart of Core all agents come at
/// once, and each gives up when a step of the login takes 2 s; they wait before
/// the websocket is opened, for which they have more patience. Where even that is
/// too long they are told to come again: logins that take turns end, and logins
/// that are too many all fail.
pub struct LoginTurn {
    _permit: OwnedSemaphorePermit,
}

/// Waits until it is an agent's turn to log in.
///
/// Errors: `Unavailable` when too many others are before it.
pub async fn login_turn(core: &Core) -> Result<LoginTurn> {
    match timeout(PATIENCE, core.agents.logins.clone().acquire_owned()).await {
        Ok(Ok(permit)) => Ok(LoginTurn { _permit: permit }),
        _ => Err(Error::unavailable("too many agents log in at one time; this one may come again")),
    }
}

/// Logs the agent in and uses the socket until it breaks.
pub async fn accept<S: Socket>(
    core: Arc<Core>,
    dialing: Dialing,
    login: LoginTurn,
    identifiers: Identifiers,
    mut socket: S,
) {
    let Dialing { name, address, plan } = dialing;
    let mut talk = Talk::new(&mut socket, &core.agents.timings);
    match plan {
        Plan::Onboard => {
            if let Err(error) = onboard::onboard(&core, &name, &identifiers, &mut talk).await {
                tracing::warn!(server = name, %address, %error, "an agent was not onboarded");
            }
        }
        Plan::Known { id, server, connection, mut turn } => {
            let logged_in = async {
                talk.send(Login::OnboardingFlow(false)).await?;
                let check = async |key| check(&core, &id, &server, address, key).await;
                talk.serve(&identifiers, &core.agents.key, check).await
            };
            if let Err(error) = logged_in.await {
                connection.link.set_error(&error);
                tracing::warn!(server = name, %address, %error, "an agent was refused");
                return;
            }
            drop(login);
            tracing::info!(server = name, %address, "an agent is connected");
            // Core may stop while the agent stays.
            let weak = Arc::downgrade(&core);
            drop(core);
            let error = connection.drive(&weak, &id, &mut turn, socket).await;
            tracing::info!(server = name, %error, "an agent is gone");
        }
    }
}

async fn check(
    core: &Arc<Core>,
    id: &str,
    server: &Server,
    address: IpAddr,
    key: PublicKey,
) -> Result<()> {
    let own = &server.info.public_key;
    let known = match own.is_empty() {
        false => PublicKey::load(own)? == Some(key),
        true => {
            let keys = core.config.periphery_public_keys.as_deref().unwrap_or_default();
            keys.iter()
                .any(|known| matches!(PublicKey::load(known), Ok(Some(known)) if known == key))
        }
    };
    if known {
        return Ok(());
    }
    dial::note_attempt(core, id, key).await;
    let mut strangers = lock(&core.agents.strangers);
    strangers.retain(|_, at| at.elapsed() < STRANGER);
    if strangers.len() < STRANGERS {
        strangers.insert((id.to_owned(), address), Instant::now());
    }
    Err(Error::unauthorized(format!(
        "server {:?} expects another key than {key}; set this one on the server, or use a \
         privileged onboarding key",
        server.name
    )))
}
