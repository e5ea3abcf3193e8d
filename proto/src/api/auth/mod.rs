//! Requests of `/auth`.

pub mod login;
pub mod manage;
