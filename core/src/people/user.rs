//! Users: people who log in, and service users, who have API keys alone.

use varanus_proto::api::read::user::*;
use varanus_proto::api::write::permission::{UpdateUserAdmin, UpdateUserBasePermissions};
use varanus_proto::api::write::user::*;
use varanus_proto::entity::permission::{PermissionLevel, UserTarget};
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::update::Operation;
use varanus_proto::entity::user::{User, UserConfig};
use varanus_proto::{Error, NoData, Result};

use super::{find_user, may_change};
use crate::Commit;
use crate::auth::{ServiceUser, access, check_password, check_username, local_user, sanitize};
use crate::core::now;
use crate::http::{Api, Call};
use crate::settings::record;

/// How many resources of a kind are remembered as viewed.
const RECENTS: usize = 10;

pub(super) fn api(api: &mut Api) {
    api.on(|call: Call, request: ListUsers| async move { list(&call, request.service_users) });
    api.on(|call: Call, request: FindUser| async move {
        call.caller.require_admin("look at users")?;
        match ServiceUser::find(&request.user) {
            Some(built_in) => Ok(built_in.user()),
            None => Ok(sanitize((*find_user(&call.core, &request.user)?).clone())),
        }
    });
    api.on(|call: Call, request: GetUsername| async move { username(&call, &request.user_id) });
    api.on(|call: Call, request: CreateLocalUser| async move {
        call.caller.require_admin("create users")?;
        check_password(&call.core, &request.password)?;
        let hash = call.core.auth.passwords.hash(&request.password).await?;
        let enabled = call.core.config.enable_new_users;
        create(&call, local_user(&request.username, hash, enabled, false)).await
    });
    api.on(|call: Call, request: CreateServiceUser| async move {
        call.caller.require_admin("create users")?;
        let mut user = local_user(&request.username, String::new(), true, false);
        user.config = UserConfig::Service { description: request.description };
        create(&call, user).await
    });
    api.on(|call: Call, request: UpdateServiceUserDescription| async move {
        change(&call, &request.username, "Update Service User", |user| match &mut user.config {
            UserConfig::Service { description } => {
                *description = request.description;
                Ok("description".into())
            }
            _ => Err(Error::invalid(format!("{:?} is no service user", user.username))),
        })
        .await
    });
    api.on(|call: Call, request: UpdateUserBasePermissions| async move {
        change(&call, &request.user_id, "Update User", |user| {
            let UpdateUserBasePermissions { enabled, create_servers, create_builds, .. } = request;
            user.enabled = enabled.unwrap_or(user.enabled);
            user.create_server_permissions =
                create_servers.unwrap_or(user.create_server_permissions);
            user.create_build_permissions = create_builds.unwrap_or(user.create_build_permissions);
            Ok(format!(
                "enabled: {}, may create servers: {}, may create builds: {}",
                user.enabled, user.create_server_permissions, user.create_build_permissions
            ))
        })
        .await?;
        Ok(NoData {})
    });
    api.on(|call: Call, request: UpdateUserAdmin| async move {
        if !call.caller.user.super_admin {
            return Err(Error::forbidden("only a super admin may make or unmake admins"));
        }
        change(&call, &request.user_id, "Update User Admin", |user| {
            user.admin = request.admin;
            Ok(format!("admin: {}", user.admin))
        })
        .await?;
        Ok(NoData {})
    });
    api.on(|call: Call, request: DeleteUser| async move { delete(&call, &request.user).await });
    api.on(|call: Call, request: PushRecentlyViewed| async move {
        push_viewed(&call, &request.resource).await
    });
    api.on(|call: Call, _: SetLastSeenUpdate| async move {
        note(&call, |user| user.last_update_view = now()).await
    });
}

fn list(call: &Call, behavior: ServiceUserQueryBehavior) -> Result<Vec<User>> {
    call.caller.require_admin("list users")?;
    let service = |user: &User| matches!(user.config, UserConfig::Service { .. });
    let users = call.core.catalog.users.all().into_iter().filter(|user| match behavior {
        ServiceUserQueryBehavior::Include => true,
        ServiceUserQueryBehavior::Exclude => !service(user),
        ServiceUserQueryBehavior::Only => service(user),
    });
    Ok(users.map(|user| sanitize((*user).clone())).collect())
}

fn username(call: &Call, id_or_name: &str) -> Result<GetUsernameResponse> {
    if let Some(built_in) = ServiceUser::find(id_or_name) {
        return Ok(GetUsernameResponse { username: built_in.name().to_owned(), avatar: None });
    }
    let user = find_user(&call.core, id_or_name)?;
    let avatar = match &user.config {
        UserConfig::Google { avatar, .. } | UserConfig::Github { avatar, .. } => {
            Some(avatar.clone()).filter(|avatar| !avatar.is_empty())
        }
        _ => None,
    };
    Ok(GetUsernameResponse { username: user.username.clone(), avatar })
}

