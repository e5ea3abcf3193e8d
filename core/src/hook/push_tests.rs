//! What the webhooks of stacks promise, on a Core without agents.

use std::time::Duration;

use serde_json::{Value, json};
use varanus_proto::api::read::webhook::ListWebhookDeliveries;
use varanus_proto::api::write::stack::{CreateStack, UpdateStack};
use varanus_proto::entity::file::FileContents;
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::webhook::{WebhookDelivery, WebhookOutcome as Outcome};

use super::tests::{SECRET, signed};
use super::{Answer, push, receive, record};
use crate::auth::Caller;
use crate::git::Place;
use crate::resource;
use crate::stack::Stacks;
use crate::testing::Tester;

const COMPOSE: &str = "services: {}\n";

struct Setting {
    tester: Tester,
    admin: Caller,
    stack: String,
}

impl Setting {
    /// A stack `web` that is as deployed.
    async fn new() -> Self {
        let tester = Tester::new().await;
        let admin = tester.admin("ada").await;
        let config = json!({ "webhook_secret": SECRET, "file_contents": COMPOSE });
        let config = serde_json::from_value(config).unwrap();
        let made = tester.call(&admin, CreateStack { name: "web".into(), config }).await;
        let stack = made.unwrap().id.to_string();
        let (path, contents) = ("compose.yaml".to_owned(), COMPOSE.to_owned());
        let deployed = vec![FileContents { path, contents }];
        resource::update_info::<Stacks>(&tester.core, &stack, |info| {
            info.deployed_contents = Some(deployed);
        })
        .await
        .unwrap();
        Self { tester, admin, stack }
    }

    async fn change(&self, config: Value) {
        let config = serde_json::from_value(config).unwrap();
        let update = UpdateStack { id: self.stack.clone(), config };
        self.tester.call(&self.admin, update).await.unwrap();
    }

    async fn push(&self, id: &str) -> Answer {
        let body = json!({ "ref": "refs/heads/main", "after": "c0ffee" });
        receive(&self.tester.core, signed("stack", "web", "deploy", &body, id)).await
    }

    async fn listed(&self) -> Vec<WebhookDelivery> {
        self.tester.call(&self.admin, ListWebhookDeliveries::default()).await.unwrap()
    }
}

#[tokio::test]
async fn a_stack_of_which_nothing_changed_begins_no_run_and_its_delivery_says_so() {
    let setting = Setting::new().await;
    let answer = setting.push("1").await;
    assert_eq!((answer.status, &answer.body["outcome"]), (200, &json!("Unchanged")));
    assert!(answer.body["message"].as_str().unwrap().contains("nothing of this stack changed"));
    assert!(answer.body.get("update_id").is_none());
    assert!(setting.tester.core.runs.is_empty());
    let again = setting.push("1").await;
    assert_eq!(again.body["outcome"], "Duplicate");
    setting.change(json!({ "file_contents": "services: {a: {image: b}}\n" })).await;
    let answer = setting.push("2").await;
    assert_eq!(answer.body["outcome"], "Ran", "{answer:?}");
    let id = answer.body["update_id"].as_str().unwrap().to_owned();
    let outcomes: Vec<_> = setting.listed().await.iter().map(|one| one.outcome).collect();
    assert_eq!(outcomes, [Outcome::Ran, Outcome::Duplicate, Outcome::Unchanged]);
    assert_eq!(setting.listed().await[0].update_id, Some(id));
}

#[tokio::test]
async fn what_a_dead_core_had_accepted_the_next_one_looks_at() {
    let setting = Setting::new().await;
    let core = &setting.tester.core;
    let accepted = |id: &str| WebhookDelivery {
        id: Default::default(),
        ts: crate::core::now(),
        target: ResourceTarget::Stack(setting.stack.clone()),
        path: "github/stack/web/deploy".into(),
        address: String::new(),
        delivery: id.into(),
        event: "push".into(),
        branch: Some("main".into()),
        commit: Some("c0ffee".into()),
        outcome: Outcome::Ran,
        message: "accepted".into(),
        update_id: None,
    };
    let mut changes = Vec::new();
    for (id, stack) in [("1", setting.stack.as_str()), ("2", "656565656565656565656565")] {
        changes.push(record::open(accepted(id), stack).unwrap().1);
    }
    core.store.commit(changes).await.unwrap();
    push::recover(core).await.unwrap();
    let done = async {
        while !record::all_open(core).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), done).await.unwrap();
    let mut outcomes: Vec<_> = setting.listed().await.iter().map(|one| one.outcome).collect();
    outcomes.sort_by_key(|outcome| outcome.to_string());
    assert_eq!(outcomes, [Outcome::Refused, Outcome::Unchanged], "the other stack is gone");
    // It is not taken again.
    assert_eq!(setting.push("1").await.body["outcome"], "Duplicate");
}

#[tokio::test]
async fn all_deliveries_of_a_push_are_content_with_one_fetch_and_the_next_push_is_not() {
    let setting = Setting::new().await;
    let pushes = &setting.tester.core.pushes;
    let mut stack = (*setting.tester.core.catalog.stacks.get("web").unwrap()).clone();
    stack.config.repo = "o/r".into();
    let place = Place::of_stack(&setting.tester.core, &stack).unwrap().unwrap();
    assert_eq!(pushes.heard(&place, Some("aaa"), 1_000), (1_000, true));
    assert_eq!(pushes.heard(&place, Some("aaa"), 2_000), (1_000, false));
    assert_eq!(pushes.heard(&place, Some("bbb"), 3_000), (3_000, true));
    // Somebody pushed the older one again: what was fetched at its time is not that.
    assert_eq!(pushes.heard(&place, Some("aaa"), 4_000), (4_000, true));
    assert_eq!(pushes.heard(&place, None, 5_000), (5_000, true));
}
