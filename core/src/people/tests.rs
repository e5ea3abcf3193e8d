//! What the requests of this room promise, called as a client calls them.

use std::net::IpAddr;

use varanus_link::key::PrivateKey;
use varanus_proto::api::read::api_key::*;
use varanus_proto::api::read::onboarding::ListOnboardingKeys;
use varanus_proto::api::read::permission::*;
use varanus_proto::api::read::server::GetServer;
use varanus_proto::api::read::user::*;
use varanus_proto::api::read::user_group::*;
use varanus_proto::api::write::api_key::*;
use varanus_proto::api::write::onboarding::*;
use varanus_proto::api::write::permission::*;
use varanus_proto::api::write::server::CreateServer;
use varanus_proto::api::write::user::*;
use varanus_proto::api::write::user_group::*;
use varanus_proto::entity::permission::{PermissionLevel, PermissionLevelAndSpecifics, UserTarget};
use varanus_proto::entity::resource::{ResourceTarget, ResourceTargetVariant};
use varanus_proto::{Kind, Secret};

use crate::auth::{Caller, Presented, authenticate};
use crate::testing::Tester;

async fn with_server() -> (Tester, Caller) {
    let tester = Tester::new().await;
    let admin = tester.admin("ann").await;
    tester.call(&admin, CreateServer { name: "srv".into(), ..Default::default() }).await.unwrap();
    (tester, admin)
}

fn get_server() -> GetServer {
    GetServer { server: "srv".into() }
}

fn grant(to: UserTarget, level: PermissionLevel) -> UpdatePermissionOnTarget {
    UpdatePermissionOnTarget {
        user_target: to,
        resource_target: ResourceTarget::Server("srv".into()),
        permission: PermissionLevelAndSpecifics::level(level),
    }
}

async fn by_key(tester: &Tester, key: &str, secret: &str) -> varanus_proto::Result<Caller> {
    let presented = Presented::ApiKey(key.to_owned(), Secret::from(secret));
    authenticate(&tester.core, presented, IpAddr::from([127, 0, 0, 1])).await?.require_enabled()
}

#[tokio::test]
async fn what_a_group_holds_its_users_hold() {
    let (tester, admin) = with_server().await;
    let bob = tester.user("bob").await;
    assert_eq!(tester.call(&bob, get_server()).await.unwrap_err().kind(), Kind::NotFound);
    tester.call(&admin, CreateUserGroup { name: "ops".into() }).await.unwrap();
    let add = AddUserToUserGroup { user_group: "ops".into(), user: "bob".into() };
    let group = tester.call(&admin, add).await.unwrap();
    assert_eq!(group.users.0, [bob.id()]);
    let ops = || UserTarget::UserGroup("ops".into());
    tester.call(&admin, grant(ops(), PermissionLevel::Read)).await.unwrap();
    tester.call(&bob, get_server()).await.unwrap();
    let target = ResourceTarget::Server("srv".into());
    let held = tester.call(&bob, GetPermission { target }).await.unwrap();
    assert_eq!(held.level, PermissionLevel::Read);
    // What a group holds is not listed as the user's own.
    assert!(tester.call(&bob, ListPermissions {}).await.unwrap().is_empty());
    let list = ListUserTargetPermissions { user_target: ops() };
    assert_eq!(tester.call(&admin, list).await.unwrap().len(), 1);
    let remove = RemoveUserFromUserGroup { user_group: "ops".into(), user: "bob".into() };
    tester.call(&admin, remove).await.unwrap();
    assert_eq!(tester.call(&bob, get_server()).await.unwrap_err().kind(), Kind::NotFound);
    let everyone = SetEveryoneUserGroup { user_group: "ops".into(), everyone: true };
    tester.call(&admin, everyone).await.unwrap();
    tester.call(&bob, get_server()).await.unwrap();
    tester.call(&admin, DeleteUserGroup { id: "ops".into() }).await.unwrap();
    assert_eq!(tester.call(&bob, get_server()).await.unwrap_err().kind(), Kind::NotFound);
    assert!(tester.core.catalog.permissions.is_empty());
}

#[tokio::test]
async fn a_grant_is_one_row_that_changes_and_goes() {
    let (tester, admin) = with_server().await;
    let bob = tester.user("bob").await;
    let to = || UserTarget::User("bob".into());
    tester.call(&admin, grant(to(), PermissionLevel::Read)).await.unwrap();
    tester.call(&admin, grant(to(), PermissionLevel::Write)).await.unwrap();
    let held = tester.call(&bob, ListPermissions {}).await.unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!(held[0].level, PermissionLevel::Write);
    assert_eq!(held[0].user_target, UserTarget::User(bob.id().to_owned()));
    tester.call(&admin, grant(to(), PermissionLevel::None)).await.unwrap();
    assert!(tester.call(&bob, ListPermissions {}).await.unwrap().is_empty());
    let refused = tester.call(&bob, grant(to(), PermissionLevel::Write)).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::Forbidden);
}

