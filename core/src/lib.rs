//! The server: state, decisions, API, webhooks and UI.
pub mod config;

pub mod store;
