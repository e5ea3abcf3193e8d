//! The vocabulary of Varanus: resources, API requests, agent requests and
//! resource files. Data only: no I/O and no runtime.

pub mod error;
mod secret;

pub use error::{Context, Error, ErrorBody, Kind, Result};
pub use secret::Secret;
