//! Resource files: what is there, written as they declare it, and syncs, which
//! bring what is there in line with them.
//!
//! A sync reads its files ([`source`], and [`write`] writes them), puts what they declare beside what is
//! there ([`sides`]), makes a plan of it ([`plan`]) and does it ([`apply`]).
//!
//! A value that is secret is never written: resource files are kept in git.

mod apply;
mod declared;
mod deploy;
mod execute;
mod export;
mod groups;
mod guard;
mod kind;
mod look;
mod plan;
mod requests;
mod sides;
mod source;
mod variables;
mod write;

#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod tests;

pub use execute::{perform, refresh, refresh_since, refresh_soon};
pub use kind::{Syncs, state};

use crate::http::Api;

/// The requests about resource files.
pub fn api(api: &mut Api) {
    export::api(api);
    execute::api(api);
    requests::api(api);
    write::api(api);
}
