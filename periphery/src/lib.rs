//! The agent on each host: git, secrets, compose, logs.
pub mod config;
