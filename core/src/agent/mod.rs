//! The registry of links to agents: dial, accept, onboard, request.
//!
//! This room knows how to reach an agent, and nothing of what is asked of it.

use std::sync::Arc;
use std::time::Duration;

use varanus_proto::request::AgentRequest;
use varanus_proto::{Error, Result};

use crate::Core;
use crate::config::CoreConfig;
use crate::run::Run;

/// Every link.
pub struct Agents {}

/// How one request is made.
#[derive(Default, Clone)]
pub struct Ask {
    /// How long the answer may take; the configured deadline when `None`.
    pub deadline: Option<Duration>,
    /// The run that gets the lines which the agent sends while it works.
    pub run: Option<Arc<Run>>,
}

impl Agents {
    /// No links yet.
    pub fn new(_config: &CoreConfig) -> Result<Self> {
        Ok(Self {})
    }

    /// Core's public key, as agents are given it (SPKI, base64).
    pub fn public_key(&self) -> String {
        String::new()
    }

    /// Asks a server's agent, and waits for the answer. Dropping the future
    /// withdraws the request.
    pub async fn request<R: AgentRequest>(
        &self,
        server_id: &str,
        _request: R,
        _ask: Ask,
    ) -> Result<R::Response> {
        Err(Error::unreachable(format!("server {server_id} is not connected")))
    }

    /// Closes every link.
    pub async fn stop(&self) {}
}

/// Starts what dials by itself.
pub fn start(_core: &Arc<Core>) {}

/// The configuration of a server changed, or it came or went: the link follows.
pub fn refresh(_core: &Core, _server_id: &str) {}