#[tokio::test]
async fn a_grant_on_a_kind_holds_on_all_of_it() {
    let (tester, admin) = with_server().await;
    tester.user("bob").await;
    let on_kind = |level| UpdatePermissionOnResourceType {
        user_target: UserTarget::User("bob".into()),
        resource_type: ResourceTargetVariant::Server,
        permission: PermissionLevelAndSpecifics::level(level),
    };
    tester.call(&admin, on_kind(PermissionLevel::Read)).await.unwrap();
    tester.call(&tester.again("bob"), get_server()).await.unwrap();
    tester.call(&admin, on_kind(PermissionLevel::None)).await.unwrap();
    let bob = tester.again("bob");
    assert_eq!(tester.call(&bob, get_server()).await.unwrap_err().kind(), Kind::NotFound);
}

#[tokio::test]
async fn nobody_can_take_the_installation_from_its_super_admin() {
    let tester = Tester::new().await;
    let root = tester.user_with("root", |user| (user.admin, user.super_admin) = (true, true)).await;
    let admin = tester.admin("ann").await;
    let unmake = |user: &str| UpdateUserAdmin { user_id: user.into(), admin: false };
    let disable = |user: &str| UpdateUserBasePermissions {
        user_id: user.into(),
        enabled: Some(false),
        ..Default::default()
    };
    for caller in [&root, &admin] {
        let kind = |result: varanus_proto::Error| result.kind();
        assert_eq!(kind(tester.call(caller, unmake("root")).await.unwrap_err()), Kind::Forbidden);
        assert_eq!(kind(tester.call(caller, disable("root")).await.unwrap_err()), Kind::Forbidden);
    }
    let delete = |user: &str| DeleteUser { user: user.into() };
    assert_eq!(tester.call(&admin, delete("root")).await.unwrap_err().kind(), Kind::Forbidden);
    assert_eq!(tester.call(&root, delete("root")).await.unwrap_err().kind(), Kind::Invalid);
    // Admins are equals: they cannot make, unmake or disable one another.
    tester.admin("joe").await;
    assert_eq!(tester.call(&admin, unmake("joe")).await.unwrap_err().kind(), Kind::Forbidden);
    assert_eq!(tester.call(&admin, disable("joe")).await.unwrap_err().kind(), Kind::Forbidden);
    tester.call(&root, unmake("joe")).await.unwrap();
    tester.call(&admin, disable("joe")).await.unwrap();
    assert!(!tester.again("joe").user.enabled);
}

#[tokio::test]
async fn a_disabled_user_gets_in_nowhere() {
    let tester = Tester::new().await;
    let admin = tester.admin("ann").await;
    let create = CreateServiceUser { username: "robot".into(), description: "deploys".into() };
    let robot = tester.call(&admin, create).await.unwrap();
    assert!(robot.enabled);
    let key = CreateApiKeyForServiceUser { user_id: "robot".into(), name: "ci".into(), expires: 0 };
    let key = tester.call(&admin, key).await.unwrap();
    assert_eq!(by_key(&tester, &key.key, &key.secret).await.unwrap().id(), robot.id.as_str());
    let set = |enabled| UpdateUserBasePermissions {
        user_id: "robot".into(),
        enabled: Some(enabled),
        ..Default::default()
    };
    tester.call(&admin, set(false)).await.unwrap();
    let refused = by_key(&tester, &key.key, &key.secret).await.err().unwrap();
    assert_eq!(refused.kind(), Kind::Forbidden);
    tester.call(&admin, set(true)).await.unwrap();
    by_key(&tester, &key.key, &key.secret).await.unwrap();
    tester.call(&admin, DeleteUser { user: "robot".into() }).await.unwrap();
    let refused = by_key(&tester, &key.key, &key.secret).await.err().unwrap();
    assert_eq!(refused.kind(), Kind::Unauthorized);
    assert!(tester.core.catalog.api_keys.is_empty());
}

#[tokio::test]
async fn keys_of_service_users_are_an_admins_business_and_those_of_people_are_not() {
    let tester = Tester::new().await;
    let (admin, bob) = (tester.admin("ann").await, tester.user("bob").await);
    tester.service_user("robot").await;
    let create = |user: &str| CreateApiKeyForServiceUser {
        user_id: user.into(),
        name: "ci".into(),
        expires: 0,
    };
    let refused = tester.call(&bob, create("robot")).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::Forbidden);
    assert_eq!(tester.call(&admin, create("bob")).await.unwrap_err().kind(), Kind::Invalid);
    let made = tester.call(&admin, create("robot")).await.unwrap();
    let list = ListApiKeysForServiceUser { user: "robot".into() };
    let listed = tester.call(&admin, list).await.unwrap();
    assert_eq!((listed[0].key.as_str(), listed[0].secret.as_str()), (made.key.as_str(), ""));
    assert!(tester.call(&admin, ListApiKeys {}).await.unwrap().is_empty());
    let delete = DeleteApiKeyForServiceUser { key: made.key };
    tester.call(&admin, delete.clone()).await.unwrap();
    assert_eq!(tester.call(&admin, delete).await.unwrap_err().kind(), Kind::NotFound);
}

