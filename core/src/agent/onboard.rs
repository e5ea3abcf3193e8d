//! Agents that introduce themselves with an onboarding key.

use std::sync::Arc;

use varanus_link::Socket;
use varanus_link::frame::Login;
use varanus_link::handshake::{Identifiers, Talk, unexpected};
use varanus_link::key::PublicKey;
use varanus_proto::entity::onboarding::OnboardingKey;
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::server::{PartialServerConfig, ServerConfig, ServerInfo};
use varanus_proto::entity::update::Operation;
use varanus_proto::{Config as _, Error, Result};

use crate::Core;
use crate::auth::{Caller, ServiceUser};
use crate::catalog::Commit;
use crate::core::now;
use crate::run::Audit;
use crate::server::Servers;

/// Lets an agent make itself known as a server.
pub(super) async fn onboard<S: Socket>(
    core: &Arc<Core>,
    name: &str,
    identifiers: &Identifiers,
    talk: &mut Talk<'_, S>,
) -> Result<()> {
    talk.send(Login::OnboardingFlow(true)).await?;
    let check = async |key: PublicKey| allowed(core, name, key).map(|_| ());
    let shown = talk.serve(identifiers, &core.agents.key, check).await?;
    let Login::PublicKey(key) = talk.receive().await? else { return Err(unexpected()) };
    let done = async {
        let key = PublicKey::parse(&key)?;
        let by = allowed(core, name, shown)?;
        match core.catalog.servers.id_of(name) {
            Some(id) => mend(core, &id, key).await,
            None => create(core, name, &by, key).await,
        }?;
        note(core, name, &by).await
    };
    match done.await {
        Ok(()) => {
            tracing::info!(server = name, "an agent made itself known");
            talk.send(Login::Success).await
        }
        Err(error) => {
            talk.refuse(&error).await;
            Err(error)
        }
    }
}

/// The onboarding key, if it may do this.
fn allowed(core: &Core, name: &str, key: PublicKey) -> Result<Arc<OnboardingKey>> {
    let refused = |why: &str| Err(Error::unauthorized(why.to_owned()));
    let Some(known) = core.catalog.onboarding_keys.get(&key.to_string()) else {
        return refused("Core does not know this onboarding key");
    };
    if !known.enabled {
        return refused("this onboarding key is disabled");
    }
    if known.expires != 0 && known.expires < now() {
        return refused("this onboarding key has expired");
    }
    if core.catalog.servers.id_of(name).is_some() && !known.privileged {
        return Err(Error::unauthorized(format!(
            "server {name:?} is there already with other settings or another key; only a privileged \
             onboarding key may change it"
        )));
    }
    Ok(known)
}

async fn create(core: &Arc<Core>, name: &str, by: &OnboardingKey, key: PublicKey) -> Result<()> {
    let template = core.catalog.servers.get(&by.copy_server).filter(|_| !by.copy_server.is_empty());
    let mut config = match template {
        Some(server) => server.config.minimize(),
        None => ServerConfig::default().minimize(),
    };
    config.enabled = Some(true);
    config.address = None;
    let caller = Caller::from(ServiceUser::System);
    let info = ServerInfo { public_key: key.to_string(), ..ServerInfo::default() };
    let config: PartialServerConfig = config;
    let server = crate::resource::create::<Servers>(core, &caller, name, config, info).await?;
    if !by.tags.is_empty() {
        let _edit = core.edit().await;
        let id = server.id.as_str();
        if let Some(now) = core.catalog.servers.get(id) {
            let mut tagged = (*now).clone();
            tagged.tags = by.tags.clone().into();
            let mut commit = Commit::new();
            commit.put(&core.catalog.servers, id, tagged)?;
            commit.commit(&*core.store).await?;
        }
    }
    if by.create_builder {
        tracing::warn!(server = name, "no builder was made: this Core has none yet");
    }
    Ok(())
}

/// A server that is there already gets this agent: enabled, without an address.
async fn mend(core: &Arc<Core>, id: &str, key: PublicKey) -> Result<()> {
    let edit = core.edit().await;
    let Some(server) = core.catalog.servers.get(id) else {
        return Err(Error::not_found("the server was deleted meanwhile"));
    };
    let mut server = (*server).clone();
    server.config.enabled = true;
    server.config.address.clear();
    server.info.public_key = key.to_string();
    server.info.attempted_public_key.clear();
    server.updated_at = now();
    let caller = Caller::from(ServiceUser::System);
    let target = ResourceTarget::Server(id.to_owned());
    let mut audit = Audit::new(&caller, Operation::UpdateServerKey, target);
    audit.log(
        "Onboard Agent",
        format!("an agent introduced itself with a privileged onboarding key; its key is {key}"),
    );
    let mut commit = Commit::new();
    commit.put(&core.catalog.servers, id, server)?;
    audit.add_to(core, &mut commit)?;
    commit.commit(&*core.store).await?;
    drop(edit);
    super::refresh(core, id);
    Ok(())
}

/// The key remembers whom it let in.
async fn note(core: &Arc<Core>, name: &str, by: &OnboardingKey) -> Result<()> {
    let _edit = core.edit().await;
    let (table, server) = (&core.catalog.onboarding_keys, core.catalog.servers.id_of(name));
    let Some((id, server)) = table.id_of(&by.public_key).zip(server) else { return Ok(()) };
    let Some(known) = table.get(&id) else { return Ok(()) };
    let mut known = (*known).clone();
    if !known.onboarded.contains(&server) {
        known.onboarded.push(server);
        let mut commit = Commit::new();
        commit.put(table, &id, known)?;
        commit.commit(&*core.store).await?;
    }
    Ok(())
}
