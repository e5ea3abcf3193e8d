//! Updates and runs as documents.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::update::{Operation, Update, UpdateListItem, UpdateStatus};
use varanus_proto::{Error, MongoId, Result};

use crate::core::now;
use crate::store::{Document, ObjectId};

/// What a run needs to be told apart after a restart; it exists from acceptance
/// to completion, under the id of its update.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunRecord {
    /// What is to be done.
    pub execution: Execution,
    /// The id of the user who asked for it.
    pub user: String,
    /// The run this one is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Unix milliseconds.
    pub accepted_at: i64,
    /// A fetch of its repository that began after this is new enough for it
    /// (Unix milliseconds); unset, one after its acceptance is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fetched_since: Option<i64>,
    /// Whether it has begun: from then on it may have had an effect.
    #[serde(default)]
    pub begun: bool,
    /// How many restarts of Core it has gone through after it began.
    #[serde(default)]
    pub resumed: u32,
    /// The runs that it is made of, by stage; written before they are submitted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Vec<Part>>,
}

impl RunRecord {
    /// How old a fetch of its repository may be. Whoever accepted it knew of no
    /// newer commit; who joined it later may ([`Run::fetched_since`]).
    ///
    /// [`Run::fetched_since`]: super::Run::fetched_since
    pub(super) fn fetched_since(&self) -> i64 {
        self.fetched_since.unwrap_or(self.accepted_at)
    }
}

/// A run that is a part of another one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Part {
    /// The id that it has or will have.
    pub id: String,
    /// What it does.
    pub execution: Execution,
}

/// An update that begins now, without logs and without an id.
pub fn new_update(
    operator: &str,
    operation: Operation,
    target: ResourceTarget,
    status: UpdateStatus,
) -> Update {
    Update {
        id: MongoId::default(),
        operation,
        start_ts: now(),
        success: true,
        operator: operator.to_owned(),
        target,
        logs: Vec::new(),
        end_ts: None,
        status,
        version: Default::default(),
        commit_hash: String::new(),
        other_data: String::new(),
        prev_toml: String::new(),
        current_toml: String::new(),
    }
}

/// The update as stored.
pub fn document(update: &Update) -> Result<Document> {
    match serde_json::to_value(update) {
        Ok(Value::Object(document)) => Ok(document),
        _ => Err(Error::internal("an update cannot be written")),
    }
}

/// The run as stored, under its update's id.
pub fn run_document(id: &ObjectId, record: &RunRecord) -> Result<Document> {
    match serde_json::to_value(record) {
        Ok(Value::Object(mut document)) => {
            id.put_into(&mut document);
            Ok(document)
        }
        _ => Err(Error::internal("a run cannot be written")),
    }
}

/// What lists and listeners see of an update.
pub fn list_item(update: &Update, username: &str) -> UpdateListItem {
    UpdateListItem {
        id: update.id.as_str().to_owned(),
        operation: update.operation,
        start_ts: update.start_ts,
        success: update.success,
        username: username.to_owned(),
        operator: update.operator.clone(),
        target: update.target.clone(),
        status: update.status,
        version: update.version,
        other_data: update.other_data.clone(),
    }
}
