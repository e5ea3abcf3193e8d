//! What Core and the agent both do on the host they run on: start programs, work
//! with git repositories, keep secrets out of what is shown, and stay inside the
//! folders that others fill.
//!
//! `apart` is for whatever waits for a file system, `process` alone starts programs,
//! `work` is one request with its stages, lines and end, `git` is built on both;
//! `private` is a folder for one piece of work, `sops` the names of encrypted files. The crate must not know of docker, of
//! compose, of the link, of a store, or which of the two programs it is part of:
//! folders, deadlines and credentials are given by whoever calls.

pub mod apart;
pub mod confine;
pub mod git;
pub mod private;
pub mod process;
pub mod redact;
pub mod sops;
pub mod work;
