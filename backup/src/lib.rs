//! Backups: all that a store holds, in files; back from them into any store; and
//! from one store into another.
//!
//! The format is Komodo's ("Komodo 2.3 API"): a folder a backup,
//! `{YYYY-MM-DD_HH-MM-SS}/{Collection}.gz`, each file lines of Extended JSON,
//! compressed; `Stats.gz` stands beside the folders and is the latest only. Ours
//! adds one file, [`manifest`], by which damage is recognised, and can encrypt
//! every file to age recipients (`.gz.age`).
//!
//! It works on stores as they are, beside Core or without it, and must know
//! nothing of what runs in Core, nor who asks for a backup.

mod file;
mod folder;
mod manifest;
mod restore;
mod take;

#[cfg(test)]
mod tests;

pub use file::{Identities, Recipients};
pub use folder::{Backup, list, prune};
pub use restore::{Plan, Restore, Source};
pub use take::{Secrets, Take, Taken, take};
