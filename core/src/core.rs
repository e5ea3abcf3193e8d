//! `Core` owns every room's state.

use std::sync::Arc;

use tokio::sync::{Mutex, MutexGuard};
use varanus_proto::{Context, Error, Result};

use crate::agent::Agents;
use crate::alert::Alerts;
use crate::auth::Auth;
use crate::catalog::Catalog;
use crate::config::CoreConfig;
use crate::config::SealSecrets;
use crate::feed::Feed;
use crate::git::Repositories;
use crate::observe::Observed;
use crate::run::Runs;
use crate::schedule::Schedules;
use crate::stack::Compared;
use crate::store::{MongoSettings, SealMode, Sealed, Store, StoreSettings};

/// The server's state: pass `&Arc<Core>`.
pub struct Core {
    /// What a person configured.
    pub config: CoreConfig,
    /// Where state outlives this process.
    pub store: Arc<dyn Store>,
    /// The same store, for whoever seals and unseals it.
    pub sealed: Arc<Sealed>,
    /// What reads are answered from.
    pub catalog: Catalog,
    /// Runs that are not complete.
    pub runs: Runs,
    /// Repositories that Core reads itself.
    pub repositories: Repositories,
    /// Up to which commit the stacks of repositories are as deployed.
    pub compared: Compared,
    /// Webhooks of stacks that are looked at before a run begins.
    pub pushes: crate::hook::Pushes,
    /// Links to agents.
    pub agents: Agents,
    /// Sessions, verified keys, failures.
    pub auth: Auth,
    /// What is really there.
    pub observed: Observed,
    /// What is wrong.
    pub alerts: Alerts,
    /// What runs by the clock.
    pub schedules: Schedules,
    /// What registries say images are now.
    pub digests: crate::image::Digests,
    /// Of which newer images somebody was told.
    pub newer: crate::image::Told,
    /// Where images are being built.
    pub building: crate::builder::Building,
    /// Unix milliseconds of the start.
    pub started: i64,
    /// What is pushed to open websockets.
    pub feed: Feed,
    edit: Mutex<()>,
}

impl Core {
    /// Opens the store, reads the state, ends what an earlier process left
    /// unfinished, and starts the rooms that work by themselves.
    pub async fn start(config: CoreConfig) -> Result<Arc<Self>> {
        let sealed = Arc::new(crate::store::open_sealed(store_settings(&config)).await?);
        if config.seal_secrets == SealSecrets::On && !sealed.is_sealed() {
            sealed.seal().await.context("sealing the store (seal_secrets)")?;
        }
        let store = sealed.clone();
        Self::start_with(config, sealed, store).await
    }

    /// The same, with a store that is open.
    pub(crate) async fn start_with(
        config: CoreConfig,
        sealed: Arc<Sealed>,
        store: Arc<dyn Store>,
    ) -> Result<Arc<Self>> {
        tracing::info!(store = store.describe(), "store is open");
        let catalog = Catalog::load(&*store).await.context("reading the state from the store")?;
        let core = Arc::new(Self {
            runs: Runs::new(&config),
            repositories: Repositories::new(&config),
            compared: Compared::default(),
            pushes: Default::default(),
            agents: Agents::new(&config)?,
            auth: Auth::new(&config)?,
            observed: Observed::default(),
            alerts: Alerts::load(&*store).await.context("reading the open alerts")?,
            schedules: Schedules::default(),
            building: Default::default(),
            digests: Default::default(),
            newer: Default::default(),
            started: now(),
            feed: Feed::default(),
            edit: Mutex::default(),
            config,
            store,
            sealed,
            catalog,
        });
        crate::run::recover(&core).await?;
        remember(&core).await?;
        crate::auth::first_admin(&core).await?;
        crate::auth::api_key::purge(&core).await?;
        crate::server::first(&core).await?;
        crate::procedure::first(&core).await?;
        crate::agent::start(&core);
        crate::alert::forget_gone(&core).await;
        crate::observe::start(&core);
        crate::run::begin_ready(&core);
        crate::hook::start(&core).await?;
        crate::poll::start(&core);
        crate::schedule::start(&core);
        crate::upkeep::start(&core);
        Ok(core)
    }

    /// The right to read rows in order to change them. Held to the commit.
    pub async fn edit(&self) -> MutexGuard<'_, ()> {
        self.edit.lock().await
    }

    /// Ends everything in order: no new runs, links closed, store closed.
    pub async fn stop(&self) {
        self.runs.stop();
        self.repositories.stop();
        self.agents.stop().await;
        crate::upkeep::stop(self).await;
        self.store.close().await;
    }
}

/// Reads what came of the latest runs of what has a state from them.
async fn remember(core: &Core) -> Result<()> {
    use crate::resource::remember;
    use varanus_proto::entity::update::Operation;
    remember::<crate::procedure::Procedures>(core, Operation::RunProcedure).await?;
    remember::<crate::build::Builds>(core, Operation::RunBuild).await?;
    remember::<crate::action::Actions>(core, Operation::RunAction).await?;
    remember::<crate::sync::Syncs>(core, Operation::RunSync).await
}

/// Unix milliseconds now.
pub fn now() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A task that panicked, told to whoever waits for it.
pub(crate) fn fault(panic: tokio::task::JoinError) -> Error {
    Error::internal("this is a fault in Varanus; please report it").cause(panic)
}

pub(crate) fn store_settings(config: &CoreConfig) -> StoreSettings {
    StoreSettings {
        data_directory: config.data_directory.clone(),
        database: MongoSettings::of(&config.database),
        deadline: config.store_deadline.duration(),
        seal: match config.seal_secrets {
            SealSecrets::Off => SealMode::Off,
            SealSecrets::Auto | SealSecrets::On => SealMode::Auto,
        },
        seal_key_file: Some(config.seal_key()),
    }
}
