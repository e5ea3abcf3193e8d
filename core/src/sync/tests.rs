use varanus_proto::api::execute::resource_sync::RunSync;
use varanus_proto::api::read::resource_sync::GetResourceSync;
use varanus_proto::api::read::toml::ExportAllResourcesToToml;
use varanus_proto::api::read::update::GetUpdate;
use varanus_proto::api::write::resource_sync::*;
use varanus_proto::entity::resource_sync::{DiffData, PartialResourceSyncConfig, ResourceSync};
use varanus_proto::entity::update::{Update, UpdateStatus};

use crate::auth::Caller;
use crate::testing::Tester;

const FLEET: &str = r#"
[[server]]
name = "attic"
[server.config]
address = "https://10.0.0.2:8120"
enabled = true

[[stack]]
name = "web"
description = "what the family sees"
tags = ["home"]
[stack.config]
server = "attic"
file_contents = "services: {}"

[[procedure]]
name = "all"
[[procedure.config.stage]]
name = "deploy"
executions = [ { execution.type = "DeployStack", execution.params.stack = "web" } ]

[[variable]]
name = "TZ"
value = "Europe/Berlin"
"#;

struct Scene {
    tester: Tester,
    admin: Caller,
}

impl Scene {
    async fn new(contents: &str) -> Self {
        let tester = Tester::new().await;
        let admin = tester.admin("ann").await;
        let config = PartialResourceSyncConfig {
            delete: Some(true),
            include_variables: Some(true),
            file_contents: Some(contents.into()),
            ..Default::default()
        };
        let create = CreateResourceSync { name: "fleet".into(), config };
        tester.call(&admin, create).await.unwrap();
        Self { tester, admin }
    }

    async fn say(&self, contents: &str) {
        let config = PartialResourceSyncConfig {
            file_contents: Some(contents.into()),
            ..Default::default()
        };
        let update = UpdateResourceSync { id: "fleet".into(), config };
        self.tester.call(&self.admin, update).await.unwrap();
    }

    async fn run(&self) -> Update {
        let request = RunSync { sync: "fleet".into(), ..Default::default() };
        let id = self.tester.call(&self.admin, request).await.unwrap().id.to_string();
        let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
        loop {
            let update = self.tester.call(&self.admin, GetUpdate { id: id.clone() }).await.unwrap();
            if update.status == UpdateStatus::Complete {
                return update;
            }
            assert!(std::time::Instant::now() < end, "the sync does not end: {update:?}");
            tokio::task::yield_now().await;
        }
    }

    async fn pending(&self) -> ResourceSync {
        let refresh = RefreshResourceSyncPending { sync: "fleet".into() };
        self.tester.call(&self.admin, refresh).await.unwrap()
    }
}

fn told(update: &Update) -> String {
    update.logs.iter().map(|log| format!("{}\n{}\n", log.stdout, log.stderr)).collect()
}

#[tokio::test]
async fn what_files_declare_is_made_and_then_there_is_nothing_left_to_do() {
    let scene = Scene::new(FLEET).await;
    let pending = scene.pending().await.info;
    assert_eq!(pending.pending_error, None);
    assert_eq!(pending.resource_updates.len(), 3, "{pending:?}");
    assert!(
        matches!(&pending.resource_updates[0].data, DiffData::Create { name, .. } if name == "attic")
    );
    let update = scene.run().await;
    assert!(update.success, "{}", told(&update));
    let core = &scene.tester.core;
    let web = core.catalog.stacks.get("web").unwrap();
    let attic = core.catalog.servers.get("attic").unwrap();
    assert_eq!(web.config.server_id, attic.id.as_str(), "a name became an id");
    assert_eq!(web.description, "what the family sees");
    assert_eq!(crate::resource::tag::names(core, &web.tags), ["home"]);
    assert_eq!(core.catalog.variables.get("TZ").unwrap().value, "Europe/Berlin");
    let again = scene.run().await;
    assert!(told(&again).contains("nothing to do"), "{}", told(&again));
    assert_eq!(scene.pending().await.info.resource_updates, []);
}

#[tokio::test]
async fn what_is_exported_and_declared_again_changes_nothing() {
    let scene = Scene::new(FLEET).await;
    assert!(scene.run().await.success);
    let export = ExportAllResourcesToToml { include_variables: true, ..Default::default() };
    let text = scene.tester.call(&scene.admin, export.clone()).await.unwrap().toml;
    scene.say(&text).await;
    let update = scene.run().await;
    // The sync is in its own files with other contents; nothing else changes.
    let log = told(&update);
    for other in ["Server", "Stack", "Procedure", "Variable"] {
        assert!(
            !log.contains(&format!("~ {other}")) && !log.contains(&format!("- {other}")),
            "{log}"
        );
    }
}

#[tokio::test]
async fn what_is_declared_no_more_goes_after_the_plan_said_so() {
    let scene = Scene::new(FLEET).await;
    assert!(scene.run().await.success);
    let (before, rest) = FLEET.split_once("[[stack]]").unwrap();
    let (_, after) = rest.split_once("[[procedure]]").unwrap();
    scene
        .say(&format!("{before}[[variable]]{}", after.split_once("[[variable]]").unwrap().1))
        .await;
    let pending = scene.pending().await.info.resource_updates;
    assert!(pending.iter().all(|diff| matches!(diff.data, DiffData::Delete { .. })), "{pending:?}");
    assert_eq!(pending.len(), 2);
    let update = scene.run().await;
    assert!(update.success, "{}", told(&update));
    assert!(told(&update).contains("- Stack \"web\""));
    let core = &scene.tester.core;
    assert!(core.catalog.stacks.get("web").is_none());
    assert!(core.catalog.servers.get("attic").is_some());
    scene.tester.call(&scene.admin, GetResourceSync { sync: "fleet".into() }).await.unwrap();
}

#[tokio::test]
async fn a_file_that_cannot_be_read_changes_nothing_and_says_where() {
    let scene =
        Scene::new(&format!("{FLEET}\n[[stack]]\nname = \"db\"\nconfig.auto_pull = 1\n")).await;
    let update = scene.run().await;
    assert!(!update.success);
    let log = told(&update);
    assert!(log.contains(":28: stack \"db\": config.auto_pull: "), "{log}");
    assert!(scene.tester.core.catalog.servers.get("attic").is_none());
    let pending = scene.pending().await.info;
    assert!(pending.pending_error.unwrap().contains(":28:"));
}

#[tokio::test]
async fn a_field_that_is_said_no_more_is_as_by_default_again() {
    let scene = Scene::new(FLEET).await;
    assert!(scene.run().await.success);
    scene.say(&FLEET.replace("enabled = true\n", "").replace("tags = [\"home\"]\n", "")).await;
    let update = scene.run().await;
    let log = told(&update);
    assert!(update.success && log.contains("config.enabled: true → false"), "{log}");
    assert!(log.contains("tags: [\"home\"] → []"), "{log}");
}
