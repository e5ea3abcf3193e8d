//! Read requests about terminal.

use crate::entity::terminal::{Terminal, TerminalSortBy, TerminalTarget};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lists terminals.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListTerminals {
    #[serde(default)]
    pub target: Option<TerminalTarget>,
    #[serde(default)]
    pub use_names: bool,
    #[serde(default)]
    pub terms: Vec<String>,
    #[serde(default)]
    pub page: u64,
    #[serde(default)]
    pub limit: Option<u64>,
    #[serde(default)]
    pub sort_by: TerminalSortBy,
    #[serde(default)]
    pub sort_desc: bool,
}

request!(Read, ListTerminals => Vec<Terminal>);
