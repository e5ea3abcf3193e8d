//! A typed client of the public API, and the `km` command line on top of it.
pub mod config;
