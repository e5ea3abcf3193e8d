//! The promises of Varanus, each kept by real parts: dockerd, git over HTTP,
//! both stores, both directions of the link.

mod clients;
mod compose;
mod deploy;
mod durable;
mod km;
mod link;
mod live;
mod newcomer;
mod noop;
mod push;
mod restart;
mod sops;
