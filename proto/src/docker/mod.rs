//! Shapes of the Docker API, with the field names of its reference
//! (<https://docs.docker.com/reference/api/engine/>), as the public API passes them on.

pub mod container;
pub mod image;
pub mod lists;
pub mod network;
pub mod stats;
pub mod swarm;
pub mod volume;
