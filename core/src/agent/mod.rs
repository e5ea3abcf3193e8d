//! The registry of links to agents: dial, accept, onboard, request.
//!
//! This room knows how to reach an agent, and nothing of what is asked of it.
//! A server has one [`Connection`]; it outlives the sockets that come and go.

mod accept;
mod connection;
mod dial;
mod lend;
mod onboard;

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use varanus_link::key::{PrivateKey, PublicKey};
use varanus_link::{RequestOptions, Timings};
use varanus_proto::request::AgentRequest;
use varanus_proto::{Context as _, Error, Kind, Result, Secret};

use crate::Core;
use crate::config::CoreConfig;
use crate::core::now;
use crate::run::{Run, Stream};

pub use accept::{Dialing, LoginTurn, accept, admit, login_turn};
use connection::Connection;
pub use lend::{Lent, lend};

/// How long a run waits after a restart of Core for its agent to come back.
const RETURN: Duration = Duration::from_secs(120);

/// How long a run waits for an agent that was there a moment ago.
const MISSED: Duration = Duration::from_secs(30);

/// Between asking and asking again.
const AGAIN: Duration = Duration::from_millis(300);

/// Where Core's key is unless somebody says otherwise: in Komodo's container.
const USUAL_KEY: &str = "file:/config/keys/core.key";

/// Every link.
pub struct Agents {
    key: PrivateKey,
    timings: Timings,
    deadline: Duration,
    connections: Mutex<HashMap<String, Arc<Connection>>>,
    /// Who showed a wrong key for a server, and when: they may introduce
    /// themselves anew.
    strangers: Mutex<HashMap<(String, IpAddr), Instant>>,
    /// Turns to log in.
    logins: Arc<Semaphore>,
}

/// How one request is made.
#[derive(Default, Clone)]
pub struct Ask {
    /// How long the answer may take. When `None`: as long as the run may, or the
    /// configured deadline.
    pub deadline: Option<Duration>,
    /// The run that gets the lines which the agent sends while it works.
    pub run: Option<Arc<Run>>,
    /// Asks also a server that did not answer when it was last asked.
    pub probe: bool,
}

/// A request while it is being asked, perhaps more than once. An agent that may
/// have it is told when nobody wants it any more.
struct Asked<'a> {
    agents: &'a Agents,
    server_id: &'a str,
    name: &'static str,
    params: Value,
    /// The key under which an agent does it once.
    job: Option<String>,
    /// Whether an agent that knows keys may have it.
    sent: bool,
    /// Whether the agent has said what came of it.
    over: bool,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        if self.sent
            && !self.over
            && let Some(job) = self.job.take()
            && let Ok(connection) = self.agents.connection(self.server_id)
        {
            connection.give_up(job);
        }
    }
}

