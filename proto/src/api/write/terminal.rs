//! Write requests about terminal.

use crate::NoData;
use crate::entity::server::ServerQuery;
use crate::entity::terminal::{
    ContainerTerminalMode, Terminal, TerminalRecreateMode, TerminalTarget,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Creates terminal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateTerminal {
    #[serde(default)]
    pub name: Option<String>,
    pub target: TerminalTarget,
    #[serde(default)]
    pub command: Option<String>,
    #[serde(default)]
    pub mode: Option<ContainerTerminalMode>,
    #[serde(default)]
    pub recreate: TerminalRecreateMode,
}

request!(Write, CreateTerminal => Terminal);

/// Deletes terminal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteTerminal {
    pub target: TerminalTarget,
    pub terminal: String,
}

request!(Write, DeleteTerminal => NoData);

/// Deletes all terminals.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteAllTerminals {
    pub server: String,
}

request!(Write, DeleteAllTerminals => NoData);

/// The same for every terminal whose name matches a pattern; one result for each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchDeleteAllTerminals {
    #[serde(default)]
    pub query: ServerQuery,
}

request!(Write, BatchDeleteAllTerminals => NoData);
