//! Requests of `/write`.

pub mod action;
pub mod alert;
pub mod alerter;
pub mod api_key;
pub mod build;
pub mod builder;
pub mod database;
pub mod deployment;
pub mod onboarding;
pub mod permission;
pub mod procedure;
pub mod provider;
pub mod repo;
pub mod resource;
pub mod resource_sync;
pub mod run;
pub mod server;
pub mod stack;
pub mod swarm;
pub mod tag;
pub mod terminal;
pub mod user;
pub mod user_group;
pub mod variable;
