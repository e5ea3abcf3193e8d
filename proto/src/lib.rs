//! The vocabulary of Varanus: resources, API requests, agent requests and
//! resource files. Data only: no I/O and no runtime.
//!
//! The shapes are those of the Komodo 2.3 API, so that its clients, files,
//! databases and agents are understood. What a shape reads in several forms it
//! writes in one ([`lenient`]).

#[macro_use]
mod macros;

pub mod agent;
pub mod api;
mod config;
pub(crate) mod default;
pub mod docker;
pub mod entity;
pub mod environment;
pub mod error;
mod id;
pub mod image;
pub mod interpolate;
pub mod lenient;
pub mod request;
pub mod resource_file;
mod secret;
pub mod stack_files;
mod version;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use config::Config;
pub use error::{Context, Error, ErrorBody, Kind, Result};
pub use id::{MongoId, is_object_id};
pub use secret::Secret;
pub use version::Version;

/// Any JSON object.
pub type JsonObject = serde_json::Map<String, serde_json::Value>;
/// Any JSON value.
pub type JsonValue = serde_json::Value;

/// An answer or parameters without content: `{}`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NoData {}
