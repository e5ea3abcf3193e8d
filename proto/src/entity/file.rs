//! The file.

use crate::lenient::FileText;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A system command.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SystemCommand {
    #[serde(default)]
    pub path: String,
    #[serde(default)]
    pub command: FileText,
    #[serde(default)]
    pub shell_mode: bool,
}

/// A file contents.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileContents {
    pub path: String,
    pub contents: String,
}

named_enum! {
    /// A search combinator.
    pub enum SearchCombinator {
        #[default]
        Or = "Or",
        And = "And",
    }
}

named_enum! {
    /// A termination signal.
    pub enum TerminationSignal {
        Sighup = "SIGHUP" | "1",
        Sigint = "SIGINT" | "2",
        Sigquit = "SIGQUIT" | "3",
        #[default]
        Sigterm = "SIGTERM" | "15",
    }
}

named_enum! {
    /// A file format.
    pub enum FileFormat {
        #[default]
        KeyValue = "key_value",
        Toml = "toml",
        Yaml = "yaml",
        Json = "json",
    }
}

/// An image with its digest: `name@sha256:…`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ImageDigest(pub String);
