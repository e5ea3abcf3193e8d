//! Write requests about server.

use crate::entity::server::{PartialServerConfig, Server};
use crate::entity::update::Update;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Creates server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateServer {
    pub name: String,
    #[serde(default)]
    pub config: PartialServerConfig,
    #[serde(default)]
    pub public_key: Option<String>,
}

request!(Write, CreateServer => Server);

/// A new server with the configuration of another.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CopyServer {
    pub name: String,
    pub id: String,
    #[serde(default)]
    pub public_key: Option<String>,
}

request!(Write, CopyServer => Server);

/// Deletes server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteServer {
    pub id: String,
}

request!(Write, DeleteServer => Server);

/// Changes server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateServer {
    pub id: String,
    pub config: PartialServerConfig,
}

request!(Write, UpdateServer => Server);

/// Gives a server another name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RenameServer {
    pub id: String,
    pub name: String,
}

request!(Write, RenameServer => Update);

/// Creates network.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateNetwork {
    pub server: String,
    pub name: String,
}

request!(Write, CreateNetwork => Update);

/// Changes server public key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateServerPublicKey {
    pub server: String,
    pub public_key: String,
}

request!(Write, UpdateServerPublicKey => Update);

/// Rotates server keys.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RotateServerKeys {
    pub server: String,
}

request!(Write, RotateServerKeys => Update);
