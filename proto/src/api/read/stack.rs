//! Read requests about stack.

use crate::docker::container::Container;
use crate::entity::file::SearchCombinator;
use crate::entity::stack::{
    Stack, StackActionState, StackListItem, StackQuery, StackService, StackServiceState,
    StackSortBy,
};
use crate::entity::update::Log;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Reads stack.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetStack {
    #[serde(alias = "id", alias = "name")]
    pub stack: String,
}

request!(Read, GetStack => Stack);

/// Lists stacks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListStacks {
    #[serde(default)]
    pub query: StackQuery,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
    #[serde(default)]
    pub sort_by: StackSortBy,
    #[serde(default)]
    pub sort_desc: bool,
}

request!(Read, ListStacks => Vec<StackListItem>);

/// Whole stack documents that match a query.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListFullStacks {
    #[serde(default)]
    pub query: StackQuery,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
}

request!(Read, ListFullStacks => Vec<Stack>);

/// Lists stack services.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListStackServices {
    #[serde(alias = "id", alias = "name")]
    pub stack: String,
}

request!(Read, ListStackServices => Vec<StackService>);

/// Lists all stack services.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListAllStackServices {
    #[serde(default)]
    pub stacks: Vec<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub terms: Vec<String>,
    #[serde(default)]
    pub state: Vec<StackServiceState>,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
}

request!(Read, ListAllStackServices => Vec<StackService>);

/// Shows in full stack container.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InspectStackContainer {
    #[serde(alias = "id", alias = "name")]
    pub stack: String,
    pub service: String,
}

request!(Read, InspectStackContainer => Container);

/// Reads stack log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetStackLog {
    #[serde(alias = "id", alias = "name")]
    pub stack: String,
    pub services: Vec<String>,
    #[serde(default = "crate::default::number_50")]
    pub tail: u64,
    #[serde(default)]
    pub timestamps: bool,
}

impl Default for GetStackLog {
    fn default() -> Self {
        Self {
            stack: Default::default(),
            services: Default::default(),
            tail: 50,
            timestamps: Default::default(),
        }
    }
}

request!(Read, GetStackLog => Log);

/// Searches stack log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SearchStackLog {
    #[serde(alias = "id", alias = "name")]
    pub stack: String,
    pub services: Vec<String>,
    pub terms: Vec<String>,
    #[serde(default)]
    pub combinator: SearchCombinator,
    #[serde(default)]
    pub invert: bool,
    #[serde(default)]
    pub timestamps: bool,
}

request!(Read, SearchStackLog => Log);

/// Values already in use, to suggest to a person.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListCommonStackExtraArgs {
    #[serde(default)]
    pub query: StackQuery,
}

request!(Read, ListCommonStackExtraArgs => Vec<String>);

/// Values already in use, to suggest to a person.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListCommonStackBuildExtraArgs {
    #[serde(default)]
    pub query: StackQuery,
}

request!(Read, ListCommonStackBuildExtraArgs => Vec<String>);

/// What is running on a stack right now.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetStackActionState {
    #[serde(alias = "id", alias = "name")]
    pub stack: String,
}

request!(Read, GetStackActionState => StackActionState);

/// How many there are in each state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetStacksSummary {}

request!(Read, GetStacksSummary => GetStacksSummaryResponse);

/// The answer to [`GetStacksSummary`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetStacksSummaryResponse {
    pub total: u32,
    pub running: u32,
    pub stopped: u32,
    pub down: u32,
    pub unhealthy: u32,
    pub unknown: u32,
}
