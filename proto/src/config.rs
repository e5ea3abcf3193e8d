//! What all configurations of resources can do.

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

/// A resource's configuration: every field has a default, and a partial twin
/// carries only the fields that are to be set.
pub trait Config:
    Clone + Default + PartialEq + Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static
{
    /// The twin with optional fields.
    type Partial: Clone
        + Default
        + PartialEq
        + Serialize
        + DeserializeOwned
        + JsonSchema
        + Send
        + Sync
        + 'static;

    /// Sets what the partial carries; returns the names of the fields that
    /// thereby got another value.
    fn apply(&mut self, partial: Self::Partial) -> Vec<&'static str>;

    /// What differs from the defaults: the form of resource files.
    fn minimize(&self) -> Self::Partial;

    /// The defaults with a partial laid over them.
    fn from_partial(partial: Self::Partial) -> Self {
        let mut config = Self::default();
        config.apply(partial);
        config
    }
}
