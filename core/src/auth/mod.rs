//! Who is calling, and what they may do.
//!
//! [`Caller`] is the answer to the first question, [`access`] to the second.
//! This room must not know what a request does. Every secret that somebody
//! presents is compared in constant time, and an unknown name costs the same as
//! a wrong password.

pub mod access;
pub mod api_key;
mod authenticate;
mod caller;
mod limit;
mod login;
mod manage;
pub mod password;
mod session;

use std::sync::Arc;

use varanus_proto::entity::user::{User, UserConfig};
use varanus_proto::{Error, Result, is_object_id};

pub use authenticate::{Presented, authenticate};
pub use caller::{Caller, ServiceUser};
pub use limit::Limiter;

use crate::Core;
use crate::catalog::Commit;
use crate::config::CoreConfig;
use crate::core::now;
use crate::http::Api;

/// What authentication remembers.
pub struct Auth {
    /// Tokens of people who logged in.
    pub(crate) sessions: session::Sessions,
    keys: api_key::Verified,
    /// Hashes and verifies passwords.
    pub passwords: password::Passwords,
    /// Failed local logins, by address.
    pub logins: Limiter,
    /// Every other failure to show who one is, by address.
    pub general: Limiter,
}

impl Auth {
    /// Nothing remembered yet.
    pub fn new(config: &CoreConfig) -> Result<Self> {
        Ok(Self {
            sessions: session::Sessions::new(config)?,
            keys: api_key::Verified::new()?,
            passwords: password::Passwords::default(),
            logins: Limiter::new(config),
            general: Limiter::new(config),
        })
    }
}

/// The requests of `/auth/login` and `/auth/manage`.
pub fn api(api: &mut Api) {
    login::api(api);
    manage::api(api);
}

/// Creates the configured admin when there are no users at all.
pub async fn first_admin(core: &Arc<Core>) -> Result<()> {
    let Some(username) = core.config.init_admin_username.as_deref().filter(|name| !name.is_empty())
    else {
        return Ok(());
    };
    let _edit = core.edit().await;
    if !core.catalog.users.is_empty() {
        return Ok(());
    }
    let hash = core.auth.passwords.hash(core.config.init_admin_password.expose()).await?;
    let mut commit = Commit::new();
    commit.insert(&core.catalog.users, local_user(username, hash, true, true))?;
    commit.commit(&*core.store).await?;
    tracing::info!(username, "created the first admin");
    if core.config.init_admin_password.expose() == "changeme" {
        tracing::warn!("the first admin has the default password: change it in the profile");
    }
    Ok(())
}

/// A new user who logs in with a password.
pub fn local_user(username: &str, password_hash: String, enabled: bool, admin: bool) -> User {
    let mut user = ServiceUser::System.user();
    user.id = Default::default();
    user.username = username.to_owned();
    user.enabled = enabled;
    user.admin = admin;
    user.super_admin = admin;
    user.create_server_permissions = false;
    user.create_build_permissions = false;
    user.config = UserConfig::Local { password: password_hash };
    user.updated_at = now();
    user
}

/// Goes on with a name that a user may have.
pub fn check_username(username: &str) -> Result<()> {
    let well_formed = (1..=100).contains(&username.len())
        && username.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._@-".contains(&byte));
    // Records would name a person as if it had been the server itself.
    if ServiceUser::find(username).is_some() {
        return Err(Error::conflict(format!("the username {username:?} is taken")));
    }
    match well_formed && !is_object_id(username) {
        true => Ok(()),
        false => Err(Error::invalid(format!(
            "{username:?} is no username: 1 to 100 of the letters a–z, A–Z, digits and . _ @ -, \
             and not in the form of an id"
        ))),
    }
}

/// Goes on with a password that is long enough.
pub fn check_password(core: &Core, password: &str) -> Result<()> {
    let least = usize::from(core.config.min_password_length).max(1);
    match password.chars().count() {
        length if length < least => {
            Err(Error::invalid(format!("the password is too short: at least {least} characters")))
        }
        length if length > 1000 => {
            Err(Error::invalid("the password is too long: at most 1000 characters"))
        }
        _ if password.chars().any(char::is_control) => {
            Err(Error::invalid("the password holds a control character"))
        }
        _ => Ok(()),
    }
}

/// A user without what nobody may read: the password, second factors.
pub fn sanitize(mut user: User) -> User {
    let hide = |config: &mut UserConfig| {
        if let UserConfig::Local { password } = config
            && !password.is_empty()
        {
            *password = "########".into();
        }
    };
    hide(&mut user.config);
    user.linked_logins.0.values_mut().for_each(hide);
    user.totp.secret.clear();
    user.totp.recovery_codes.clear();
    user.passkey.passkey = None;
    user
}
