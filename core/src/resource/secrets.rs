//! Who is told the secrets in a configuration.

use serde_json::{Value, json};
use varanus_proto::entity::permission::{PermissionLevel, PermissionLevelAndSpecifics};
use varanus_proto::entity::resource::ResourceTargetVariant;
use varanus_proto::request::Group;

use crate::auth::Caller;
use crate::testing::Tester;

const SECRET: &str = "a secret of ours";

/// Each kind with a secret, and a configuration that has one.
fn kinds() -> [(ResourceTargetVariant, Value); 9] {
    use ResourceTargetVariant as K;
    let hook = || json!({ "webhook_secret": SECRET });
    let url = format!("https://hooks.slack.com/services/{SECRET}");
    [
        (K::Server, json!({ "passkey": SECRET })),
        (K::Repo, hook()),
        (K::Stack, hook()),
        (K::Procedure, hook()),
        (K::Build, hook()),
        (K::Action, hook()),
        (K::ResourceSync, hook()),
        (K::Builder, json!({ "type": "Url", "params": { "passkey": SECRET } })),
        (K::Alerter, json!({ "endpoint": { "type": "Slack", "params": { "url": url } } })),
    ]
}

async fn holding(tester: &Tester, name: &str, level: PermissionLevel) -> Caller {
    let held = PermissionLevelAndSpecifics::level(level);
    let all = kinds().map(|(kind, _)| (kind, held.clone()));
    tester
        .user_with(name, |user| {
            user.all = all.into_iter().collect();
            user.create_server_permissions = true;
            user.create_build_permissions = true;
        })
        .await
}

async fn read(tester: &Tester, caller: &Caller, name: &str, params: Value) -> String {
    tester.send(caller, Group::Read, name, params).await.unwrap().to_string()
}

/// What a caller is answered about one resource, whole: alone, in a list, as a
/// resource file.
async fn told(
    tester: &Tester,
    caller: &Caller,
    kind: ResourceTargetVariant,
    name: &str,
) -> [String; 3] {
    let target = json!({ "type": kind, "id": name });
    let field = match kind {
        ResourceTargetVariant::ResourceSync => "sync".to_owned(),
        kind => kind.as_str().to_lowercase(),
    };
    let one = json!({ field: name });
    [
        read(tester, caller, &format!("Get{kind}"), one).await,
        read(tester, caller, &format!("ListFull{kind}s"), json!({ "query": { "names": [name] } }))
            .await,
        read(tester, caller, "ExportResourcesToToml", json!({ "targets": [target] })).await,
    ]
}

#[tokio::test]
async fn only_who_may_write_a_resource_is_told_its_secrets() {
    let tester = Tester::new().await;
    let admin = tester.admin("ada").await;
    let reader = holding(&tester, "rea", PermissionLevel::Read).await;
    let runner = holding(&tester, "exa", PermissionLevel::Execute).await;
    let writer = holding(&tester, "wri", PermissionLevel::Write).await;
    for (kind, config) in kinds() {
        let create = json!({ "name": "one", "config": config });
        tester.send(&admin, Group::Write, &format!("Create{kind}"), create).await.unwrap();
        for caller in [&admin, &writer] {
            let [one, list, file] = told(&tester, caller, kind, "one").await;
            assert!(one.contains(SECRET) && list.contains(SECRET), "{kind}: {one} {list}");
            assert!(file.contains("one") && !file.contains(SECRET), "{kind}: {file}");
        }
        for caller in [&reader, &runner] {
            for answer in told(&tester, caller, kind, "one").await {
                assert!(answer.contains("one") && !answer.contains(SECRET), "{kind}: {answer}");
            }
        }
    }
}

#[tokio::test]
async fn who_copies_a_resource_does_not_learn_its_secrets_by_that() {
    use ResourceTargetVariant as K;
    let tester = Tester::new().await;
    let admin = tester.admin("ada").await;
    let reader = holding(&tester, "rea", PermissionLevel::Read).await;
    for (kind, config) in kinds() {
        let create = json!({ "name": "one", "config": config });
        let made = tester.send(&admin, Group::Write, &format!("Create{kind}"), create).await;
        let id = made.unwrap()["_id"]["$oid"].clone();
        for (caller, copied) in [(&reader, false), (&admin, true)] {
            let restricted = [K::Action, K::ResourceSync, K::Builder, K::Alerter];
            if !copied && restricted.contains(&kind) {
                continue; // made by admins alone
            }
            let copy = json!({ "id": id, "name": format!("copy-{copied}") });
            let made = tester.send(caller, Group::Write, &format!("Copy{kind}"), copy).await;
            let made = made.unwrap().to_string();
            assert_eq!(made.contains(SECRET), copied, "{kind}: {made}");
        }
    }
}