async fn create(call: &Call, user: User) -> Result<User> {
    let name = &user.username;
    check_username(name)?;
    let core = &call.core;
    let _edit = core.edit().await;
    if core.catalog.users.get(name).is_some() || ServiceUser::find(name).is_some() {
        return Err(Error::conflict(format!("the username {name:?} is taken")));
    }
    let mut commit = Commit::new();
    let id = commit.insert(&core.catalog.users, user.clone())?;
    let text = format!("created {name:?} (id {id}, enabled: {})", user.enabled);
    record(call, commit, Operation::None, "Create User", text).await?;
    Ok(sanitize((*find_user(core, &id)?).clone()))
}

/// Changes another user; the text returned goes into the record.
async fn change(
    call: &Call,
    id_or_name: &str,
    stage: &str,
    change: impl FnOnce(&mut User) -> Result<String>,
) -> Result<User> {
    call.caller.require_admin("change users")?;
    let core = &call.core;
    let _edit = core.edit().await;
    let before = find_user(core, id_or_name)?;
    may_change(call, &before)?;
    let mut after = (*before).clone();
    let text = change(&mut after)?;
    if after != *before {
        after.updated_at = now();
        let mut commit = Commit::new();
        commit.put(&core.catalog.users, before.id.as_str(), after.clone())?;
        let text = format!("user {:?}: {text}", after.username);
        record(call, commit, Operation::None, stage, text).await?;
    }
    Ok(sanitize(after))
}

/// Deletes a user with everything that is theirs alone: API keys, grants,
/// places in groups.
async fn delete(call: &Call, id_or_name: &str) -> Result<User> {
    call.caller.require_admin("delete users")?;
    let core = &call.core;
    let _edit = core.edit().await;
    let user = find_user(core, id_or_name)?;
    if user.id.as_str() == call.caller.id() {
        return Err(Error::invalid("nobody can delete their own user; ask another admin"));
    }
    may_change(call, &user)?;
    let id = user.id.as_str();
    let mut commit = Commit::new();
    commit.delete(&core.catalog.users, id);
    for (row, key) in core.catalog.api_keys.entries() {
        if key.user_id == id {
            commit.delete(&core.catalog.api_keys, &row);
        }
    }
    for (row, permission) in core.catalog.permissions.entries() {
        if matches!(&permission.user_target, UserTarget::User(holder) if holder == id) {
            commit.delete(&core.catalog.permissions, &row);
        }
    }
    for (row, group) in core.catalog.user_groups.entries() {
        if group.users.iter().any(|member| member == id) {
            let mut group = (*group).clone();
            group.users.retain(|member| member != id);
            commit.put(&core.catalog.user_groups, &row, group)?;
        }
    }
    let text = format!("deleted {:?}", user.username);
    record(call, commit, Operation::None, "Delete User", text).await?;
    Ok(sanitize((*user).clone()))
}

async fn push_viewed(call: &Call, resource: &ResourceTarget) -> Result<NoData> {
    let core = &call.core;
    let missing =
        || Error::not_found(format!("there is no {} {:?}", resource.kind(), resource.id()));
    let target = crate::resource::resolve(core, resource).ok_or_else(missing)?;
    let (kind, id) = target.parts();
    if matches!(target, ResourceTarget::System(_)) {
        return Err(Error::invalid("the system itself is no resource that can be viewed"));
    }
    let needed = access::need(PermissionLevel::Read, &[]);
    access::check(core, &call.caller, &target, resource.id(), &needed)?;
    note(call, |user| {
        let recents = user.recents.entry(kind).or_default();
        recents.retain(|recent| recent != id);
        recents.insert(0, id.to_owned());
        recents.truncate(RECENTS);
    })
    .await
}

/// Notes something about the caller that is of no interest to anybody else:
/// it leaves no record. The system's own users remember nothing.
async fn note(call: &Call, change: impl FnOnce(&mut User)) -> Result<NoData> {
    let core = &call.core;
    let _edit = core.edit().await;
    let Some(before) = core.catalog.users.get(call.caller.id()) else { return Ok(NoData {}) };
    let mut after = (*before).clone();
    change(&mut after);
    let mut commit = Commit::new();
    commit.put(&core.catalog.users, call.caller.id(), after)?;
    commit.commit(&*core.store).await?;
    Ok(NoData {})
}
