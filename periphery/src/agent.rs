//! `Agent` owns every room of the agent; nothing is global.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use varanus_link::Timings;
use varanus_link::key::{PrivateKey, PublicKey};
use varanus_proto::entity::provider::{GitProvider, ImageRegistry, ProviderAccount};
use varanus_proto::{Context as _, Error, Result};

use crate::config::PeripheryConfig;
pub(crate) use crate::confine::{below, folder_name};
use crate::docker::Docker;
use crate::git::Git;
use crate::jobs::Jobs;
use crate::redact::Redactor;
use crate::stats::Stats;
use crate::trust::Trust;
use crate::watch::Watch;
use crate::work::{Progress, Work};

/// The version of the agent protocol that Core finds here.
pub const COMPATIBLE_VERSION: &str = "2.3.2";

/// The agent's rooms.
pub struct Agent {
    /// What a person configured.
    pub config: PeripheryConfig,
    /// Git on this host.
    pub git: Git,
    /// Docker on this host.
    pub docker: Arc<Docker>,
    /// What is on this host.
    pub watch: Watch,
    /// What was asked with a key.
    pub jobs: Arc<Jobs>,
    /// The machine's load.
    pub stats: Stats,
    /// Which Core may command this agent.
    pub trust: Trust,
    /// How many projects come up now.
    pub raising: crate::compose::Raising,
    /// Builds that are in progress.
    pub building: crate::build::Building,
    /// How long the link waits for what.
    pub timings: Timings,
    key: std::sync::Mutex<PrivateKey>,
}

impl Agent {
    /// Makes the folders and keys that are missing, and starts what watches.
    pub async fn start(config: PeripheryConfig) -> Result<Arc<Self>> {
        for folder in [config.repos(), config.stacks(), config.builds(), config.keys()] {
            tokio::fs::create_dir_all(&folder).await.map_err(|error| {
                Error::invalid(format!("the folder {} cannot be made", folder.display()))
                    .cause(error)
            })?;
        }
        match crate::process::leftover::end().await {
            0 => {}
            count => tracing::warn!(count, "ended what an agent that was killed left running"),
        }
        crate::docker::private::sweep();
        let agent = Self::aside(config).await?;
        agent.stats.watch(&agent);
        agent.watch.start();
        tokio::spawn(crate::memory::stay_small());
        Ok(agent)
    }

    /// One that does some work and watches nothing.
    pub async fn aside(config: PeripheryConfig) -> Result<Arc<Self>> {
        let key =
            PrivateKey::load(&config.private_key_spec()).context("the agent's private key")?;
        let limit = crate::detached::limit(&config);
        let docker = Arc::new(Docker::new(&config));
        Ok(Arc::new(Self {
            git: Git::new(config.deadlines.git.duration()),
            watch: Watch::new(docker.clone()),
            docker,
            jobs: Jobs::open(config.root_directory.join("jobs"), limit).await?,
            stats: Stats::default(),
            raising: Default::default(),
            building: Default::default(),
            trust: Trust::new(&config),
            timings: Timings::default(),
            key: std::sync::Mutex::new(key),
            config,
        }))
    }

    /// The key that shows Core who this agent is.
    pub fn key(&self) -> PrivateKey {
        self.key.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Makes a new key; Core is to expect it from now on.
    pub fn rotate_key(&self) -> Result<PublicKey> {
        let spec = self.config.private_key_spec();
        let Some(path) = varanus_link::key::file_of(spec.expose()) else {
            return Err(Error::invalid(
                "the agent's private key is in its configuration, so it cannot be rotated; use file:/path",
            ));
        };
        let key = PrivateKey::generate()?;
        key.write(&path)?;
        let public = key.public();
        *self.key.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = key;
        Ok(public)
    }

    /// The git accounts of this agent's configuration, without tokens.
    pub fn git_providers(&self) -> Vec<GitProvider> {
        let known = self.config.git_providers.iter().map(|known| GitProvider {
            domain: known.domain.clone(),
            https: known.https,
            accounts: accounts(&known.accounts),
        });
        known.collect()
    }

    /// The registry accounts of this agent's configuration, without tokens.
    pub fn image_registries(&self) -> Vec<ImageRegistry> {
        let known = self.config.image_registries.iter().map(|known| ImageRegistry {
            domain: known.domain.clone(),
            accounts: accounts(&known.accounts),
            organizations: known.organizations.clone(),
        });
        known.collect()
    }

    /// What a request works with: its progress and end, and every secret of this
    /// agent and of the request hidden.
    pub fn work(
        &self,
        progress: Arc<dyn Progress>,
        cancel: CancellationToken,
        replacers: &[(String, String)],
    ) -> Work {
        let redactor = Redactor::new(replacers);
        for (name, value) in &self.config.secrets {
            redactor.add(value.expose(), name);
        }
        Work::new(progress, cancel, redactor)
    }
}

fn accounts(known: &[varanus_config::ProviderAccount]) -> Vec<ProviderAccount> {
    let shown = known.iter().map(|account| ProviderAccount {
        username: account.username.clone(),
        ..Default::default()
    });
    shown.collect()
}
