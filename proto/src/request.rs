//! What ties a request to its answer.

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

named_enum_without_default! {
    /// A group of requests of the public API: one path each.
    pub enum Group {
        Read = "read",
        Write = "write",
        Execute = "execute",
        Login = "auth/login",
        Manage = "auth/manage",
    }
}

/// A request of the public API: `POST /{group}/{NAME}` with its fields as the
/// body, or `POST /{group}` with `{"type": NAME, "params": {…}}`.
pub trait ApiRequest: Serialize + DeserializeOwned + JsonSchema + Send + 'static {
    /// The answer of status 200.
    type Response: Serialize + DeserializeOwned + JsonSchema + Send + 'static;
    /// The group.
    const GROUP: Group;
    /// The name on the wire.
    const NAME: &'static str;
    /// Older names that mean the same.
    const ALIASES: &'static [&'static str];
}

/// A request from Core to an agent: `{"type": NAME, "params": {…}}`.
pub trait AgentRequest: Serialize + DeserializeOwned + Send + 'static {
    /// The answer.
    type Response: Serialize + DeserializeOwned + Send + 'static;
    /// The name on the wire.
    const NAME: &'static str;
}

/// The tagged form in which requests travel.
#[derive(Debug, Clone, Serialize, serde::Deserialize)]
pub struct Tagged<P> {
    /// The request's name.
    pub r#type: String,
    /// The request's fields.
    pub params: P,
}
