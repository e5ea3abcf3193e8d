//! What a caller may do with a resource.
//!
//! The effective permission is the highest level, and the union of specifics,
//! of: transparent mode, the resource's base permission, what the user and the
//! user's groups hold on the whole kind, and what they hold on this resource.
//! Stacks, deployments and the like also inherit the specifics held on their
//! server. What a caller may not see does not exist for them: 404.

use varanus_proto::entity::permission::{
    PermissionLevel, PermissionLevelAndSpecifics, SpecificPermission, UserTarget,
};
use varanus_proto::entity::resource::{ResourceTarget, ResourceTargetVariant};
use varanus_proto::{Error, Result};

use super::Caller;
use crate::Core;

/// A level and specifics, as a requirement.
pub fn need(
    level: PermissionLevel,
    specific: &[SpecificPermission],
) -> PermissionLevelAndSpecifics {
    PermissionLevelAndSpecifics { level, specific: specific.iter().copied().collect() }
}

/// What a caller may do with a target.
pub fn effective(
    core: &Core,
    caller: &Caller,
    target: &ResourceTarget,
) -> PermissionLevelAndSpecifics {
    if caller.is_admin() {
        return PermissionLevelAndSpecifics::all();
    }
    if target.kind() == ResourceTargetVariant::System {
        return PermissionLevelAndSpecifics::default();
    }
    let mut granted = granted_on(core, caller, target);
    if let Some(host) = host_of(core, target) {
        granted.specific.extend(granted_on(core, caller, &host).specific);
    }
    granted
}

/// Goes on when the caller may do what is needed; 404 when they may not even
/// see the target, 403 when they may see it.
pub fn check(
    core: &Core,
    caller: &Caller,
    target: &ResourceTarget,
    name: &str,
    needed: &PermissionLevelAndSpecifics,
) -> Result<()> {
    let granted = effective(core, caller, target);
    if granted.grants(needed) {
        return Ok(());
    }
    let kind = target.kind();
    if granted.level < PermissionLevel::Read {
        return Err(Error::not_found(format!("there is no {kind} {name:?}")));
    }
    let specific: Vec<_> =
        needed.specific.difference(&granted.specific).map(|specific| specific.as_str()).collect();
    let missing = match (granted.level < needed.level, specific.is_empty()) {
        (true, _) => format!("{} permission", needed.level),
        (false, _) => format!("the permission {}", specific.join(", ")),
    };
    Err(Error::forbidden(format!("{kind} {name:?}: this needs {missing}; an admin can grant it")))
}

fn granted_on(
    core: &Core,
    caller: &Caller,
    target: &ResourceTarget,
) -> PermissionLevelAndSpecifics {
    let (kind, id) = target.parts();
    let mut granted = PermissionLevelAndSpecifics::default();
    if core.config.transparent_mode {
        granted.level = PermissionLevel::Read;
    }
    if let Some(base) = crate::resource::base_permission(core, target) {
        granted.join(&base);
    }
    if let Some(all) = caller.user.all.get(&kind) {
        granted.join(all);
    }
    let groups: Vec<_> = core
        .catalog
        .user_groups
        .all()
        .into_iter()
        .filter(|group| group.everyone || group.users.iter().any(|user| user == caller.id()))
        .collect();
    for group in &groups {
        if let Some(all) = group.all.get(&kind) {
            granted.join(all);
        }
    }
    for permission in core.catalog.permissions.all() {
        let held = match &permission.user_target {
            UserTarget::User(user) => user == caller.id(),
            UserTarget::UserGroup(group) => groups.iter().any(|held| held.id.as_str() == group),
        };
        if held && permission.resource_target.parts() == (kind, id) {
            granted.join(&PermissionLevelAndSpecifics {
                level: permission.level,
                specific: permission.specific.clone(),
            });
        }
    }
    granted
}

/// The server (or swarm) whose specifics a target inherits.
fn host_of(core: &Core, target: &ResourceTarget) -> Option<ResourceTarget> {
    let host = |swarm: &str, server: &str| match (swarm, server) {
        ("", "") => None,
        ("", server) => Some(ResourceTarget::Server(server.to_owned())),
        (swarm, _) => Some(ResourceTarget::Swarm(swarm.to_owned())),
    };
    match target {
        ResourceTarget::Stack(id) => {
            let stack = core.catalog.stacks.get(id)?;
            host(&stack.config.swarm_id, &stack.config.server_id)
        }
        ResourceTarget::Deployment(id) => {
            let deployment = core.catalog.deployments.get(id)?;
            host(&deployment.config.swarm_id, &deployment.config.server_id)
        }
        ResourceTarget::Repo(id) => host("", &core.catalog.repos.get(id)?.config.server_id),
        _ => None,
    }
}
