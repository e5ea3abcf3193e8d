//! Who is calling, and what they may do.
//!
//! [`Caller`] is the answer to the first question, [`access`] to the second.
//! This room must not know what a request does.

pub mod access;
mod caller;

pub use caller::{Caller, ServiceUser};
