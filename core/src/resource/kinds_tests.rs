//! What every kind of resource promises, through the API: one table, one life.

use serde_json::{Value, json};
use varanus_proto::Kind as Fault;
use varanus_proto::entity::toml::ResourcesToml;
use varanus_proto::request::Group::{Read, Write};

use crate::auth::Caller;
use crate::testing::Tester;

/// A kind, and what its configuration refers to.
struct Row {
    /// `Build`: the requests are `CreateBuild`, `GetBuild`, …
    kind: &'static str,
    /// The section of a resource file.
    section: &'static str,
    /// The field that names one in `Get…`.
    field: &'static str,
    /// A configuration that names others, which are called `NAME` here.
    config: Value,
    /// Where in a configuration that name is, and the kind of what it names.
    reference: Option<(&'static str, &'static str)>,
    /// A change that needs nothing else.
    change: Value,
}

fn table() -> Vec<Row> {
    let row = |kind, section, field, config, reference, change| Row {
        kind,
        section,
        field,
        config,
        reference,
        change,
    };
    vec![
        row(
            "Builder",
            "builder",
            "builder",
            json!({ "type": "Server", "params": { "server_ids": ["NAME"] } }),
            Some(("/params/server_ids/0", "Server")),
            json!({ "type": "Url", "params": { "address": "https://b:8120" } }),
        ),
        row(
            "Build",
            "build",
            "build",
            json!({ "builder_id": "NAME" }),
            Some(("/builder_id", "Builder")),
            json!({ "branch": "next" }),
        ),
        row(
            "Build",
            "build",
            "build",
            json!({ "linked_repo": "NAME" }),
            Some(("/linked_repo", "Repo")),
            json!({ "dockerfile": "FROM scratch\n" }),
        ),
        row(
            "Alerter",
            "alerter",
            "alerter",
            json!({ "resources": [{ "type": "Stack", "id": "NAME" }] }),
            Some(("/resources/0/id", "Stack")),
            json!({ "enabled": true }),
        ),
        row(
            "Alerter",
            "alerter",
            "alerter",
            json!({ "except_resources": [{ "type": "Repo", "id": "NAME" }] }),
            Some(("/except_resources/0/id", "Repo")),
            json!({ "endpoint": { "type": "Ntfy", "params": { "url": "http://n/x" } } }),
        ),
        row(
            "Action",
            "action",
            "action",
            json!({ "file_contents": "await 1;\n" }),
            None,
            json!({ "run_at_startup": true }),
        ),
        row(
            "ResourceSync",
            "resource_sync",
            "sync",
            json!({ "linked_repo": "NAME" }),
            Some(("/linked_repo", "Repo")),
            json!({ "resource_path": ["a.toml"] }),
        ),
        row(
            "Deployment",
            "deployment",
            "deployment",
            json!({ "server_id": "NAME" }),
            Some(("/server_id", "Server")),
            json!({ "ports": "80:80" }),
        ),
        row(
            "Deployment",
            "deployment",
            "deployment",
            json!({ "image": { "type": "Build", "params": { "build_id": "NAME" } } }),
            Some(("/image/params/build_id", "Build")),
            json!({ "command": "run" }),
        ),
        row(
            "Repo",
            "repo",
            "repo",
            json!({ "builder_id": "NAME" }),
            Some(("/builder_id", "Builder")),
            json!({ "branch": "next" }),
        ),
    ]
}

struct Life {
    tester: Tester,
    admin: Caller,
}

impl Life {
    async fn new() -> Self {
        let tester = Tester::new().await;
        let admin = tester.admin("ada").await;
        Self { tester, admin }
    }

