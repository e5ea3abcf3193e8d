//! Resource files: what is there, written as they declare it. (Reading them
//! and bringing the state in line with them comes later.)
//!
//! A value that is secret is never written: resource files are kept in git.

mod export;
mod kind;
mod requests;

pub use kind::{Syncs, state};

use crate::http::Api;

/// The requests about resource files.
pub fn api(api: &mut Api) {
    export::api(api);
    requests::api(api);
}
