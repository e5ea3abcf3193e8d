//! Who may come in and what they may do: users, groups, grants, the API keys of
//! users, and the keys that new agents introduce themselves with.
//!
//! This room changes them; it must not know how a caller shows who they are
//! (`auth`) or what a grant means for a request (`auth::access`).
//!
//! Admins alone change anything here. Super admins cannot be changed by anybody,
//! so that there is always one who can undo what others did; a user who is an
//! admin can be changed by a super admin alone.

mod api_key;
mod declare;
mod group;
mod onboarding;
mod permission;
mod user;

pub use declare::{Declared, declare};
pub use group::delete as delete_group;

use std::sync::Arc;

use varanus_proto::entity::permission::UserTarget;
use varanus_proto::entity::user::User;
use varanus_proto::entity::user_group::UserGroup;
use varanus_proto::{Error, Result};

use crate::Core;
use crate::http::{Api, Call};

/// Every request of this room.
pub fn api(api: &mut Api) {
    user::api(api);
    group::api(api);
    permission::api(api);
    api_key::api(api);
    onboarding::api(api);
}

/// The user of an id or username.
fn find_user(core: &Core, id_or_name: &str) -> Result<Arc<User>> {
    let missing = || Error::not_found(format!("there is no user {id_or_name:?}"));
    core.catalog.users.get(id_or_name).ok_or_else(missing)
}

/// The group of an id or name.
fn find_group(core: &Core, id_or_name: &str) -> Result<Arc<UserGroup>> {
    let missing = || Error::not_found(format!("there is no user group {id_or_name:?}"));
    core.catalog.user_groups.get(id_or_name).ok_or_else(missing)
}

/// Whoever a target names, by id.
fn resolve(core: &Core, target: &UserTarget) -> Result<UserTarget> {
    Ok(match target {
        UserTarget::User(user) => UserTarget::User(find_user(core, user)?.id.0.clone()),
        UserTarget::UserGroup(group) => {
            UserTarget::UserGroup(find_group(core, group)?.id.0.clone())
        }
    })
}

/// Goes on when the caller may change this user.
fn may_change(call: &Call, user: &User) -> Result<()> {
    call.caller.require_admin("change users")?;
    let name = &user.username;
    if user.super_admin {
        return Err(Error::forbidden(format!(
            "{name:?} is a super admin, whom nobody can change or delete"
        )));
    }
    if user.admin && !call.caller.user.super_admin {
        return Err(Error::forbidden(format!(
            "{name:?} is an admin; only a super admin may change or delete them"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
