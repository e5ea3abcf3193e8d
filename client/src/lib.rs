//! A typed client of the public API, and the `km` command line on top of it.
//!
//! [`Client::request`] takes any request of `varanus-proto` and gives its typed
//! answer; [`Client::follow`] shows the log of a run as it is written. Both
//! work against Varanus and against any Core that speaks the Komodo 2.3 API.
//! This room must not know Core's insides: only the wire.

mod client;
pub mod config;
mod follow;
mod tls;

pub use client::{Client, Credentials};
pub use follow::{Line, Stream};
