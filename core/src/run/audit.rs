//! The record of a change that is complete at once.

use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::update::{Log, Operation, Update, UpdateStatus};
use varanus_proto::{MongoId, Result};

use super::record;
use crate::Core;
use crate::auth::Caller;
use crate::catalog::Commit;
use crate::core::now;
use crate::feed::Event;
use crate::store::{Change, Collection, ObjectId};

/// Builds the update of one change; [`Audit::add_to`] puts it into the commit of
/// that change.
pub struct Audit {
    update: Update,
    username: String,
}

impl Audit {
    /// A caller's operation on a target.
    pub fn new(caller: &Caller, operation: Operation, target: ResourceTarget) -> Self {
        let update = record::new_update(caller.id(), operation, target, UpdateStatus::Complete);
        Self { update, username: caller.user.username.clone() }
    }

    /// Adds what happened in a stage.
    pub fn log(&mut self, stage: &str, text: impl Into<String>) -> &mut Self {
        self.update.logs.push(simple_log(stage, text.into()));
        self
    }

    /// Adds a log as it came; a failed one makes the record a failure.
    pub fn push(&mut self, log: Log) -> &mut Self {
        self.update.success &= log.success;
        self.update.logs.push(log);
        self
    }

    /// How the resource was declared before.
    pub fn prev_toml(&mut self, text: String) -> &mut Self {
        self.update.prev_toml = text;
        self
    }

    /// How the resource is declared now.
    pub fn current_toml(&mut self, text: String) -> &mut Self {
        self.update.current_toml = text;
        self
    }

    /// Makes the record a part of a commit, and of what listeners are told then.
    pub fn add_to(mut self, core: &Core, commit: &mut Commit) -> Result<Update> {
        self.update.id = MongoId(ObjectId::generate().as_str().to_owned());
        self.update.end_ts = Some(now());
        commit.change(Change::Insert(Collection::Update, record::document(&self.update)?));
        let item = record::list_item(&self.update, &self.username);
        let feed = core.feed.clone();
        commit.then(move || feed.send(Event::Update(Box::new(item))));
        Ok(self.update)
    }

    /// Puts the record into a commit and makes it durable: the end of most writes.
    pub async fn commit(self, core: &Core, mut commit: Commit) -> Result<Update> {
        let update = self.add_to(core, &mut commit)?;
        commit.commit(&*core.store).await?;
        Ok(update)
    }
}

/// A successful log entry with a text.
pub fn simple_log(stage: &str, stdout: String) -> Log {
    let ts = now();
    Log {
        stage: stage.to_owned(),
        command: String::new(),
        stdout,
        stderr: String::new(),
        success: true,
        start_ts: ts,
        end_ts: ts,
    }
}

/// A failed log entry with a text.
pub fn error_log(stage: &str, stderr: String) -> Log {
    Log { success: false, stderr, ..simple_log(stage, String::new()) }
}
