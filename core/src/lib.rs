//! The server: state, decisions, API, webhooks and UI.
//!
//! `docs/ARCHITECTURE.md` describes the rooms. What every room may use is
//! [`Core`], which owns all of them; there is no global state, so two Cores can
//! live in one test.

pub mod action;
pub mod agent;
pub mod alert;
pub mod alerter;
pub mod auth;
pub mod backup;
pub mod build;
pub mod builder;
mod catalog;
pub mod config;
mod core;
pub mod deployment;
pub mod feed;
pub mod git;
pub mod hook;
pub mod http;
pub mod image;
mod interpolate;
pub mod observe;
pub mod people;
pub mod poll;
pub mod procedure;
pub mod repo;
pub mod resource;
pub mod run;
pub mod schedule;
pub mod server;
pub mod settings;
pub mod stack;
pub use varanus_store as store;
pub mod sync;
#[cfg(test)]
pub mod testing;
pub mod upkeep;

pub use crate::catalog::{Catalog, Commit, Row, Table};
pub use crate::core::Core;

/// The version of the API that clients and agents find here.
pub const COMPATIBLE_VERSION: &str = "2.3.2";
