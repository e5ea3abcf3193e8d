//! The promises of Varanus, each kept by real parts: dockerd, git over HTTP,
//! both stores, both directions of the link.

mod action;
mod alert;
mod backup;
mod buildrepo;
mod canary;
mod clients;
mod compose;
mod deploy;
mod deployment;
mod digests;
mod durable;
mod gitsync;
mod homeops;
mod ifchanged;
mod km;
mod link;
mod live;
mod newcomer;
mod noop;
mod observe;
#[path = "../scenario/outage.rs"]
mod outage;
mod polls;
mod push;
mod registry;
mod restart;
mod schedule;
mod selfmanaged;
mod sops;
mod store;
mod sync;
