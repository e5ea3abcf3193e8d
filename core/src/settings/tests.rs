//! What the requests of this room promise, called as a client calls them.

use serde_json::json;
use varanus_proto::Kind;
use varanus_proto::api::read::core::*;
use varanus_proto::api::read::provider::*;
use varanus_proto::api::read::tag::*;
use varanus_proto::api::read::update::{GetUpdate, ListUpdates};
use varanus_proto::api::read::variable::*;
use varanus_proto::api::write::provider::*;
use varanus_proto::api::write::resource::UpdateResourceMeta;
use varanus_proto::api::write::server::CreateServer;
use varanus_proto::api::write::tag::*;
use varanus_proto::api::write::variable::*;
use varanus_proto::entity::provider::PartialGitProviderAccount;
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::tag::TagColor;
use varanus_proto::entity::update::Operation;

use crate::auth::Caller;
use crate::testing::Tester;

fn variable(name: &str, value: &str, is_secret: bool) -> CreateVariable {
    CreateVariable { name: name.into(), value: value.into(), is_secret, ..Default::default() }
}

/// Every record there is, whole, as JSON text.
async fn records(tester: &Tester, admin: &Caller) -> String {
    let page = tester.call(admin, ListUpdates::default()).await.unwrap();
    let mut text = String::new();
    for item in page.updates {
        let update = tester.call(admin, GetUpdate { id: item.id }).await.unwrap();
        text += &serde_json::to_string(&update).unwrap();
    }
    text
}

#[tokio::test]
async fn a_secret_value_is_shown_to_admins_alone() {
    let tester = Tester::new().await;
    let (admin, bob) = (tester.admin("ann").await, tester.user("bob").await);
    tester.call(&admin, variable("DB_PASS", "s3crét", true)).await.unwrap();
    tester.call(&admin, variable("TZ", "Europe/Paris", false)).await.unwrap();
    let seen = tester.call(&bob, ListVariables {}).await.unwrap();
    let values: Vec<_> = seen.iter().map(|variable| variable.value.as_str()).collect();
    assert_eq!(values, ["######", "Europe/Paris"]);
    let get = || GetVariable { name: "DB_PASS".into() };
    assert_eq!(tester.call(&bob, get()).await.unwrap().value, "######");
    assert_eq!(tester.call(&admin, get()).await.unwrap().value, "s3crét");
}

#[tokio::test]
async fn a_secret_value_is_in_no_record() {
    let tester = Tester::new().await;
    let admin = tester.admin("ann").await;
    tester.call(&admin, variable("DB_PASS", "canary-1", true)).await.unwrap();
    let update = UpdateVariableValue { name: "DB_PASS".into(), value: "canary-2".into() };
    tester.call(&admin, update).await.unwrap();
    tester.call(&admin, DeleteVariable { name: "DB_PASS".into() }).await.unwrap();
    let text = records(&tester, &admin).await;
    assert!(!text.contains("canary"), "{text}");
    for operation in ["CreateVariable", "UpdateVariableValue", "DeleteVariable"] {
        assert!(text.contains(operation), "{text}");
    }
}

#[tokio::test]
async fn variables_are_written_by_admins_with_names_that_can_be_named() {
    let tester = Tester::new().await;
    let (admin, bob) = (tester.admin("ann").await, tester.user("bob").await);
    let refused = tester.call(&bob, variable("A", "1", false)).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::Forbidden);
    let long = "x".repeat(501);
    for name in ["", "1A", "A-B", "A B", "[[A]]", long.as_str()] {
        let refused = tester.call(&admin, variable(name, "1", false)).await.unwrap_err();
        assert_eq!(refused.kind(), Kind::Invalid, "{name}");
    }
    let long = variable("A", &"x".repeat(10_001), false);
    assert_eq!(tester.call(&admin, long).await.unwrap_err().kind(), Kind::Invalid);
    tester.call(&admin, variable("_a1", "1", false)).await.unwrap();
    let twice = tester.call(&admin, variable("_a1", "2", false)).await.unwrap_err();
    assert_eq!(twice.kind(), Kind::Conflict);
    let unknown = UpdateVariableValue { name: "B".into(), value: "2".into() };
    assert_eq!(tester.call(&admin, unknown).await.unwrap_err().kind(), Kind::NotFound);
}

#[tokio::test]
async fn a_tag_belongs_to_whoever_created_it() {
    let tester = Tester::new().await;
    let (admin, bob, eve) =
        (tester.admin("ann").await, tester.user("bob").await, tester.user("eve").await);
    let create = CreateTag { name: "prod".into(), color: None };
    let tag = tester.call(&bob, create.clone()).await.unwrap();
    assert_eq!((tag.owner.as_str(), tag.color), (bob.id(), TagColor::Slate));
    assert_eq!(tester.call(&eve, create).await.unwrap_err().kind(), Kind::Conflict);
    let rename = |name: &str| RenameTag { id: "prod".into(), name: name.into() };
    assert_eq!(tester.call(&eve, rename("mine")).await.unwrap_err().kind(), Kind::Forbidden);
    let red = UpdateTagColor { tag: tag.id.0.clone(), color: TagColor::Red };
    tester.call(&bob, red).await.unwrap();
    let renamed = tester.call(&admin, rename("live")).await.unwrap();
    assert_eq!((renamed.name.as_str(), renamed.color), ("live", TagColor::Red));
    let query = json!({"owner": bob.id(), "name": {"$in": ["live", "dev"]}});
    let list = ListTags { query: query.as_object().cloned() };
    assert_eq!(tester.call(&eve, list).await.unwrap(), [renamed]);
}

