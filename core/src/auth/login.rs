//! Logging in and signing up. Nobody is known yet: the address of the caller is
//! all there is to count failures by.

use std::sync::Arc;

use varanus_proto::api::auth::login::{
    GetLoginOptions, GetLoginOptionsResponse, LoginLocalUser, SignUpLocalUser,
};
use varanus_proto::entity::update::Operation;
use varanus_proto::entity::user::{
    JwtOrTwoFactor, JwtResponse, User, UserConfig, UserConfigVariant,
};
use varanus_proto::{Error, Result};

use super::{Caller, check_password, check_username, local_user};
use crate::Core;
use crate::catalog::Commit;
use crate::http::{Api, Call};
use crate::run::Audit;

const WRONG: &str = "Invalid login credentials";

pub(super) fn api(api: &mut Api) {
    api.on(|call: Call, _: GetLoginOptions| async move { Ok(options(&call.core)) });
    api.on(|call: Call, request: LoginLocalUser| async move { login(&call, request).await });
    api.on(|call: Call, request: SignUpLocalUser| async move { sign_up(&call, request).await });
}

fn options(core: &Core) -> GetLoginOptionsResponse {
    GetLoginOptionsResponse {
        local: core.config.local_auth,
        oidc: false,
        github: false,
        google: false,
        registration_disabled: core.config.local_registration_disabled(),
        oidc_auto_redirect: false,
    }
}

fn require_local(core: &Core) -> Result<()> {
    match core.config.local_auth {
        true => Ok(()),
        false => Err(Error::unauthorized(
            "login with a password is off; KOMODO_LOCAL_AUTH=true turns it on",
        )),
    }
}

/// The password's hash, where a user has one.
pub(super) fn password_hash(user: &User) -> Option<&str> {
    let of = |config: &UserConfig| matches!(config, UserConfig::Local { password } if !password.is_empty());
    let local = match of(&user.config) {
        true => Some(&user.config),
        false => user.linked_logins.0.get(&UserConfigVariant::Local),
    };
    match local {
        Some(UserConfig::Local { password }) if !password.is_empty() => Some(password),
        _ => None,
    }
}

async fn login(call: &Call, request: LoginLocalUser) -> Result<JwtOrTwoFactor> {
    let core = &call.core;
    require_local(core)?;
    core.auth.logins.check(call.address)?;
    let user = core.catalog.users.get(&request.username);
    // A user is found by name here, never by id.
    let user = user.filter(|user| user.username == request.username);
    let hash = user.as_deref().and_then(password_hash);
    let right = core.auth.passwords.verify(&request.password, hash).await?;
    let Some(user) = user.filter(|_| right) else {
        return Err(core.auth.logins.failed(call.address, Error::unauthorized(WRONG)));
    };
    if user.passkey.passkey.is_some() || !user.totp.secret.is_empty() {
        return Err(Error::forbidden(
            "this user has a second factor, which this version does not ask for yet; \
             use an API key, or let an admin remove the second factor",
        ));
    }
    let jwt = core.auth.sessions.issue(user.id.as_str())?;
    Ok(JwtOrTwoFactor::Jwt(JwtResponse { jwt }))
}

async fn sign_up(call: &Call, request: SignUpLocalUser) -> Result<JwtResponse> {
    let core: &Arc<Core> = &call.core;
    require_local(core)?;
    core.auth.logins.check(call.address)?;
    check_username(&request.username)?;
    check_password(core, &request.password)?;
    let refused = || {
        let error = Error::forbidden("nobody new may sign up here; ask an admin for a user");
        core.auth.logins.failed(call.address, error)
    };
    if !core.catalog.users.is_empty() && core.config.local_registration_disabled() {
        return Err(refused());
    }
    let hash = core.auth.passwords.hash(&request.password).await?;
    let _edit = core.edit().await;
    let first = core.catalog.users.is_empty();
    if !first && core.config.local_registration_disabled() {
        return Err(refused());
    }
    if core.catalog.users.get(&request.username).is_some() {
        return Err(Error::conflict(format!("the username {:?} is taken", request.username)));
    }
    let enabled = first || core.config.enable_new_users;
    let user = local_user(&request.username, hash, enabled, first);
    let mut commit = Commit::new();
    let id = commit.insert(&core.catalog.users, user.clone())?;
    let mut signed_up = user;
    signed_up.id = id.as_str().into();
    let system = varanus_proto::entity::resource::ResourceTarget::system();
    let mut audit = Audit::new(&Caller::new(Arc::new(signed_up)), Operation::None, system);
    audit.log("Sign Up", format!("user {:?} signed up", request.username));
    audit.add_to(core, &mut commit)?;
    commit.commit(&*core.store).await?;
    Ok(JwtResponse { jwt: core.auth.sessions.issue(&id)? })
}
