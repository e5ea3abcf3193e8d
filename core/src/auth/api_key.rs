//! API keys: `K_…_K` in clear and `S_…_S` as a bcrypt hash (Komodo 2.3 database).
//!
//! bcrypt takes tens of milliseconds on purpose. A secret that was verified once
//! is remembered as a keyed digest under the hash it was verified against, so
//! that later calls cost microseconds; another hash (the key was replaced) or a
//! restart verifies anew. The digest's key never leaves this process.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, Weak};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use varanus_proto::api::auth::manage::CreateApiKeyResponse;
use varanus_proto::entity::api_key::ApiKey;
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::update::Operation;
use varanus_proto::entity::user::User;
use varanus_proto::{Error, Result, Secret};

use super::{Caller, ServiceUser};
use crate::Core;
use crate::catalog::Commit;
use crate::core::now;
use crate::run::{Audit, username};

/// How long after its end a key is still taken, for clocks that differ (ms).
const SKEW: i64 = 5 * 60 * 1000;

/// Secrets that were verified.
pub struct Verified {
    key: [u8; 32],
    digests: RwLock<HashMap<String, Remembered>>,
    /// Keys of the system's own users, which are in no store.
    temporary: RwLock<HashMap<String, ([u8; 32], ServiceUser)>>,
}

struct Remembered {
    hash: String,
    digest: [u8; 32],
}

impl Verified {
    /// None yet.
    pub fn new() -> Result<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)
            .map_err(|error| Error::internal("the system gives no random numbers").cause(error))?;
        Ok(Self { key, digests: RwLock::default(), temporary: RwLock::default() })
    }

    fn digest(&self, secret: &str) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes any key");
        mac.update(secret.as_bytes());
        mac.finalize().into_bytes().into()
    }

    fn knows(&self, key: &str, hash: &str, secret: &str) -> bool {
        let digest = self.digest(secret);
        let digests = self.digests.read().unwrap_or_else(PoisonError::into_inner);
        digests
            .get(key)
            .is_some_and(|known| known.hash == hash && known.digest.ct_eq(&digest).into())
    }

    fn remember(&self, key: &str, hash: &str, secret: &str) {
        let remembered = Remembered { hash: hash.to_owned(), digest: self.digest(secret) };
        let mut digests = self.digests.write().unwrap_or_else(PoisonError::into_inner);
        digests.insert(key.to_owned(), remembered);
    }

    fn temporary(&self, key: &str, secret: &str) -> Option<ServiceUser> {
        let keys = self.temporary.read().unwrap_or_else(PoisonError::into_inner);
        let (digest, user) = keys.get(key)?;
        bool::from(digest.ct_eq(&self.digest(secret))).then_some(*user)
    }

    fn forget(&self, key: &str) {
        self.digests.write().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

/// The user of a key and its secret, if they belong together and are not expired.
pub async fn verify(core: &Core, key: &str, secret: &str) -> Result<Option<Arc<User>>> {
    if let Some(user) = core.auth.keys.temporary(key, secret) {
        return Ok(Some(Arc::new(user.user())));
    }
    let row = core.catalog.api_keys.get(key).filter(|row| row.key == key);
    if let Some(row) = &row
        && core.auth.keys.knows(key, &row.secret, secret)
    {
        return Ok(user_of(core, row));
    }
    let hash = row.as_ref().map(|row| row.secret.as_str());
    if !core.auth.passwords.verify(secret, hash).await? {
        return Ok(None);
    }
    let Some(row) = row else { return Ok(None) };
    core.auth.keys.remember(key, &row.secret, secret);
    Ok(user_of(core, &row))
}

fn user_of(core: &Core, row: &ApiKey) -> Option<Arc<User>> {
    let expired = row.expires != 0 && row.expires + SKEW < now();
    if expired { None } else { core.catalog.users.get(&row.user_id) }
}

/// A key of one of the system's own users, for as long as this value lives. It is
/// in memory alone: no end of Core leaves it behind.
pub struct Temporary {
    /// The key.
    pub key: String,
    /// Its secret.
    pub secret: Secret<String>,
    core: Weak<Core>,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(core) = self.core.upgrade() {
            let keys = &core.auth.keys.temporary;
            keys.write().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        }
    }
}

