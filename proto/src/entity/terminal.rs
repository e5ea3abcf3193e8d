//! The terminal.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A connect terminal query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectTerminalQuery {
    pub target: TerminalTarget,
    #[serde(default)]
    pub terminal: Option<String>,
    #[serde(default)]
    pub init: Option<InitTerminal>,
}

/// An init terminal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InitTerminal {
    #[serde(default)]
    pub command: Option<String>,
    #[serde(default)]
    pub recreate: TerminalRecreateMode,
    #[serde(default)]
    pub mode: Option<ContainerTerminalMode>,
}

/// An execute terminal body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExecuteTerminalBody {
    pub target: TerminalTarget,
    #[serde(default)]
    pub terminal: Option<String>,
    pub command: String,
    #[serde(default)]
    pub init: Option<InitTerminal>,
}

/// A terminal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Terminal {
    pub name: String,
    pub target: TerminalTarget,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_name: Option<String>,
    pub command: String,
    pub stored_size_kb: f64,
    pub created_at: i64,
}

named_enum! {
    /// What a list of terminals is sorted by.
    pub enum TerminalSortBy {
        #[default]
        Name = "Name",
        Target = "Target",
        Command = "Command",
        Size = "Size",
        Created = "Created",
    }
}

/// A terminal target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "params")]
pub enum TerminalTarget {
    Server {
        #[serde(default)]
        server: Option<String>,
    },
    Container {
        server: String,
        container: String,
    },
    Stack {
        stack: String,
        #[serde(default)]
        service: Option<String>,
    },
    Deployment {
        deployment: String,
    },
}

named_enum! {
    /// A container terminal mode.
    pub enum ContainerTerminalMode {
        #[default]
        Exec = "exec",
        Attach = "attach",
    }
}

named_enum! {
    /// A terminal recreate mode.
    pub enum TerminalRecreateMode {
        #[default]
        Never = "Never",
        Always = "Always",
        DifferentCommand = "DifferentCommand",
    }
}

/// A terminal resize message.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TerminalResizeMessage {
    pub rows: u16,
    pub cols: u16,
}
