//! Read requests about schedule.

use crate::entity::resource::TagQueryBehavior;
use crate::entity::schedule::{Schedule, ScheduleSortBy};
use crate::lenient::StringList;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lists schedules.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListSchedules {
    #[serde(default)]
    pub tags: StringList,
    #[serde(default)]
    pub tag_behavior: TagQueryBehavior,
    #[serde(default)]
    pub terms: Vec<String>,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
    #[serde(default)]
    pub sort_by: ScheduleSortBy,
    #[serde(default)]
    pub sort_desc: bool,
}

request!(Read, ListSchedules => Vec<Schedule>);