#[tokio::test]
async fn a_tag_that_nobody_has_created_comes_with_the_resource_and_leaves_it_when_deleted() {
    let tester = Tester::new().await;
    let admin = tester.admin("ann").await;
    let create = CreateServer { name: "srv".into(), ..Default::default() };
    let server = tester.call(&admin, create).await.unwrap();
    let update = UpdateResourceMeta {
        target: ResourceTarget::Server("srv".into()),
        description: Some("in the cellar".into()),
        template: None,
        tags: Some(vec!["prod".into(), "prod".into()]),
    };
    tester.call(&admin, update.clone()).await.unwrap();
    let row = tester.core.catalog.servers.get("srv").unwrap();
    let tag = tester.call(&admin, GetTag { tag: "prod".into() }).await.unwrap();
    assert_eq!(row.tags.0, std::slice::from_ref(&tag.id.0));
    assert_eq!(row.description, "in the cellar");
    let before = tester.call(&admin, ListUpdates::default()).await.unwrap().updates;
    assert_eq!(before[0].operation, Operation::UpdateServer);
    assert_eq!(before[0].target, ResourceTarget::Server(server.id.0));
    tester.call(&admin, update).await.unwrap();
    let after = tester.call(&admin, ListUpdates::default()).await.unwrap().updates;
    assert_eq!(before.len(), after.len(), "what changes nothing leaves no record");
    tester.call(&admin, DeleteTag { id: "prod".into() }).await.unwrap();
    assert!(tester.core.catalog.servers.get("srv").unwrap().tags.is_empty());
}

#[tokio::test]
async fn who_may_not_see_a_resource_cannot_tag_it() {
    let tester = Tester::new().await;
    let (admin, bob) = (tester.admin("ann").await, tester.user("bob").await);
    tester.call(&admin, CreateServer { name: "srv".into(), ..Default::default() }).await.unwrap();
    let update = UpdateResourceMeta {
        target: ResourceTarget::Server("srv".into()),
        description: None,
        template: None,
        tags: Some(vec!["mine".into()]),
    };
    assert_eq!(tester.call(&bob, update).await.unwrap_err().kind(), Kind::NotFound);
    assert!(tester.core.catalog.tags.is_empty());
}

#[tokio::test]
async fn a_token_goes_in_and_never_comes_out() {
    let tester = Tester::new().await;
    let (admin, bob) = (tester.admin("ann").await, tester.user("bob").await);
    let account = PartialGitProviderAccount {
        domain: Some("git.example.com".into()),
        username: Some("deploy".into()),
        token: Some("canary".into()),
        ..Default::default()
    };
    let create = CreateGitProviderAccount { account };
    assert_eq!(tester.call(&bob, create.clone()).await.unwrap_err().kind(), Kind::Forbidden);
    let made = tester.call(&admin, create.clone()).await.unwrap();
    assert_eq!(tester.call(&admin, create).await.unwrap_err().kind(), Kind::Conflict);
    assert_eq!((made.token.as_str(), made.https), ("", true));
    let list = tester.call(&admin, ListGitProviderAccounts::default()).await.unwrap();
    assert_eq!(list[0].token, "");
    // A client that sends back what it was shown does not lose the token.
    let account = PartialGitProviderAccount {
        username: Some("robot".into()),
        token: Some(made.token),
        ..Default::default()
    };
    let update = UpdateGitProviderAccount { id: made.id.0.clone(), account };
    tester.call(&admin, update).await.unwrap();
    let row = tester.core.catalog.git_accounts.get(made.id.as_str()).unwrap();
    assert_eq!((row.username.as_str(), row.token.as_str()), ("robot", "canary"));
    let text = records(&tester, &admin).await;
    assert!(text.contains("CreateGitProviderAccount") && !text.contains("canary"), "{text}");
}

#[tokio::test]
async fn core_tells_its_version_and_settings() {
    let tester = Tester::new().await;
    let bob = tester.user("bob").await;
    assert_eq!(tester.call(&bob, GetVersion {}).await.unwrap().version, "2.3.2");
    let info = tester.call(&bob, GetCoreInfo {}).await.unwrap();
    assert_eq!(info.monitoring_interval.as_str(), "15-sec");
    assert_eq!(info.default_pagination_limit, 50);
    assert!(tester.call(&bob, ListSecrets::default()).await.unwrap().is_empty());
}
