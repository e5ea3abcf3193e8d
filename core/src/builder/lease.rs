//! Which agent of a builder builds next.
//!
//! Of several servers it is the one on which the fewest builds run, and among
//! those the one with the least load. What Core knows of a build ends with its
//! [`Lease`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use varanus_proto::entity::builder::{BuilderConfig, ServerBuilderConfig, UrlBuilderConfig};
use varanus_proto::entity::server::ServerState;
use varanus_proto::{Error, Result};

use super::Builders;
use crate::Core;
use crate::agent::{Lent, lend};
use crate::resource::{self, Doc};

#[derive(Default)]
struct State {
    /// How many builds run on an agent, by the id that requests name it by.
    running: HashMap<String, usize>,
    /// Agents with an address of their own that are dialed now, by builder.
    dialed: HashMap<String, Weak<Lent>>,
}

/// Where builds run at the moment.
#[derive(Default)]
pub struct Building(Arc<Mutex<State>>);

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The agent that one build has.
pub struct Lease {
    /// What requests name it by: a server's id, or one that no server has.
    pub server: String,
    /// For people.
    pub name: String,
    state: Arc<Mutex<State>>,
    _link: Option<Arc<Lent>>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut state = lock(&self.state);
        if let Some(count) = state.running.get_mut(&self.server) {
            *count -= 1;
            if *count == 0 {
                state.running.remove(&self.server);
            }
        }
    }
}

/// The agent of a builder that builds next; the one that was had before, where
/// that is known: what was begun there is found there again.
///
/// Errors: `Invalid` for a builder that is configured for nothing that builds,
/// `Unreachable` where none of its servers answers.
pub fn lease(core: &Arc<Core>, builder: &str, before: &str) -> Result<Lease> {
    if builder.is_empty() {
        return Err(Error::invalid("there is no builder; set one in the configuration"));
    }
    let builder = resource::find::<Builders>(core, builder)?;
    let (server, name, link) = match &builder.config {
        BuilderConfig::Server(config) => {
            let id = choose(core, &builder, config, before)?;
            let name = crate::server::name(core, &id);
            (id, name, None)
        }
        BuilderConfig::Url(config) => match server_at(core, config) {
            // An agent has one link with a Core.
            Some((id, name)) => (id, name, None),
            None => {
                let link = dialed(core, &builder, config);
                (link.id().to_owned(), config.address.clone(), Some(link))
            }
        },
        BuilderConfig::Aws(_) => {
            return Err(Error::invalid(format!(
                "builder {:?} is of the kind Aws, and this version starts no machines of its own; \
                 use a builder of servers, or one at an address",
                builder.name
            )));
        }
    };
    let state = core.building.0.clone();
    *lock(&state).running.entry(server.clone()).or_default() += 1;
    Ok(Lease { server, name, state, _link: link })
}

/// The servers of a builder that answer now: those that may have something of
/// what was built.
pub fn servers(core: &Core, builder: &str) -> Vec<String> {
    let Some(builder) = core.catalog.builders.get(builder) else { return Vec::new() };
    let BuilderConfig::Server(config) = &builder.config else { return Vec::new() };
    let answers = |id: &&String| core.observed.server(id).state == ServerState::Ok;
    config.server_ids.iter().filter(answers).cloned().collect()
}

fn dialed(core: &Arc<Core>, builder: &Doc<Builders>, config: &UrlBuilderConfig) -> Arc<Lent> {
    let mut state = lock(&core.building.0);
    // A builder that points elsewhere now is another one.
    let key = format!("{} {config:?}", builder.id);
    if let Some(link) = state.dialed.get(&key).and_then(Weak::upgrade) {
        return link;
    }
    state.dialed.retain(|_, link| link.strong_count() > 0);
    let id = format!("builder {} {}", builder.id, crate::store::ObjectId::generate().as_str());
    let link = Arc::new(lend(core, id, config));
    state.dialed.insert(key, Arc::downgrade(&link));
    link
}

/// A server that Core dials at the same address.
fn server_at(core: &Core, config: &UrlBuilderConfig) -> Option<(String, String)> {
    let address = varanus_link::address(&config.address).ok()?;
    let servers = core.catalog.servers.all();
    let same = servers.into_iter().find(|server| {
        server.config.enabled
            && !server.config.address.is_empty()
            && varanus_link::address(&server.config.address).is_ok_and(|known| known == address)
    })?;
    Some((same.id.to_string(), same.name.clone()))
}

fn choose(
    core: &Core,
    builder: &Doc<Builders>,
    config: &ServerBuilderConfig,
    before: &str,
) -> Result<String> {
    if config.server_ids.iter().any(|id| id == before) {
        return Ok(before.to_owned());
    }
    if config.server_ids.is_empty() {
        return Err(Error::invalid(format!(
            "builder {:?} has no servers; add one in its configuration",
            builder.name
        )));
    }
    let running = lock(&core.building.0).running.clone();
    let mut fit = Vec::new();
    let mut why = Vec::new();
    for id in config.server_ids.iter() {
        let status = core.observed.server(id);
        match crate::server::reachable(core, id) {
            Err(error) => why.push(error.to_string()),
            Ok(_) if status.state == ServerState::Ok => {
                let load = status.stats.as_ref().map_or(0.0, |stats| stats.cpu_perc);
                fit.push((running.get(id).copied().unwrap_or_default(), load, id.clone()));
            }
            Ok(server) => why.push(format!("server {:?} does not answer", server.name)),
        }
    }
    let fewest = |a: &(usize, f32, String), b: &(usize, f32, String)| {
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
    };
    match fit.into_iter().min_by(fewest) {
        Some((_, _, id)) => Ok(id),
        None => Err(Error::unreachable(format!(
            "no server of builder {:?} can build now: {}",
            builder.name,
            why.join("; ")
        ))),
    }
}