/// What an agent tells while it works.
#[derive(Deserialize)]
struct Line {
    stage: String,
    stream: String,
    line: String,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Agents {
    /// No links yet. Makes Core's key where there is none.
    pub fn new(config: &CoreConfig) -> Result<Self> {
        let key =
            PrivateKey::load(&key_spec(config)).context("Core's private key (private_key)")?;
        Ok(Self {
            key,
            timings: Timings::default(),
            deadline: config.agent_deadline.duration(),
            connections: Mutex::default(),
            strangers: Mutex::default(),
            logins: Arc::new(Semaphore::new(accept::LOGINS)),
        })
    }

    /// Core's public key: agents may be told to trust it alone.
    pub fn public_key(&self) -> PublicKey {
        self.key.public()
    }

    /// Whether an agent of this server is connected.
    pub fn is_connected(&self, server_id: &str) -> bool {
        self.connection(server_id).is_ok_and(|connection| connection.is_connected())
    }

    fn connection(&self, server_id: &str) -> Result<Arc<Connection>> {
        lock(&self.connections)
            .get(server_id)
            .cloned()
            .ok_or_else(|| Error::unreachable("the server is disabled, or its agent never came"))
    }

    /// Asks a server's agent, and waits for the answer. Dropping the future
    /// withdraws the request.
    ///
    /// What is asked for a run has a key, and an agent that knows keys does it
    /// once: where the link breaks, the same is asked again until the agent says
    /// what came of it, or the run ends.
    ///
    /// Outside of runs nobody waits for a server that did not answer just now.
    ///
    /// Errors: `Unreachable` when there is no link or nothing is heard of the
    /// request, `Deadline`, and what the agent says.
    pub async fn request<R: AgentRequest>(
        &self,
        server_id: &str,
        request: R,
        ask: Ask,
    ) -> Result<R::Response> {
        let mut asked = Asked {
            agents: self,
            server_id,
            name: R::NAME,
            params: serde_json::to_value(request)
                .map_err(|error| Error::internal("a request cannot be written").cause(error))?,
            job: ask.run.as_ref().map(|run| run.next_job(R::NAME)),
            sent: false,
            over: false,
        };
        if ask.run.is_none()
            && !ask.probe
            && let Some(text) = self.connection(server_id)?.away()
        {
            return Err(
                Error::unreachable(text).context(format!("asking the agent for {}", R::NAME))
            );
        }
        let begun = Instant::now();
        let mut told = false;
        let waits_for = |what: String| ask.run.as_ref().map(|run| run.waits_for(Some(what)));
        waits_for(format!("the agent's answer to {}", R::NAME));
        let answer = loop {
            let error = match self.attempt(server_id, &mut asked, &ask).await {
                Ok(answer) => break answer,
                Err(error) => error,
            };
            let Some(run) = &ask.run else { return Err(error) };
            // Right after a start the agents are not back yet; and what has only
            // just gone mostly comes back.
            let early = run.is_resumed() && begun.elapsed() < RETURN;
            let missed = self.lost(server_id).is_some_and(|ago| ago < MISSED);
            if error.kind() != Kind::Unreachable || !(asked.sent || early || missed) {
                asked.over = true;
                return Err(error.context(format!("asking the agent for {}", R::NAME)));
            }
            if !std::mem::replace(&mut told, true) {
                let text = format!("the link to the server is broken; waiting for it ({error})");
                run.line("Link", Stream::Stdout, &text);
                run.leave_place();
            }
            waits_for(format!("the link to the server, to ask for {} ({error})", R::NAME));
            tokio::time::sleep(AGAIN).await;
        };
        asked.over = true;
        if let Some(run) = &ask.run {
            run.waits_for(None);
            if told {
                run.line("Link", Stream::Stdout, "the link is back");
            }
        }
        serde_json::from_slice(&answer).map_err(|error| {
            Error::new(Kind::Failed, format!("the agent's answer to {} is not readable", R::NAME))
                .cause(error)
        })
    }

    /// How long ago a server's link was lost.
    fn lost(&self, server_id: &str) -> Option<Duration> {
        let lost = self.connection(server_id).ok()?.link.state().borrow().lost;
        lost.map(|at| at.elapsed())
    }

    async fn attempt(&self, server_id: &str, asked: &mut Asked<'_>, ask: &Ask) -> Result<Vec<u8>> {
        let connection = self.connection(server_id)?;
        let mut request = json!({ "type": asked.name, "params": asked.params });
        if let (Some(run), Some(job)) = (&ask.run, &asked.job) {
            connection.link.connected().await?;
            if connection.keeps_jobs().await {
                request["job"] = json!(job);
                // A length: the two clocks need not agree.
                request["fetched_within_ms"] = json!(now() - run.fetched_since());
                asked.sent = true;
            } else if run.is_resumed() {
                return Err(Error::failed(format!(
                    "{}: this agent cannot say what came of it",
                    crate::run::INTERRUPTED
                )));
            } else if asked.sent {
                return Err(Error::unreachable("the agent does not say yet what it can"));
            }
        }
        let (sender, mut lines) = RequestOptions::progress();
        let options = RequestOptions {
            // A run has a deadline of its own, at whose end this future is dropped.
            deadline: ask.deadline.or(ask.run.is_none().then_some(self.deadline)),
            progress: ask.run.is_some().then_some(sender),
            repeatable: asked.sent,
        };
        let asking = connection.link.request(request.to_string().into_bytes(), options);
        tokio::pin!(asking);
        let answer = loop {
            tokio::select! {
                biased;
                Some(line) = lines.recv() => pass_on(ask, &line),
                answer = &mut asking => break answer,
            }
        };
        while let Ok(line) = lines.try_recv() {
            pass_on(ask, &line);
        }
        answer
    }

    /// Whether an agent ends by itself what is given up here.
    pub fn withdraws(&self, server_id: &str) -> bool {
        self.connection(server_id).is_ok_and(|connection| connection.has_jobs())
    }

    /// A server does not answer, and why; or it does again.
    pub fn set_away(&self, server_id: &str, text: Option<String>) {
        if let Ok(connection) = self.connection(server_id) {
            connection.set_away(text);
        }
    }

    /// Closes every link.
    pub async fn stop(&self) {
        let connections: Vec<_> = lock(&self.connections).drain().collect();
        for (_, connection) in connections {
            connection.stop();
        }
    }
}

fn pass_on(ask: &Ask, line: &[u8]) {
    let (Some(run), Ok(line)) = (&ask.run, serde_json::from_slice::<Line>(line)) else { return };
    let stream = if line.stream == "stderr" { Stream::Stderr } else { Stream::Stdout };
    run.line(&line.stage, stream, &line.line);
}

/// Where Komodo's container has no folder for the key, it is beside the store.
fn key_spec(config: &CoreConfig) -> Secret<String> {
    let usual = config.private_key.expose() == USUAL_KEY;
    if usual && !Path::new("/config/keys").exists() {
        return format!("file:{}", config.data_directory.join("keys/core.key").display()).into();
    }
    config.private_key.clone()
}

/// Starts what dials by itself.
pub fn start(core: &Arc<Core>) {
    for (id, _) in core.catalog.servers.entries() {
        refresh(core, &id);
    }
}

/// The configuration of a server changed, or it came or went: the link follows.
pub fn refresh(core: &Arc<Core>, server_id: &str) {
    let server = core.catalog.servers.get(server_id);
    let wanted = server.as_deref().filter(|server| server.config.enabled).map(dial::Way::of);
    let mut connections = lock(&core.agents.connections);
    let same = match (&wanted, connections.get(server_id)) {
        (Some(wanted), Some(connection)) => connection.way == *wanted,
        (None, None) => true,
        _ => false,
    };
    if same {
        return;
    }
    if let Some(old) = connections.remove(server_id) {
        old.stop();
    }
    if let Some(way) = wanted {
        let connection = Connection::new(way, core.agents.timings.clone());
        connections.insert(server_id.to_owned(), connection.clone());
        if connection.way.dials() {
            tokio::spawn(dial::stay(Arc::downgrade(core), server_id.to_owned(), connection));
        }
    }
}
