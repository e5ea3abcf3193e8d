//! The agent on each host: git, secrets, compose, logs.
//!
//! `agent` owns all rooms. `serve` and `dial` are the two directions of the
//! link, `handle` finds the room for a request. `process` alone starts programs.

pub mod agent;
pub mod compose;
pub mod config;
mod confine;
pub mod detached;
mod dial;
pub mod docker;
pub mod git;
mod handle;
mod jobs;
mod logs;
pub mod process;
pub mod redact;
pub mod repo;
mod secrets;
mod serve;
mod stats;
mod trust;
mod watch;
pub mod work;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use varanus_proto::Result;

pub use agent::Agent;

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
