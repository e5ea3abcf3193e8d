//! Tokens for git hosts and image registries: accounts in the store first, then
//! those of the configuration file.

use varanus_proto::{Error, Result};

use crate::Core;

/// The token of an account at a git host. No account means no token; an account
/// that nobody knows is an error.
pub fn git_token(core: &Core, provider: &str, account: &str) -> Result<Option<String>> {
    if account.is_empty() {
        return Ok(None);
    }
    let stored = core
        .catalog
        .git_accounts
        .find(|known| known.domain == provider && known.username == account)
        .map(|known| known.token.clone());
    let configured = || {
        let host = core.config.git_providers.iter().find(|known| known.domain == provider)?;
        let known = host.accounts.iter().find(|known| known.username == account)?;
        Some(known.token.expose().clone())
    };
    stored.or_else(configured).map(Some).ok_or_else(|| {
        Error::invalid(format!(
            "there is no git account {account:?} at {provider:?}; add it under the git providers"
        ))
    })
}

/// The token of an account at an image registry, likewise.
pub fn registry_token(core: &Core, domain: &str, account: &str) -> Result<Option<String>> {
    if domain.is_empty() || account.is_empty() {
        return Ok(None);
    }
    let stored = core
        .catalog
        .registry_accounts
        .find(|known| known.domain == domain && known.username == account)
        .map(|known| known.token.clone());
    let configured = || {
        let host = core.config.image_registries.iter().find(|known| known.domain == domain)?;
        let known = host.accounts.iter().find(|known| known.username == account)?;
        Some(known.token.expose().clone())
    };
    stored.or_else(configured).map(Some).ok_or_else(|| {
        Error::invalid(format!(
            "there is no registry account {account:?} at {domain:?}; add it under the image registries"
        ))
    })
}
