//! What a user changes of their own login.

use varanus_proto::api::auth::manage::{
    CreateApiKey, DeleteApiKey, GetUserId, GetUserIdResponse, UpdatePassword, UpdateUsername,
};
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::update::Operation;
use varanus_proto::entity::user::{User, UserConfig, UserConfigVariant};
use varanus_proto::{Error, NoData, Result};

use super::{api_key, check_password, check_username};
use crate::catalog::Commit;
use crate::core::now;
use crate::http::{Api, Call};
use crate::run::Audit;

pub(super) fn api(api: &mut Api) {
    api.on(|call: Call, _: GetUserId| async move {
        Ok(GetUserIdResponse { id: call.caller.id().to_owned() })
    });
    api.on(|call: Call, request: UpdateUsername| async move {
        not_locked(&call)?;
        check_username(&request.username)?;
        let taken = call.core.catalog.users.get(&request.username);
        if taken.is_some_and(|user| user.id != call.caller.user.id) {
            return Err(Error::conflict(format!("the username {:?} is taken", request.username)));
        }
        change(&call, "Update Username", |user| user.username = request.username).await
    });
    api.on(|call: Call, request: UpdatePassword| async move {
        not_locked(&call)?;
        check_password(&call.core, &request.password)?;
        let password = call.core.auth.passwords.hash(&request.password).await?;
        let local = UserConfig::Local { password };
        change(&call, "Update Password", |user| match &user.config {
            UserConfig::Local { .. } => user.config = local,
            _ => {
                user.linked_logins.0.insert(UserConfigVariant::Local, local);
            }
        })
        .await
    });
    api.on(|call: Call, request: CreateApiKey| async move {
        let expires = i64::try_from(request.expires).unwrap_or(0);
        let id = call.caller.id();
        api_key::create(&call.core, &call.caller, id, &request.name, expires).await
    });
    api.on(|call: Call, request: DeleteApiKey| async move {
        api_key::delete(&call.core, &call.caller, &request.key, |owner| {
            match owner == call.caller.id() {
                true => Ok(()),
                false => Err(Error::forbidden("this API key belongs to somebody else")),
            }
        })
        .await?;
        Ok(NoData {})
    });
}

fn not_locked(call: &Call) -> Result<()> {
    let locked = &call.core.config.lock_login_credentials_for;
    match locked.iter().any(|name| name == "__ALL__" || *name == call.caller.user.username) {
        true => Err(Error::unauthorized(
            "the login of this user may not be changed (lock_login_credentials_for)",
        )),
        false => Ok(()),
    }
}

async fn change(call: &Call, stage: &str, change: impl FnOnce(&mut User)) -> Result<NoData> {
    let core = &call.core;
    let _edit = core.edit().await;
    let gone = || Error::not_found("this user is gone");
    let mut user = (*core.catalog.users.get(call.caller.id()).ok_or_else(gone)?).clone();
    change(&mut user);
    user.updated_at = now();
    let mut commit = Commit::new();
    commit.put(&core.catalog.users, call.caller.id(), user)?;
    let mut audit = Audit::new(&call.caller, Operation::None, ResourceTarget::system());
    audit.log(stage, format!("of user {:?}", call.caller.user.username));
    audit.add_to(core, &mut commit)?;
    commit.commit(&*core.store).await?;
    Ok(NoData {})
}