    async fn write(&self, name: String, params: Value) -> Value {
        let answer = self.tester.send(&self.admin, Write, &name, params).await;
        answer.unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    async fn read(&self, name: String, params: Value) -> Value {
        let answer = self.tester.send(&self.admin, Read, &name, params).await;
        answer.unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    async fn names(&self, kind: &str) -> Vec<String> {
        let list = self.read(format!("List{kind}s"), json!({})).await;
        let items = list.as_array().unwrap().iter();
        items.map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    }

    async fn file(&self, kind: &str, id: &str) -> String {
        let params = json!({ "targets": [{ "type": kind, "id": id }] });
        let file = self.read("ExportResourcesToToml".into(), params).await;
        file["toml"].as_str().unwrap().to_owned()
    }
}

fn id(resource: &Value) -> String {
    resource["_id"]["$oid"].as_str().unwrap().to_owned()
}

fn with_name(config: &Value, name: &str) -> Value {
    serde_json::from_str(&config.to_string().replace("NAME", name)).unwrap()
}

#[tokio::test]
async fn every_kind_is_created_read_changed_renamed_copied_and_deleted() {
    for row in table() {
        let Row { kind, field, .. } = row;
        let life = Life::new().await;
        if let Some((_, other)) = row.reference {
            life.write(format!("Create{other}"), json!({ "name": "other" })).await;
        }
        let config = with_name(&row.config, "other");
        let made =
            life.write(format!("Create{kind}"), json!({ "name": "one", "config": config })).await;
        let one = id(&made);
        for by in ["one", &one] {
            let got = life.read(format!("Get{kind}"), json!({ field: by })).await;
            assert_eq!(got["config"], made["config"], "{kind}");
        }
        assert_eq!(life.names(kind).await.iter().filter(|name| *name == "one").count(), 1);
        let whole = life.read(format!("ListFull{kind}s"), json!({})).await;
        assert!(whole.as_array().unwrap().iter().any(|one| one["config"] == made["config"]));
        let summary = life.read(format!("Get{kind}sSummary"), json!({})).await;
        assert!(summary["total"].as_i64().unwrap() >= 1, "{kind}: {summary}");

        let params = json!({ "id": "one", "config": row.change });
        let changed = life.write(format!("Update{kind}"), params).await;
        assert_ne!(changed["config"], made["config"], "{kind}");
        life.write(format!("Rename{kind}"), json!({ "id": "one", "name": "two" })).await;
        let copy = life.write(format!("Copy{kind}"), json!({ "id": "two", "name": "three" })).await;
        assert_eq!(copy["config"], changed["config"], "{kind}: a copy is configured as its source");

        let target = json!({ "type": kind, "id": "three" });
        let params = json!({ "target": target, "tags": ["blue"], "template": true });
        life.write("UpdateResourceMeta".into(), params).await;
        let query = json!({ "query": { "tags": ["blue"], "templates": "Only" } });
        let tagged = life.read(format!("List{kind}s"), query).await;
        assert_eq!(tagged.as_array().unwrap().len(), 1, "{kind}");
        assert_eq!(tagged[0]["name"], "three", "{kind}");

        let viewed = json!({ "resource": { "type": kind, "id": one } });
        life.write("PushRecentlyViewed".into(), viewed).await;
        life.write(format!("Delete{kind}"), json!({ "id": one })).await;
        let recents = &life.tester.again("ada").user.recents;
        assert!(recents.values().all(|ids| !ids.contains(&one)), "{kind}: {recents:?}");
        let names = life.names(kind).await;
        assert!(names.contains(&"three".into()) && !names.contains(&"two".into()), "{names:?}");
    }
}

#[tokio::test]
async fn a_reference_is_stored_by_id_exported_by_name_and_forgotten_with_what_it_names() {
    for row in table() {
        let Row { kind, section, field, .. } = row;
        let Some((place, other)) = row.reference else { continue };
        let life = Life::new().await;
        let named = life.write(format!("Create{other}"), json!({ "name": "other" })).await;
        let config = with_name(&row.config, "other");
        let made =
            life.write(format!("Create{kind}"), json!({ "name": "one", "config": config })).await;
        assert_eq!(made["config"].pointer(place), Some(&json!(id(&named))), "{kind}");

        let file = life.file(kind, "one").await;
        assert!(file.contains(&format!("[[{section}]]")), "{file}");
        let read: ResourcesToml = ::toml::from_str(&file).unwrap();
        let again = serde_json::to_value(&read).unwrap();
        assert_eq!(again.as_object().unwrap().len(), 1, "{file}");
        assert!(file.contains("\"other\"") && !file.contains(&id(&named)), "{file}");

        life.write(format!("Rename{other}"), json!({ "id": "other", "name": "renamed" })).await;
        assert!(life.file(kind, "one").await.contains("\"renamed\""), "{kind}");

        life.write(format!("Delete{other}"), json!({ "id": "renamed" })).await;
        let got = life.read(format!("Get{kind}"), json!({ field: "one" })).await;
        let left = got["config"].pointer(place).and_then(Value::as_str).unwrap_or_default();
        assert_eq!(left, "", "{kind} still refers to what was deleted");
    }
}

#[tokio::test]
async fn a_reference_to_what_is_missing_or_hidden_is_refused_with_its_field_and_a_cure() {
    for row in table() {
        let Row { kind, .. } = row;
        let Some((_, other)) = row.reference else { continue };
        let life = Life::new().await;
        let config = with_name(&row.config, "other");
        let params = json!({ "name": "one", "config": config });
        let name = format!("Create{kind}");
        let missing = life.tester.send(&life.admin, Write, &name, params.clone()).await;
        let missing = missing.unwrap_err();
        assert_eq!(missing.kind(), Fault::NotFound, "{kind}: {missing}");
        for part in [format!("no {other} \"other\"").as_str(), "name or id", ": "] {
            assert!(missing.message().contains(part), "{kind}: {missing}");
        }

        // Somebody who may change one, and who may not see the other.
        life.write(format!("Create{kind}"), json!({ "name": "one" })).await;
        life.write(format!("Create{other}"), json!({ "name": "other" })).await;
        let user = life.tester.user("bob").await;
        let params = json!({
            "user_target": { "type": "User", "id": user.id() }, "permission": "Write",
            "resource_target": { "type": kind, "id": "one" },
        });
        life.write("UpdatePermissionOnTarget".into(), params).await;
        let bob = life.tester.again(user.id());
        let params = json!({ "id": "one", "config": with_name(&row.config, "other") });
        let hidden = life.tester.send(&bob, Write, &format!("Update{kind}"), params).await;
        let hidden = hidden.unwrap_err();
        assert_eq!(hidden.message(), missing.message(), "{kind}: what is hidden is not told apart");
    }
}

#[tokio::test]
async fn an_alerter_that_was_only_for_what_is_deleted_is_disabled_and_not_for_everything() {
    let life = Life::new().await;
    for name in ["web", "db"] {
        life.write("CreateStack".into(), json!({ "name": name })).await;
    }
    let resources = |names: &[&str]| -> Value {
        names.iter().map(|name| json!({ "type": "Stack", "id": name })).collect()
    };
    for (name, names) in [("narrow", &["web"][..]), ("wide", &["web", "db"])] {
        let config = json!({ "enabled": true, "resources": resources(names) });
        life.write("CreateAlerter".into(), json!({ "name": name, "config": config })).await;
    }
    life.write("DeleteStack".into(), json!({ "id": "web" })).await;
    for (name, enabled, left) in [("narrow", false, 0), ("wide", true, 1)] {
        let alerter = life.read("GetAlerter".into(), json!({ "alerter": name })).await;
        assert_eq!(alerter["config"]["enabled"], enabled, "{name}");
        assert_eq!(alerter["config"]["resources"].as_array().unwrap().len(), left, "{name}");
    }
}

#[tokio::test]
async fn the_passkey_of_a_builder_is_in_no_resource_file() {
    let life = Life::new().await;
    let config =
        json!({ "type": "Url", "params": { "passkey": "a secret", "address": "https://b" } });
    life.write("CreateBuilder".into(), json!({ "name": "one", "config": config })).await;
    let file = life.file("Builder", "one").await;
    assert!(file.contains("https://b") && !file.contains("secret"), "{file}");
}

#[tokio::test]
async fn names_take_the_form_of_what_they_name() {
    let life = Life::new().await;
    for (kind, given, stored) in [
        ("Build", " My App.2 ", "my_app_2"),
        ("Deployment", "_My App.2", "My_App.2"),
        ("Builder", "My\nBuilder", "My_Builder"),
        ("ResourceSync", " fleet ", "fleet"),
    ] {
        let made = life.write(format!("Create{kind}"), json!({ "name": given })).await;
        assert_eq!(made["name"], stored, "{kind}");
    }
}
