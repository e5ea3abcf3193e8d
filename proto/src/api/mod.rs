//! Requests of the public API, a module a group (path) and a file a subject.

pub mod auth;
pub mod execute;
pub mod read;
pub mod write;
