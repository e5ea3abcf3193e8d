//! Grants: what a user or a group holds on one resource, or on all of a kind.

use varanus_proto::api::read::permission::*;
use varanus_proto::api::write::permission::{
    UpdatePermissionOnResourceType, UpdatePermissionOnTarget,
};
use varanus_proto::entity::permission::{
    Permission, PermissionLevel, PermissionLevelAndSpecifics, UserTarget,
};
use varanus_proto::entity::resource::{ResourceTarget, ResourceTargetVariant};
use varanus_proto::entity::update::Operation;
use varanus_proto::{Error, MongoId, NoData, Result};

use super::{find_group, find_user, may_change, resolve};
use crate::auth::access;
use crate::core::now;
use crate::http::{Api, Call};
use crate::run::Audit;
use crate::settings::record;
use crate::{Commit, Core};

pub(super) fn api(api: &mut Api) {
    api.on(|call: Call, _: ListPermissions| async move {
        Ok(held_by(&call.core, &UserTarget::User(call.caller.id().to_owned())))
    });
    api.on(|call: Call, request: ListUserTargetPermissions| async move {
        call.caller.require_admin("list the permissions of others")?;
        Ok(held_by(&call.core, &resolve(&call.core, &request.user_target)?))
    });
    api.on(|call: Call, request: GetPermission| async move {
        // Of what does not exist, as of what may not be seen, nothing is held.
        Ok(crate::resource::resolve(&call.core, &request.target)
            .map(|target| access::effective(&call.core, &call.caller, &target))
            .unwrap_or_default())
    });
    api.on(|call: Call, request: UpdatePermissionOnTarget| async move {
        on_target(&call, request).await
    });
    api.on(|call: Call, request: UpdatePermissionOnResourceType| async move {
        on_kind(&call, request).await
    });
}

fn held_by(core: &Core, holder: &UserTarget) -> Vec<Permission> {
    let all = core.catalog.permissions.all();
    all.iter()
        .filter(|permission| permission.user_target == *holder)
        .map(|permission| (**permission).clone())
        .collect()
}

fn is_nothing(permission: &PermissionLevelAndSpecifics) -> bool {
    permission.level == PermissionLevel::None && permission.specific.is_empty()
}

fn described(permission: &PermissionLevelAndSpecifics) -> String {
    let specific: Vec<_> = permission.specific.iter().map(|specific| specific.as_str()).collect();
    match specific.is_empty() {
        true => permission.level.to_string(),
        false => format!("{} with {}", permission.level, specific.join(", ")),
    }
}

/// Whom a grant is for, for people; refuses super admins, who hold everything.
fn holder_name(call: &Call, holder: &UserTarget) -> Result<String> {
    match holder {
        UserTarget::User(id) => {
            let user = find_user(&call.core, id)?;
            may_change(call, &user)?;
            Ok(format!("user {:?}", user.username))
        }
        UserTarget::UserGroup(id) => {
            Ok(format!("user group {:?}", find_group(&call.core, id)?.name))
        }
    }
}

async fn on_target(call: &Call, request: UpdatePermissionOnTarget) -> Result<NoData> {
    call.caller.require_admin("grant permissions")?;
    let UpdatePermissionOnTarget { user_target, resource_target, permission } = request;
    if matches!(resource_target, ResourceTarget::System(_)) {
        return Err(Error::invalid("nothing can be granted on the system itself; make an admin"));
    }
    let core = &call.core;
    let _edit = core.edit().await;
    let holder = resolve(core, &user_target)?;
    let holder_name = holder_name(call, &holder)?;
    let target = crate::resource::resolve(core, &resource_target).ok_or_else(|| {
        let (kind, id) = resource_target.parts();
        Error::not_found(format!("there is no {kind} {id:?}"))
    })?;
    let known = core
        .catalog
        .permissions
        .find(|row| row.user_target == holder && row.resource_target == target);
    let text = format!("{holder_name} holds {} now", described(&permission));
    let mut commit = Commit::new();
    match known {
        None if is_nothing(&permission) => return Ok(NoData {}),
        Some(row) if is_nothing(&permission) => {
            commit.delete(&core.catalog.permissions, row.id.as_str());
        }
        Some(row) => {
            let PermissionLevelAndSpecifics { level, specific } = permission;
            let after = Permission { level, specific, ..(*row).clone() };
            commit.put(&core.catalog.permissions, row.id.as_str(), after)?;
        }
        None => {
            let PermissionLevelAndSpecifics { level, specific } = permission;
            let row = Permission {
                id: MongoId::default(),
                user_target: holder,
                resource_target: target.clone(),
                level,
                specific,
            };
            commit.insert(&core.catalog.permissions, row)?;
        }
    }
    let mut audit = Audit::new(&call.caller, Operation::None, target);
    audit.log("Update Permission", text);
    audit.commit(core, commit).await?;
    Ok(NoData {})
}

async fn on_kind(call: &Call, request: UpdatePermissionOnResourceType) -> Result<NoData> {
    call.caller.require_admin("grant permissions")?;
    let UpdatePermissionOnResourceType { user_target, resource_type: kind, permission } = request;
    if kind == ResourceTargetVariant::System {
        return Err(Error::invalid("nothing can be granted on the system itself; make an admin"));
    }
    let core = &call.core;
    let _edit = core.edit().await;
    let holder = resolve(core, &user_target)?;
    let holder_name = holder_name(call, &holder)?;
    let text = format!("{holder_name} holds {} on every {kind} now", described(&permission));
    let mut commit = Commit::new();
    // `all` keeps its order, so that a change of one kind moves no other.
    macro_rules! set_all {
        ($row:expr) => {
            match is_nothing(&permission) {
                true => {
                    $row.all.shift_remove(&kind);
                }
                false => {
                    $row.all.insert(kind, permission);
                }
            }
        };
    }
    match &holder {
        UserTarget::User(id) => {
            let mut user = (*find_user(core, id)?).clone();
            set_all!(user);
            user.updated_at = now();
            commit.put(&core.catalog.users, id, user)?;
        }
        UserTarget::UserGroup(id) => {
            let mut group = (*find_group(core, id)?).clone();
            set_all!(group);
            group.updated_at = now();
            commit.put(&core.catalog.user_groups, id, group)?;
        }
    }
    record(call, commit, Operation::None, "Update Permission", text).await?;
    Ok(NoData {})
}
