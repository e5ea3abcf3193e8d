//! The agent on each host: git, secrets, compose, logs.
//!
//! `agent` owns all rooms. `serve` and `dial` are the two directions of the
//! link, `handle` finds the room for a request. How programs are started, git is
//! called and secrets are hidden is in the crate `varanus-host`.

pub mod agent;
mod build;
pub mod compose;
pub mod config;
mod deployment;
pub mod detached;
mod dial;
pub mod docker;
mod fill;
mod handle;
mod jobs;
mod logs;
pub mod memory;
pub mod repo;
mod secrets;
mod serve;
mod stats;
mod trust;
mod watch;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use varanus_proto::Result;

pub use agent::Agent;
pub(crate) use varanus_host::{apart, confine, git, private, process, redact, sops, work};

/// Serves and dials as configured, until `stop` fires.
pub async fn run(agent: Arc<Agent>, stop: CancellationToken) -> Result<()> {
    let dialing = TaskTracker::new();
    for core in agent.config.core_addresses.clone() {
        dialing.spawn(dial::stay(agent.clone(), core, stop.clone()));
    }
    dialing.close();
    if agent.config.serves() {
        serve::serve(agent, stop.clone(), None).await?;
    }
    stop.cancelled().await;
    dialing.wait().await;
    Ok(())
}
