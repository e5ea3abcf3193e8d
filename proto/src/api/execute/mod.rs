//! Requests of `/execute`.

pub mod action;
pub mod alerter;
pub mod build;
pub mod deployment;
pub mod maintenance;
pub mod procedure;
pub mod repo;
pub mod resource_sync;
pub mod server;
pub mod stack;
pub mod swarm;
