//! A Core for unit tests: its own temporary directory, nothing shared, no
//! agents. Requests go through [`Tester::call`], as they come in over HTTP.

pub mod slow;

use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;
use varanus_proto::entity::user::{User, UserConfig};
use varanus_proto::request::{ApiRequest, Group};
use varanus_proto::{Error, Result};

use crate::auth::{Caller, local_user};
use crate::config::CoreConfig;
use crate::http::{Api, Call};
use crate::store::Store;
use crate::{Commit, Core};

/// A Core with an empty store. It lives as long as the directory.
pub async fn core() -> (TempDir, Arc<Core>) {
    core_with(CoreConfig::default()).await
}

/// The same, with settings.
pub async fn core_with(config: CoreConfig) -> (TempDir, Arc<Core>) {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let config = at(&directory, config);
    let core = Core::start(config).await.expect("a Core starts in an empty directory");
    (directory, core)
}

/// One whose store is put behind something.
pub async fn core_behind(
    before: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>,
) -> (TempDir, Arc<Core>) {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let config = at(&directory, CoreConfig::default());
    let settings = crate::core::store_settings(&config);
    let sealed = crate::store::open_sealed(settings).await.expect("a store opens");
    let sealed = Arc::new(sealed);
    let store = before(sealed.clone());
    let core = Core::start_with(config, sealed, store).await.expect("a Core starts");
    (directory, core)
}

fn at(directory: &TempDir, config: CoreConfig) -> CoreConfig {
    CoreConfig {
        data_directory: directory.path().to_owned(),
        local_auth: true,
        repo_directory: directory.path().join("repositories"),
        // A test lists what it has made.
        disable_init_resources: true,
        ..config
    }
}

/// A Core and its API.
pub struct Tester {
    /// The Core.
    pub core: Arc<Core>,
    api: Api,
    _directory: TempDir,
}

impl Tester {
    /// With an empty store.
    pub async fn new() -> Self {
        Self::of(core().await)
    }

    /// With a Core that was made otherwise.
    pub fn of((_directory, core): (TempDir, Arc<Core>)) -> Self {
        Self { core, api: crate::http::all(), _directory }
    }

    /// A stored user, changed as wanted before.
    pub async fn user_with(&self, name: &str, change: impl FnOnce(&mut User)) -> Caller {
        let mut user = local_user(name, String::new(), true, false);
        change(&mut user);
        let mut commit = Commit::new();
        let id = commit.insert(&self.core.catalog.users, user).expect("a user can be stored");
        commit.commit(&*self.core.store).await.expect("the store works");
        self.again(&id)
    }

    /// A stored user who is enabled and no admin.
    pub async fn user(&self, name: &str) -> Caller {
        self.user_with(name, |_| {}).await
    }

    /// A stored admin who is no super admin.
    pub async fn admin(&self, name: &str) -> Caller {
        self.user_with(name, |user| user.admin = true).await
    }

    /// A stored service user.
    pub async fn service_user(&self, name: &str) -> Caller {
        let config = UserConfig::Service { description: String::new() };
        self.user_with(name, |user| user.config = config).await
    }

    /// A user as stored now.
    pub fn again(&self, id_or_name: &str) -> Caller {
        Caller::new(self.core.catalog.users.get(id_or_name).expect("the user is stored"))
    }

    /// Calls a request as a user.
    pub async fn call<R: ApiRequest>(&self, caller: &Caller, request: R) -> Result<R::Response> {
        let internal = |error| Error::internal("not JSON").cause(error);
        let params = serde_json::to_value(&request).map_err(internal)?;
        let answer = self.send(caller, R::GROUP, R::NAME, params).await?;
        serde_json::from_value(answer).map_err(internal)
    }

    /// Calls a request by its name.
    pub async fn send(
        &self,
        caller: &Caller,
        group: Group,
        name: &str,
        params: Value,
    ) -> Result<Value> {
        let call = Call::from_within(&self.core, caller);
        let answer = self.api.call(call, group, name, params).await?;
        serde_json::from_slice(&answer).map_err(|error| Error::internal("not JSON").cause(error))
    }
}

/// What git says to a command, in a repository of a test.
#[allow(clippy::disallowed_methods)] // a test waits for its own git
pub fn git(folder: &std::path::Path, arguments: &[&str]) -> String {
    let output = std::process::Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@t", "-c", "core.abbrev=7"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
