//! Starts real parts and drives them through public doors only.
//!
//! Each part is a process with folders and ports of its own, so that scenarios
//! run beside each other. What is started is ended with the value that stands
//! for it. Nothing here knows how the parts work inside.

mod agent;
mod api;
pub mod arguments;
pub mod canary;
mod core;
mod crowd;
mod disk;
mod docker;
mod door;
mod gate;
mod git;
pub mod homeops;
mod hook;
mod hosts;
mod listener;
mod mail;
mod process;
mod proxy;
mod random;
pub mod reads;
mod receiver;
mod registry;
mod scene;

use std::fmt::Display;
use std::time::{Duration, Instant};

pub use agent::{Agent, AgentOptions};
pub use api::{Api, Refused, text_of};
pub use canary::Canaries;
pub use core::{Core, CoreOptions, free_port, own_database};
pub use crowd::{BACK, Crowd, CrowdOptions, Deployed};
pub use disk::{HungMount, SmallDisk};
pub use docker::Docker;
pub use door::Door;
pub use gate::Gate;
pub use git::GitHost;
pub use hook::{Delivery, Push};
pub use hosts::Hosts;
pub use listener::Listener;
pub use mail::{Mail, MailReceiver, MailTls};
pub use process::{Output, Process, program, run};
pub use proxy::Proxy;
pub use random::Random;
pub use receiver::{Received, WebReceiver};
pub use registry::Registry;
pub use scene::{Scene, Store, Way, mongodb, onboarding_key};

/// How long a condition may take to come true. Generous: machines are slow
/// sometimes, and a test that passes does not wait for it.
pub const DEADLINE: Duration = Duration::from_secs(90);

/// Waits until a condition holds; says what was waited for if it never does.
pub async fn until<T, F>(what: &str, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    until_found(what, move || {
        let look = look();
        async { look.await.ok_or("it does not hold") }
    })
    .await
}

/// Waits until something is found; says what was there instead if it never is.
pub async fn until_found<T, E: Display, F>(what: &str, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, E>>,
{
    let begun = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(instead) => {
                let waited = begun.elapsed();
                assert!(waited < DEADLINE, "waited {DEADLINE:?} in vain until {what}: {instead}");
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
