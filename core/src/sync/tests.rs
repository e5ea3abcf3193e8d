use varanus_proto::api::execute::resource_sync::RunSync;
use varanus_proto::api::read::resource_sync::GetResourceSync;
use varanus_proto::api::read::toml::ExportAllResourcesToToml;
use varanus_proto::api::read::update::GetUpdate;
use varanus_proto::api::write::resource_sync::*;
use varanus_proto::api::write::stack::CreateStack;
use varanus_proto::entity::resource::ResourceTarget;
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

    /// Waits for the look that its creation began.
    async fn shown(&self) {
        let syncs = &self.tester.core.catalog.syncs;
        let wait = async {
            while syncs.get("fleet").unwrap().info.resource_updates.is_empty() {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), wait).await.unwrap();
    }

    async fn run(&self) -> Update {
        self.ends(RunSync { sync: "fleet".into(), ..Default::default() }).await
    }

    async fn ends(&self, request: RunSync) -> Update {
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

#[tokio::test]
async fn user_groups_are_made_as_declared_with_patterns_for_what_is_there() {
    const GROUPS: &str = r#"
[[user_group]]
name = "family"
users = ["bea", "nobody yet"]
all.Procedure = "Read"
permissions = [
  { target = { type = "Stack", id = "we*" }, level = "Execute", specific = ["Logs"] },
]
"#;
    let scene = Scene::new(&format!("{FLEET}{GROUPS}")).await;
    let bea = scene.tester.user("bea").await;
    let config =
        PartialResourceSyncConfig { include_user_groups: Some(true), ..Default::default() };
    let update = UpdateResourceSync { id: "fleet".into(), config };
    scene.tester.call(&scene.admin, update).await.unwrap();
    let update = scene.run().await;
    assert!(update.success, "{}", told(&update));
    // What the pattern matches is there now: a second run grants on it.
    let pending = scene.pending().await.info;
    assert_eq!(pending.user_group_updates.len(), 1, "{pending:?}");
    assert!(scene.run().await.success);
    assert_eq!(scene.pending().await.info.user_group_updates, []);
    let core = &scene.tester.core;
    let family = core.catalog.user_groups.get("family").unwrap();
    assert_eq!(family.users.0, [bea.id()]);
    let web = core.catalog.stacks.get("web").unwrap();
    let held =
        crate::auth::access::effective(core, &bea, &ResourceTarget::Stack(web.id.to_string()));
    assert_eq!(held.level, varanus_proto::entity::permission::PermissionLevel::Execute);

    scene.say(FLEET).await;
    let update = scene.run().await;
    assert!(told(&update).contains("- UserGroup \"family\""), "{}", told(&update));
    assert!(core.catalog.user_groups.get("family").is_none());
}

#[tokio::test]
async fn what_core_stands_on_is_deleted_only_when_that_is_confirmed() {
    let own = FLEET.replace("server = \"attic\"", "server = \"attic\"\nself_managed = true");
    let scene = Scene::new(&own).await;
    assert!(scene.run().await.success);
    scene.say("[[variable]]\nname = \"TZ\"\nvalue = \"UTC\"\n").await;
    let pending = scene.pending().await.info.resource_updates;
    let marked = pending.iter().filter(|diff| diff.needs_confirm.is_some()).count();
    assert_eq!(marked, 2, "the stack and its server: {pending:?}");
    let update = scene.run().await;
    let text = told(&update);
    assert!(update.success && text.contains("Run the sync with `confirm`"), "{text}");
    let core = &scene.tester.core;
    assert!(
        core.catalog.stacks.get("web").is_some() && core.catalog.servers.get("attic").is_some()
    );
    assert!(core.catalog.procedures.get("all").is_none(), "everything else is done");

    let confirmed = RunSync { sync: "fleet".into(), confirm: true, ..Default::default() };
    let update = scene.ends(confirmed).await;
    assert!(update.success, "{}", told(&update));
    assert!(
        core.catalog.stacks.get("web").is_none() && core.catalog.servers.get("attic").is_none()
    );
}

#[tokio::test]
async fn a_run_that_does_something_else_than_was_shown_says_so() {
    let scene = Scene::new(FLEET).await;
    scene.shown().await;
    // Somebody makes by hand what was to be created.
    let web = CreateStack { name: "web".into(), config: Default::default() };
    scene.tester.call(&scene.admin, web).await.unwrap();
    let text = told(&scene.run().await);
    assert!(text.contains("Stack \"web\" was not shown like this"), "{text}");
    assert!(!text.contains("Server \"attic\" was not"), "{text}");
}

#[tokio::test]
async fn an_after_that_names_nothing_stops_the_deploys_before_anything_is_changed() {
    let wrong = FLEET.replace("name = \"web\"", "name = \"web\"\ndeploy = true\nafter = [\"dv\"]");
    let scene = Scene::new(&wrong).await;
    let error = scene.pending().await.info.pending_deploy_error.unwrap();
    assert!(error.contains("after \"dv\"") && error.contains("correct its `after`"), "{error}");
    assert!(!scene.run().await.success);
    assert!(scene.tester.core.catalog.stacks.get("web").is_none());
}
