//! Actions in a Core, without deno: keys that live as long as a run, and what
//! there is to end.

use varanus_proto::Kind;
use varanus_proto::api::execute::action::CancelAction;
use varanus_proto::api::write::action::CreateAction;
use varanus_proto::entity::api_key::ApiKey;

use super::Actions;
use crate::Commit;
use crate::auth::{Presented, ServiceUser, api_key, authenticate};
use crate::resource::Kind as _;
use crate::testing::Tester;

#[tokio::test]
async fn the_key_of_a_run_is_that_of_the_user_action_and_ends_with_the_run() {
    let tester = Tester::new().await;
    let core = &tester.core;
    let presented = |key: &str, secret: &str| Presented::ApiKey(key.to_owned(), secret.into());
    let local = "127.0.0.1".parse().unwrap();
    let key = api_key::temporary(core, ServiceUser::Action).unwrap();
    let caller = authenticate(core, presented(&key.key, key.secret.expose()), local).await;
    assert_eq!(caller.unwrap().user.username, "Action");
    assert!(authenticate(core, presented(&key.key, "S_wrong_S"), local).await.is_err());
    assert!(core.catalog.api_keys.is_empty(), "it is in no store");
    let (name, secret) = (key.key.clone(), key.secret.expose().clone());
    drop(key);
    assert!(authenticate(core, presented(&name, &secret), local).await.is_err());
}

#[tokio::test]
async fn keys_that_a_killed_core_left_are_gone_after_the_start() {
    let tester = Tester::new().await;
    let core = &tester.core;
    let row = |key: &str, user_id: String| ApiKey {
        key: key.into(),
        user_id,
        secret: String::new(),
        name: String::new(),
        created_at: 0,
        expires: 0,
    };
    let ann = tester.user("ann").await;
    let mut commit = Commit::new();
    commit.insert(&core.catalog.api_keys, row("K_left_K", ServiceUser::Action.id())).unwrap();
    commit.insert(&core.catalog.api_keys, row("K_ann_K", ann.id().to_owned())).unwrap();
    commit.commit(&*core.store).await.unwrap();
    api_key::purge(core).await.unwrap();
    let keys: Vec<_> = core.catalog.api_keys.all().iter().map(|row| row.key.clone()).collect();
    assert_eq!(keys, ["K_ann_K"]);
}

#[tokio::test]
async fn an_action_that_does_not_run_cannot_be_cancelled() {
    let tester = Tester::new().await;
    let admin = tester.admin("ann").await;
    let create = CreateAction { name: "idle".into(), config: Default::default() };
    let action = tester.call(&admin, create).await.unwrap();
    let cancel = CancelAction { action: "idle".into(), update_id: None };
    let update = tester.call(&admin, cancel).await.unwrap();
    let update = crate::run::wait(&tester.core, update.id.as_str()).await.unwrap();
    assert!(!update.success && update.logs[0].stderr.contains("does not run"), "{update:?}");
    let unknown = CancelAction { action: "nobody".into(), update_id: None };
    assert_eq!(tester.call(&admin, unknown).await.unwrap_err().kind(), Kind::NotFound);
    assert_eq!(super::running(&tester.core, &action), 0);
    assert_eq!(update.target, Actions::target(action.id.as_str()));
}