#[tokio::test]
async fn users_are_listed_without_their_secrets_and_to_admins_alone() {
    let tester = Tester::new().await;
    let admin = tester.admin("ann").await;
    let create = CreateLocalUser { username: "bob".into(), password: "canary".into() };
    let bob = tester.call(&admin, create.clone()).await.unwrap();
    assert!(!bob.enabled, "new users wait for an admin unless that is configured away");
    assert_eq!(tester.call(&admin, create).await.unwrap_err().kind(), Kind::Conflict);
    tester.service_user("robot").await;
    let names = async |service_users| {
        let users = tester.call(&admin, ListUsers { service_users }).await.unwrap();
        users.into_iter().map(|user| user.username).collect::<Vec<_>>()
    };
    assert_eq!(names(ServiceUserQueryBehavior::Include).await, ["ann", "bob", "robot"]);
    assert_eq!(names(ServiceUserQueryBehavior::Exclude).await, ["ann", "bob"]);
    assert_eq!(names(ServiceUserQueryBehavior::Only).await, ["robot"]);
    let found = tester.call(&admin, FindUser { user: bob.id.0.clone() }).await.unwrap();
    assert!(serde_json::to_string(&found).unwrap().contains("########"));
    let bob = tester.again("bob");
    let list = tester.call(&bob, ListUsers::default()).await.unwrap_err();
    assert_eq!(list.kind(), Kind::Forbidden);
    let name = GetUsername { user_id: "000000000000000000000003".into() };
    assert_eq!(tester.call(&bob, name).await.unwrap().username, "Git Webhook");
}

#[tokio::test]
async fn groups_are_seen_by_admins_and_by_those_in_them() {
    let tester = Tester::new().await;
    let (admin, bob, eve) =
        (tester.admin("ann").await, tester.user("bob").await, tester.user("eve").await);
    tester.call(&admin, CreateUserGroup { name: "ops".into() }).await.unwrap();
    let set = SetUsersInUserGroup {
        user_group: "ops".into(),
        users: vec!["bob".into(), bob.id().to_owned()],
    };
    assert_eq!(tester.call(&admin, set).await.unwrap().users.0, [bob.id()]);
    let get = || GetUserGroup { user_group: "ops".into() };
    tester.call(&bob, get()).await.unwrap();
    assert_eq!(tester.call(&eve, get()).await.unwrap_err().kind(), Kind::NotFound);
    assert!(tester.call(&eve, ListUserGroups {}).await.unwrap().is_empty());
    let rename = RenameUserGroup { id: "ops".into(), name: "night".into() };
    assert_eq!(tester.call(&bob, rename.clone()).await.unwrap_err().kind(), Kind::Forbidden);
    tester.call(&admin, rename).await.unwrap();
    let twice = CreateUserGroup { name: "night".into() };
    assert_eq!(tester.call(&admin, twice).await.unwrap_err().kind(), Kind::Conflict);
}

#[tokio::test]
async fn of_an_onboarding_key_only_the_public_half_is_kept() {
    let (tester, admin) = with_server().await;
    let create =
        CreateOnboardingKey { name: "lab".into(), copy_server: "srv".into(), ..Default::default() };
    let made = tester.call(&admin, create).await.unwrap();
    assert_eq!(made.private_key.len(), 32);
    assert!(made.private_key.starts_with("O_") && made.private_key.ends_with("_O"));
    let public = PrivateKey::parse(&made.private_key).unwrap().public().to_string();
    assert_eq!(made.created.public_key, public);
    assert!(public.starts_with("MCowBQYDK2VuAyEA"), "{public}");
    let server = tester.core.catalog.servers.get("srv").unwrap();
    assert_eq!(made.created.copy_server, server.id.0);
    let update = UpdateOnboardingKey {
        public_key: public.clone(),
        enabled: Some(false),
        ..Default::default()
    };
    assert!(!tester.call(&admin, update).await.unwrap().enabled);
    let listed = tester.call(&admin, ListOnboardingKeys {}).await.unwrap();
    assert!(!serde_json::to_string(&listed).unwrap().contains(&made.private_key));
    let bob = tester.user("bob").await;
    let refused = tester.call(&bob, ListOnboardingKeys {}).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::Forbidden);
    let delete = DeleteOnboardingKey { public_key: public };
    tester.call(&admin, delete).await.unwrap();
    assert!(tester.core.catalog.onboarding_keys.is_empty());
}

#[tokio::test]
async fn what_was_viewed_is_remembered_newest_first() {
    let (tester, admin) = with_server().await;
    let id = tester.core.catalog.servers.get("srv").unwrap().id.0.clone();
    let push = PushRecentlyViewed { resource: ResourceTarget::Server("srv".into()) };
    tester.call(&admin, push.clone()).await.unwrap();
    tester.call(&admin, push).await.unwrap();
    tester.call(&admin, SetLastSeenUpdate {}).await.unwrap();
    let admin = tester.again("ann");
    assert_eq!(admin.user.recents.get(&ResourceTargetVariant::Server), Some(&vec![id]));
    assert!(admin.user.last_update_view > 0);
}
