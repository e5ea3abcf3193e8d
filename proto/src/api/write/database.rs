//! Write requests about the database (not in the Komodo 2.3 API).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Encrypts every secret in the database, and all that are written from now on.
/// Needs an admin. May be interrupted: it is continued at the next start.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SealDatabase {}

/// Writes every secret in the clear again, so that Komodo can read the database.
/// Needs an admin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnsealDatabase {}

/// How the database is now.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SealState {
    /// Whether secrets are encrypted.
    pub sealed: bool,
    /// How many documents were written anew.
    pub changed: u64,
    /// The file of the key, on Core's machine: without it the secrets are lost.
    pub key_file: String,
}

request!(Write, SealDatabase => SealState);
request!(Write, UnsealDatabase => SealState);
