//! Which Core may command this agent.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use varanus_link::key::{PublicKey, file_of};
use varanus_proto::{Error, Result};

use crate::config::{CoreKeys, PeripheryConfig};

/// Decides by keys, and remembers the first Core where nobody said which.
pub struct Trust {
    keys: CoreKeys,
    /// Keys that a trusted Core announced for itself, while the agent runs.
    announced: Mutex<Vec<PublicKey>>,
}

impl Trust {
    /// As configured.
    pub fn new(config: &PeripheryConfig) -> Self {
        Self { keys: config.core_keys(), announced: Mutex::default() }
    }

    /// Whether a Core with this key may command the agent.
    ///
    /// Errors: `Unauthorized`, with the key, so that a person can add it.
    pub fn check(&self, key: PublicKey) -> Result<()> {
        if self.announced.lock().unwrap_or_else(PoisonError::into_inner).contains(&key) {
            return Ok(());
        }
        match &self.keys {
            CoreKeys::Any => Ok(()),
            CoreKeys::These(specs) => {
                for spec in specs {
                    if PublicKey::load(spec)? == Some(key) {
                        return Ok(());
                    }
                }
                Err(Error::unauthorized(format!(
                    "the agent does not trust this Core; add its public key {key} to \
                     core_public_keys (PERIPHERY_CORE_PUBLIC_KEYS)"
                )))
            }
            CoreKeys::FirstMet(path) => first_met(path, key),
        }
    }

    /// A trusted Core has a new key: the first file of keys gets it.
    pub fn rotate(&self, key: PublicKey) -> Result<()> {
        let file = match &self.keys {
            CoreKeys::Any => None,
            CoreKeys::FirstMet(path) => Some(path.clone()),
            CoreKeys::These(specs) => specs.iter().find_map(|spec| file_of(spec)),
        };
        match (&self.keys, file) {
            (CoreKeys::Any, _) => Ok(()),
            (_, Some(path)) => {
                key.write(&path)?;
                self.announced.lock().unwrap_or_else(PoisonError::into_inner).push(key);
                Ok(())
            }
            (_, None) => Err(Error::invalid(
                "core_public_keys of the agent holds the key itself, so it cannot be changed from \
                 afar; use file:/path",
            )),
        }
    }
}

fn first_met(path: &Path, key: PublicKey) -> Result<()> {
    match PublicKey::load(&format!("file:{}", path.display()))? {
        Some(known) if known == key => Ok(()),
        Some(_) => Err(Error::unauthorized(format!(
            "Core has another key ({key}) than when this agent first met it; if that is right, \
             remove {}",
            path.display()
        ))),
        None => {
            tracing::info!(%key, path = %path.display(), "met Core for the first time: its key is kept");
            key.write(path)
        }
    }
}

#[cfg(test)]
mod tests {
    use varanus_link::key::PrivateKey;

    use super::*;

    #[test]
    fn the_first_core_is_kept_and_no_other_taken() {
        let folder = tempfile::tempdir().unwrap();
        let keys = CoreKeys::FirstMet(folder.path().join("keys/core.pub"));
        let trust = Trust { keys, announced: Mutex::default() };
        let key = || PrivateKey::generate().unwrap().public();
        let (first, second) = (key(), key());
        trust.check(first).unwrap();
        trust.check(first).unwrap();
        let error = trust.check(second).unwrap_err();
        assert!(error.to_string().contains("core.pub"), "{error}");
        trust.rotate(second).unwrap();
        trust.check(second).unwrap();
    }

    #[test]
    fn configured_keys_alone_are_taken() {
        let key = || PrivateKey::generate().unwrap().public();
        let (known, other) = (key(), key());
        let keys = CoreKeys::These(vec![known.to_string()]);
        let trust = Trust { keys, announced: Mutex::default() };
        trust.check(known).unwrap();
        assert!(trust.check(other).is_err());
        assert!(trust.rotate(other).is_err());
    }
}
