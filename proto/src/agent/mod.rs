//! What Core asks of an agent: one struct a request, tagged `{type, params}` on the wire.

pub mod build;
pub mod compose;
pub mod container;
pub mod docker;
pub mod image;
pub mod keys;
pub mod poll;
pub mod repo;
pub mod state;
pub mod swarm;
pub mod terminal;