/// A key for one of the system's own users.
pub fn temporary(core: &Arc<Core>, user: ServiceUser) -> Result<Temporary> {
    let key = format!("K_{}_K", random_text(40)?);
    let secret = format!("S_{}_S", random_text(40)?);
    let digest = core.auth.keys.digest(&secret);
    let keys = &core.auth.keys.temporary;
    keys.write().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), (digest, user));
    Ok(Temporary { key, secret: secret.into(), core: Arc::downgrade(core) })
}

/// Removes keys of the system's own users from the store: an earlier Core, or
/// Komodo, left them when it was killed.
pub async fn purge(core: &Core) -> Result<()> {
    let _edit = core.edit().await;
    let mut commit = Commit::new();
    for (id, row) in core.catalog.api_keys.entries() {
        if ServiceUser::find(&row.user_id).is_some() {
            commit.delete(&core.catalog.api_keys, &id);
        }
    }
    commit.commit(&*core.store).await
}

/// A new key for a user. `expires` is Unix milliseconds, 0 for never. The secret
/// is in the answer and nowhere else.
pub async fn create(
    core: &Core,
    caller: &Caller,
    user_id: &str,
    name: &str,
    expires: i64,
) -> Result<CreateApiKeyResponse> {
    if name.chars().count() > 200 {
        return Err(Error::invalid("the name of an API key has at most 200 characters"));
    }
    let key = format!("K_{}_K", random_text(40)?);
    let secret = format!("S_{}_S", random_text(40)?);
    let hash = core.auth.passwords.hash(&secret).await?;
    let row = ApiKey {
        key: key.clone(),
        secret: hash.clone(),
        user_id: user_id.to_owned(),
        name: name.to_owned(),
        created_at: now(),
        expires,
    };
    let _edit = core.edit().await;
    let mut commit = Commit::new();
    commit.insert(&core.catalog.api_keys, row)?;
    let mut audit = Audit::new(caller, Operation::None, ResourceTarget::system());
    audit.log("Create API Key", format!("key {name:?} of user {:?}", username(core, user_id)));
    audit.commit(core, commit).await?;
    core.auth.keys.remember(&key, &hash, &secret);
    Ok(CreateApiKeyResponse { key, secret })
}

/// Removes a key of which the check of its owner's id says that it may go.
pub async fn delete(
    core: &Core,
    caller: &Caller,
    key: &str,
    may: impl FnOnce(&str) -> Result<()>,
) -> Result<()> {
    let _edit = core.edit().await;
    let missing = || Error::not_found("there is no such API key");
    let id = core.catalog.api_keys.id_of(key).ok_or_else(missing)?;
    let row = core.catalog.api_keys.get(&id).ok_or_else(missing)?;
    may(&row.user_id)?;
    let mut commit = Commit::new();
    commit.delete(&core.catalog.api_keys, &id);
    let mut audit = Audit::new(caller, Operation::None, ResourceTarget::system());
    let owner = username(core, &row.user_id);
    audit.log("Delete API Key", format!("key {:?} of user {owner:?}", row.name));
    audit.commit(core, commit).await?;
    core.auth.keys.forget(&row.key);
    Ok(())
}

/// So many random letters and digits.
pub fn random_text(length: usize) -> Result<String> {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut text = String::with_capacity(length);
    let mut buffer = [0; 64];
    while text.len() < length {
        getrandom::fill(&mut buffer)
            .map_err(|error| Error::internal("the system gives no random numbers").cause(error))?;
        // Taking only bytes below a multiple of 62 keeps every letter as likely.
        let fair =
            buffer.iter().filter(|byte| **byte < 248).map(|byte| LETTERS[usize::from(byte % 62)]);
        text.extend(fair.take(length - text.len()).map(char::from));
    }
    Ok(text)
}
