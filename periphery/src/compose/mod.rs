//! Compose projects on this host.
//!
//! [`files`] puts a stack's files in place, [`command`] knows how compose is
//! called, [`up`] is the walk of a deploy and [`raise`] its second half,
//! `unchanged` knows when that is not needed. Stage names and the order of commands
//! are those of Komodo 2.3, so that its clients understand the logs.

pub mod command;
pub mod files;
#[cfg(test)]
mod hostile;
mod plugin;
pub mod raise;
mod raising;
pub mod run;
mod services;
pub mod simple;
mod unchanged;
pub mod up;

pub use raising::Raising;
pub use services::{sanitize, services};
pub use unchanged::since::changed;
