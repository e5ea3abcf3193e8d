//! One server's link and its state.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::{Mutex, OwnedMutexGuard, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use varanus_link::{Driver, Link, RequestOptions, Socket, Timings};
use varanus_proto::agent::poll::GetVersion;
use varanus_proto::agent::state::WithdrawJobs;
use varanus_proto::request::AgentRequest as _;
use varanus_proto::{Error, Result};

use super::dial::Way;
use crate::Core;

/// How long a run waits to know what the agent can, at most.
const GREETING: Duration = Duration::from_secs(2);

/// How long an agent may take to answer what it knows.
const QUICK: Duration = Duration::from_secs(5);

/// So many keys of what was given up are remembered, at most.
const GIVEN_UP: usize = 1000;

/// The link to a server's agent.
pub(super) struct Connection {
    /// Who dials whom, and how.
    pub way: Way,
    /// For requests.
    pub link: Link,
    driver: Arc<Mutex<Driver>>,
    greeted: watch::Sender<bool>,
    jobs: AtomicBool,
    /// Why nobody need ask now.
    away: std::sync::Mutex<Option<String>>,
    /// Keys of what was given up and may have reached the agent.
    given_up: std::sync::Mutex<Vec<String>>,
    stopped: CancellationToken,
}

/// The right to use a connection's driver.
pub(super) type Turn = OwnedMutexGuard<Driver>;

impl Connection {
    pub(super) fn new(way: Way, timings: Timings) -> Arc<Self> {
        let (link, driver) = Link::new(None, timings);
        Arc::new(Self {
            way,
            link,
            driver: Arc::new(Mutex::new(driver)),
            greeted: watch::channel(false).0,
            jobs: AtomicBool::new(false),
            away: std::sync::Mutex::default(),
            given_up: std::sync::Mutex::default(),
            stopped: CancellationToken::new(),
        })
    }

    /// Ends the connection for good.
    pub(super) fn stop(&self) {
        self.stopped.cancel();
    }

    /// Fires when the connection has ended for good.
    pub(super) fn stopped(&self) -> CancellationToken {
        self.stopped.clone()
    }

    pub(super) fn is_connected(&self) -> bool {
        self.link.state().borrow().connected
    }

    /// The right to bring a socket; `None` while another is used.
    pub(super) fn turn(&self) -> Option<Turn> {
        self.driver.clone().try_lock_owned().ok()
    }

    /// Why the server does not answer, if it does not.
    pub(super) fn away(&self) -> Option<String> {
        super::lock(&self.away).clone()
    }

    pub(super) fn set_away(&self, text: Option<String>) {
        *super::lock(&self.away) = text;
    }

    /// Waits until it is known what the agent can, for a moment. Whether it keeps
    /// what came of its work, by key.
    pub(super) async fn keeps_jobs(&self) -> bool {
        let mut greeted = self.greeted.subscribe();
        let known = timeout(GREETING, greeted.wait_for(|greeted| *greeted)).await.is_ok();
        known && self.jobs.load(Ordering::Relaxed)
    }

    /// The same, as far as it is known now.
    pub(super) fn has_jobs(&self) -> bool {
        self.jobs.load(Ordering::Relaxed)
    }

    /// Nobody wants the work of a key any more: an agent that was away while it
    /// was given up is told at its return, before anything else is asked.
    pub(super) fn give_up(&self, job: String) {
        let mut given_up = super::lock(&self.given_up);
        if given_up.len() >= GIVEN_UP {
            given_up.remove(0);
        }
        given_up.push(job);
    }

    /// Asks something that an agent answers without doing work for it.
    async fn ask_quickly(&self, name: &str, params: impl Serialize) -> Result<Vec<u8>> {
        let request = json!({ "type": name, "params": params });
        let options = RequestOptions { deadline: Some(QUICK), ..RequestOptions::default() };
        self.link.request(request.to_string().into_bytes(), options).await
    }

    /// Uses a socket that is logged in until it breaks; returns why it did.
    pub(super) async fn drive<S: Socket>(
        self: &Arc<Self>,
        core: &std::sync::Weak<Core>,
        server_id: &str,
        turn: &mut Turn,
        socket: S,
    ) -> Error {
        self.set_away(None);
        let greeting = tokio::spawn(greet(self.clone(), core.clone(), server_id.to_owned()));
        let error = tokio::select! {
            error = turn.drive(socket) => error,
            () = self.stopped.cancelled() => Error::unreachable("the server's settings changed"),
        };
        greeting.abort();
        self.greeted.send_replace(false);
        // What is known of the server is old from now on.
        if let Some(core) = core.upgrade() {
            crate::observe::poke(&core, server_id);
        }
        error
    }
}

/// Asks what the agent can beside the protocol of Komodo 2.3, and then looks at
/// the server at once. An unmodified agent ignores the question.
async fn greet(connection: Arc<Connection>, core: std::sync::Weak<Core>, server_id: String) {
    let tells = ask_features(&connection).await.unwrap_or_else(|error| {
        tracing::debug!(server = server_id, %error, "the agent did not say what it can");
        false
    });
    connection.greeted.send_replace(true);
    if let Some(core) = core.upgrade() {
        crate::observe::poke(&core, &server_id);
    }
    let is_server = |core: Arc<Core>| core.catalog.servers.get(&server_id).is_some();
    if tells && core.upgrade().is_some_and(is_server) {
        // For as long as the socket.
        crate::observe::listen(core, &server_id, connection.link.clone()).await;
    }
}

/// Whether the agent tells by itself what changes on its host.
async fn ask_features(connection: &Connection) -> Result<bool> {
    let known = ["log-lines", "jobs", "state"];
    let answer = connection.ask_quickly(GetVersion::NAME, json!({ "varanus": known })).await?;
    let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
    let features = answer.get("varanus").and_then(Value::as_array);
    let has = |name: &str| features.is_some_and(|all| all.iter().any(|feature| feature == name));
    if has("log-lines") {
        connection.link.extend();
    }
    connection.jobs.store(has("jobs"), Ordering::Relaxed);
    if has("withdraw") {
        withdraw(connection).await;
    }
    Ok(has("state") && has("log-lines"))
}

/// Ends on the agent what was given up while it was away.
async fn withdraw(connection: &Connection) {
    let jobs = std::mem::take(&mut *super::lock(&connection.given_up));
    if jobs.is_empty() {
        return;
    }
    let request = WithdrawJobs { jobs: jobs.clone() };
    if let Err(error) = connection.ask_quickly(WithdrawJobs::NAME, request).await {
        tracing::debug!(%error, "what was given up was not withdrawn");
        super::lock(&connection.given_up).extend(jobs);
    }
}
