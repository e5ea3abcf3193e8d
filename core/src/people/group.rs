//! Groups of users. Admins see and change all of them; others see those that
//! they are in.

use varanus_proto::api::read::user_group::{GetUserGroup, ListUserGroups};
use varanus_proto::api::write::user_group::*;
use varanus_proto::entity::permission::UserTarget;
use varanus_proto::entity::update::Operation;
use varanus_proto::entity::user_group::UserGroup;
use varanus_proto::{Error, Result};

use super::{find_group, find_user};
use crate::Commit;
use crate::core::now;
use crate::http::{Api, Call};
use crate::settings::{plain_name, record};

pub(super) fn api(api: &mut Api) {
    api.on(|call: Call, request: GetUserGroup| async move {
        let name = &request.user_group;
        let group = call.core.catalog.user_groups.get(name).filter(|group| sees(&call, group));
        let missing = || Error::not_found(format!("there is no user group {name:?}"));
        Ok((*group.ok_or_else(missing)?).clone())
    });
    api.on(|call: Call, _: ListUserGroups| async move {
        let all = call.core.catalog.user_groups.all();
        Ok(all.iter().filter(|group| sees(&call, group)).map(|group| (**group).clone()).collect())
    });
    api.on(
        |call: Call, request: CreateUserGroup| async move { create(&call, &request.name).await },
    );
    api.on(|call: Call, request: RenameUserGroup| async move {
        change(&call, &request.id, "Rename User Group", |group| {
            let name = plain_name("user group", &request.name)?;
            if name != group.name && call.core.catalog.user_groups.get(name).is_some() {
                return Err(taken(name));
            }
            let text = format!("renamed {:?} to {name:?}", group.name);
            group.name = name.to_owned();
            Ok(text)
        })
        .await
    });
    api.on(|call: Call, request: AddUserToUserGroup| async move {
        change(&call, &request.user_group, "Add User", |group| {
            let user = find_user(&call.core, &request.user)?;
            if !group.users.contains(&user.id.0) {
                group.users.push(user.id.0.clone());
            }
            Ok(format!("{:?} is in {:?}", user.username, group.name))
        })
        .await
    });
    api.on(|call: Call, request: RemoveUserFromUserGroup| async move {
        change(&call, &request.user_group, "Remove User", |group| {
            let user = find_user(&call.core, &request.user)?;
            group.users.retain(|member| *member != user.id.0);
            Ok(format!("{:?} is no longer in {:?}", user.username, group.name))
        })
        .await
    });
    api.on(|call: Call, request: SetUsersInUserGroup| async move {
        change(&call, &request.user_group, "Set Users", |group| {
            let mut users: Vec<String> = Vec::new();
            let mut names = Vec::new();
            for user in &request.users {
                let user = find_user(&call.core, user)?;
                if !users.contains(&user.id.0) {
                    users.push(user.id.0.clone());
                    names.push(user.username.clone());
                }
            }
            group.users = users.into();
            Ok(format!("in {:?} are: {}", group.name, names.join(", ")))
        })
        .await
    });
    api.on(|call: Call, request: SetEveryoneUserGroup| async move {
        change(&call, &request.user_group, "Set Everyone", |group| {
            group.everyone = request.everyone;
            Ok(match request.everyone {
                true => format!("everyone is in {:?}", group.name),
                false => format!("only its users are in {:?}", group.name),
            })
        })
        .await
    });
    api.on(|call: Call, request: DeleteUserGroup| async move { delete(&call, &request.id).await });
}

fn sees(call: &Call, group: &UserGroup) -> bool {
    let caller = call.caller.id();
    call.caller.is_admin() || group.everyone || group.users.iter().any(|user| user == caller)
}

fn taken(name: &str) -> Error {
    Error::conflict(format!("there is a user group {name:?} already"))
}

async fn create(call: &Call, name: &str) -> Result<UserGroup> {
    call.caller.require_admin("create user groups")?;
    let name = plain_name("user group", name)?;
    let core = &call.core;
    let _edit = core.edit().await;
    if core.catalog.user_groups.get(name).is_some() {
        return Err(taken(name));
    }
    let group = UserGroup { name: name.to_owned(), updated_at: now(), ..Default::default() };
    let mut commit = Commit::new();
    let id = commit.insert(&core.catalog.user_groups, group)?;
    let text = format!("created {name:?} (id {id})");
    record(call, commit, Operation::None, "Create User Group", text).await?;
    Ok((*find_group(core, &id)?).clone())
}

/// Changes a group; the text returned goes into the record.
async fn change(
    call: &Call,
    id_or_name: &str,
    stage: &str,
    change: impl FnOnce(&mut UserGroup) -> Result<String>,
) -> Result<UserGroup> {
    call.caller.require_admin("change user groups")?;
    let core = &call.core;
    let _edit = core.edit().await;
    let before = find_group(core, id_or_name)?;
    let mut after = (*before).clone();
    let text = change(&mut after)?;
    if after != *before {
        after.updated_at = now();
        let mut commit = Commit::new();
        commit.put(&core.catalog.user_groups, before.id.as_str(), after.clone())?;
        record(call, commit, Operation::None, stage, text).await?;
    }
    Ok(after)
}

/// Deletes a group and what it holds.
pub async fn delete(call: &Call, id_or_name: &str) -> Result<UserGroup> {
    call.caller.require_admin("delete user groups")?;
    let core = &call.core;
    let _edit = core.edit().await;
    let group = find_group(core, id_or_name)?;
    let id = group.id.as_str();
    let mut commit = Commit::new();
    commit.delete(&core.catalog.user_groups, id);
    for (row, permission) in core.catalog.permissions.entries() {
        if matches!(&permission.user_target, UserTarget::UserGroup(holder) if holder == id) {
            commit.delete(&core.catalog.permissions, &row);
        }
    }
    let text = format!("deleted {:?}", group.name);
    record(call, commit, Operation::None, "Delete User Group", text).await?;
    Ok((*group).clone())
}
