//! What Core asks an agent: terminal.

use crate::NoData;
use crate::entity::terminal::{Terminal, TerminalRecreateMode, TerminalTarget};
use serde::{Deserialize, Serialize};

/// Asks the agent: list terminals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListTerminals {
    #[serde(default)]
    pub target: Option<TerminalTarget>,
}

agent_request!(ListTerminals => Vec<Terminal>);

/// Asks the agent: create server terminal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CreateServerTerminal {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub command: Option<String>,
    #[serde(default)]
    pub recreate: TerminalRecreateMode,
}

agent_request!(CreateServerTerminal => Terminal);

/// Asks the agent: create container exec terminal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CreateContainerExecTerminal {
    #[serde(default)]
    pub name: Option<String>,
    pub target: TerminalTarget,
    pub container: String,
    #[serde(default)]
    pub command: Option<String>,
    #[serde(default)]
    pub recreate: TerminalRecreateMode,
}

agent_request!(CreateContainerExecTerminal => Terminal);

/// Asks the agent: create container attach terminal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CreateContainerAttachTerminal {
    #[serde(default)]
    pub name: Option<String>,
    pub target: TerminalTarget,
    pub container: String,
    #[serde(default)]
    pub recreate: TerminalRecreateMode,
}

agent_request!(CreateContainerAttachTerminal => Terminal);

/// Asks the agent: delete terminal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeleteTerminal {
    pub terminal: String,
    pub target: TerminalTarget,
}

agent_request!(DeleteTerminal => NoData);

/// Asks the agent: delete all terminals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeleteAllTerminals {}

agent_request!(DeleteAllTerminals => NoData);

/// Asks the agent: connect terminal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConnectTerminal {
    pub terminal: String,
    pub target: TerminalTarget,
}

agent_request!(ConnectTerminal => String);

/// Asks the agent: disconnect terminal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DisconnectTerminal {
    pub channel: String,
}

agent_request!(DisconnectTerminal => NoData);

/// Asks the agent: execute terminal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExecuteTerminal {
    pub terminal: String,
    pub target: TerminalTarget,
    pub command: String,
}

agent_request!(ExecuteTerminal => String);
