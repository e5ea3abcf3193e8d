//! A group as a resource file declares it: its users and all that it holds, in
//! one change.

use std::collections::HashMap;

use varanus_proto::entity::permission::{Permission, PermissionLevelAndSpecifics, UserTarget};
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::update::Operation;
use varanus_proto::entity::user_group::UserGroup;
use varanus_proto::{MongoId, Result};

use crate::Commit;
use crate::core::now;
use crate::http::Call;
use crate::settings::{plain_name, record};

/// What a group is to be.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// The group; its id does not matter.
    pub group: UserGroup,
    /// What it holds on single resources, by id.
    pub grants: Vec<(ResourceTarget, PermissionLevelAndSpecifics)>,
}

/// Makes a group what it is declared to be, and creates it if there is none of
/// its name.
pub async fn declare(call: &Call, declared: Declared) -> Result<()> {
    call.caller.require_admin("change user groups")?;
    let name = plain_name("user group", &declared.group.name)?.to_owned();
    let core = &call.core;
    let catalog = &core.catalog;
    let _edit = core.edit().await;
    let mut commit = Commit::new();
    let mut group = UserGroup { updated_at: now(), ..declared.group };
    let id = match catalog.user_groups.get(&name) {
        Some(there) => {
            let id = there.id.as_str().to_owned();
            group.id = there.id.clone();
            commit.put(&catalog.user_groups, &id, group)?;
            id
        }
        None => commit
            .insert(&catalog.user_groups, UserGroup { id: MongoId::default(), ..group })?
            .to_string(),
    };
    let holder = UserTarget::UserGroup(id);
    let mut wanted: HashMap<ResourceTarget, PermissionLevelAndSpecifics> =
        declared.grants.into_iter().collect();
    for row in catalog.permissions.all() {
        if row.user_target != holder {
            continue;
        }
        match wanted.remove(&row.resource_target) {
            None => commit.delete(&catalog.permissions, row.id.as_str()),
            Some(PermissionLevelAndSpecifics { level, specific }) => {
                let after = Permission { level, specific, ..(*row).clone() };
                if after != *row {
                    commit.put(&catalog.permissions, row.id.as_str(), after)?;
                }
            }
        }
    }
    for (resource_target, PermissionLevelAndSpecifics { level, specific }) in wanted {
        let id = MongoId::default();
        let user_target = holder.clone();
        let row = Permission { id, user_target, resource_target, level, specific };
        commit.insert(&catalog.permissions, row)?;
    }
    let text = format!("{name:?} is as its resource file declares it");
    record(call, commit, Operation::None, "Update User Group", text).await
}
