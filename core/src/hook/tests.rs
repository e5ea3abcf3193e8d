//! What webhooks promise, on a Core without agents.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use varanus_proto::Kind;
use varanus_proto::api::read::webhook::ListWebhookDeliveries;
use varanus_proto::api::write::procedure::{CreateProcedure, UpdateProcedure};
use varanus_proto::api::write::repo::CreateRepo;
use varanus_proto::api::write::stack::CreateStack;
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::update::UpdateStatus;
use varanus_proto::entity::webhook::{WebhookDelivery, WebhookOutcome as Outcome};

use super::{Answer, Incoming, Provider, receive, record};
use crate::auth::Caller;
use crate::run;
use crate::testing::Tester;

pub(super) const SECRET: &str = "a secret of ours";

struct Setting {
    tester: Tester,
    admin: Caller,
    /// The procedure `seed`, without stages, with the secret.
    seed: String,
}

impl Setting {
    async fn new() -> Self {
        let tester = Tester::new().await;
        let admin = tester.admin("ada").await;
        let config = json!({ "webhook_secret": SECRET });
        let config = serde_json::from_value(config).unwrap();
        let made = tester.call(&admin, CreateProcedure { name: "seed".into(), config }).await;
        let seed = made.unwrap().id.to_string();
        Self { tester, admin, seed }
    }

    async fn set(&self, config: Value) {
        let config = serde_json::from_value(config).unwrap();
        let request = UpdateProcedure { id: self.seed.clone(), config };
        self.tester.call(&self.admin, request).await.unwrap();
    }

    async fn receive(&self, incoming: Incoming) -> Answer {
        receive(&self.tester.core, incoming).await
    }

    /// Status, outcome and message.
    async fn push(&self, incoming: Incoming) -> (u16, String, String) {
        let answer = self.receive(incoming).await;
        let text = |field: &str| answer.body[field].as_str().unwrap_or_default().to_owned();
        (answer.status, text("outcome"), text("message"))
    }

    async fn end(&self, answer: &Answer) -> varanus_proto::entity::update::Update {
        let id = answer.body["update_id"].as_str().unwrap();
        let ended = run::wait(&self.tester.core, id);
        tokio::time::timeout(Duration::from_secs(20), ended).await.unwrap().unwrap()
    }

    async fn listed(&self) -> Vec<WebhookDelivery> {
        self.tester.call(&self.admin, ListWebhookDeliveries::default()).await.unwrap()
    }
}

/// A delivery of Forgejo to a procedure, signed.
fn push(option: &str, reference: &str, id: &str) -> Incoming {
    let body = json!({ "ref": reference, "after": "c0ffee" });
    signed("procedure", "seed", option, &body, id)
}

pub(super) fn signed(kind: &str, resource: &str, option: &str, body: &Value, id: &str) -> Incoming {
    let body = body.to_string().into_bytes();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(&body);
    let signature = hex::encode(mac.finalize().into_bytes());
    let mut headers = vec![
        ("x-forgejo-event".to_owned(), "push".to_owned()),
        ("x-hub-signature-256".to_owned(), format!("sha256={signature}")),
    ];
    if !id.is_empty() {
        headers.push(("x-forgejo-delivery".to_owned(), id.to_owned()));
    }
    Incoming {
        kind: kind.into(),
        resource: resource.into(),
        option: option.into(),
        headers: headers.into_iter().collect(),
        body,
        ..Incoming::default()
    }
}

#[tokio::test]
async fn a_push_to_the_branch_runs_and_is_recorded() {
    let setting = Setting::new().await;
    let answer = setting.receive(push("main", "refs/heads/main", "1")).await;
    assert_eq!((answer.status, &answer.body["outcome"]), (200, &json!("Ran")));
    let update = setting.end(&answer).await;
    assert!(update.success);
    assert_eq!(run::username(&setting.tester.core, &update.operator), "Git Webhook");
    let [delivery] = setting.listed().await.try_into().unwrap();
    assert_eq!(delivery.outcome, Outcome::Ran);
    assert_eq!(delivery.update_id.as_deref(), Some(update.id.as_str()));
    assert_eq!(delivery.target, ResourceTarget::Procedure(setting.seed.clone()));
    assert_eq!(delivery.path, "github/procedure/seed/main");
    assert_eq!((delivery.delivery.as_str(), delivery.event.as_str()), ("1", "push"));
    assert_eq!(delivery.branch.as_deref(), Some("main"));
    assert_eq!(delivery.commit.as_deref(), Some("c0ffee"));
}

#[tokio::test]
async fn what_runs_nothing_says_why() {
    let setting = Setting::new().await;
    let check = async |incoming, status, outcome: &str, reason: &str| {
        let (got, said, message) = setting.push(incoming).await;
        assert_eq!((got, said.as_str()), (status, outcome), "{message}");
        assert!(message.contains(reason), "{message}");
    };
    check(push("main", "refs/heads/dev", "1"), 200, "OtherBranch", r#""dev""#).await;
    check(push("main", "refs/tags/main", "2"), 200, "OtherBranch", "refs/tags/main").await;
    let ping = signed("procedure", "seed", "main", &json!({ "zen": "Less is more." }), "3");
    check(ping, 200, "Ping", "gets through").await;
    let issue = signed("procedure", "seed", "main", &json!({ "action": "opened" }), "4");
    check(issue, 200, "Unreadable", "no `ref`").await;
    let mut form = push("main", "refs/heads/main", "5");
    form.body.push(b' ');
    check(form, 401, "BadSignature", "does not fit the body").await;
    let gone = signed("procedure", "gone", "main", &json!({}), "6");
    check(gone, 400, "UnknownResource", r#"no procedure "gone""#).await;
    let build = signed("build", "x", "", &json!({}), "7");
    check(build, 400, "UnknownResource", r#"no build "x""#).await;
    setting.set(json!({ "webhook_enabled": false })).await;
    check(push("main", "refs/heads/main", "8"), 200, "Disabled", "webhook_enabled").await;

    assert!(setting.tester.core.runs.is_empty());
    let outcomes: Vec<_> = setting.listed().await.iter().map(|one| one.outcome).collect();
    use Outcome::*;
    let newest_first = [
        Disabled,
        UnknownResource,
        UnknownResource,
        BadSignature,
        Unreadable,
        Ping,
        OtherBranch,
        OtherBranch,
    ];
    assert_eq!(outcomes, newest_first);
}

#[tokio::test]
async fn every_branch_may_count_and_a_name_may_have_slashes() {
    let setting = Setting::new().await;
    for (option, reference) in
        [("__ANY__", "refs/heads/whatever"), ("feature/x", "refs/heads/feature/x")]
    {
        let answer = setting.receive(push(option, reference, "")).await;
        assert_eq!(answer.body["outcome"], "Ran");
        setting.end(&answer).await;
    }
    let no_json = signed("procedure", "seed", "__ANY__", &json!("text"), "");
    let answer = setting.receive(no_json).await;
    assert_eq!(answer.body["outcome"], "Ran");
}

#[tokio::test]
async fn a_delivery_runs_once_and_two_pushes_run_twice() {
    let setting = Setting::new().await;
    let first = setting.receive(push("main", "refs/heads/main", "1")).await;
    let again = setting.receive(push("main", "refs/heads/main", "1")).await;
    let second = setting.receive(push("main", "refs/heads/main", "2")).await;
    assert_eq!(again.status, 200);
    assert_eq!(again.body["outcome"], "Duplicate");
    assert_eq!(again.body["update_id"], first.body["update_id"]);
    assert_ne!(second.body["update_id"], first.body["update_id"]);
    for answer in [&first, &second] {
        let update = setting.end(answer).await;
        assert!(update.success);
        assert_eq!(update.status, UpdateStatus::Complete);
    }
    let updates = setting
        .tester
        .call(&setting.admin, varanus_proto::api::read::update::ListUpdates::default())
        .await
        .unwrap();
    let runs = updates.updates.iter().filter(|one| one.operation.as_str() == "RunProcedure");
    assert_eq!(runs.count(), 2);
}

#[tokio::test]
async fn a_delivery_whose_run_a_restart_ended_runs_when_it_comes_again() {
    let setting = Setting::new().await;
    let sleep = json!({ "execution": { "type": "Sleep", "params": { "duration_ms": 60_000 } } });
    setting.set(json!({ "stages": [{ "name": "s", "executions": [sleep] }] })).await;
    let core = &setting.tester.core;
    let first = setting.receive(push("main", "refs/heads/main", "1")).await;
    let id = first.body["update_id"].as_str().unwrap();
    core.runs.get(id).unwrap().cancel(run::INTERRUPTED);
    setting.end(&first).await;
    let again = setting.receive(push("main", "refs/heads/main", "1")).await;
    assert_eq!(again.body["outcome"], "Ran", "{:?}", again.body);
    let third = setting.receive(push("main", "refs/heads/main", "1")).await;
    assert_eq!(third.body["outcome"], "Duplicate");
    assert_eq!(third.body["update_id"], again.body["update_id"]);
}

#[tokio::test]
async fn without_a_secret_nobody_is_trusted() {
    let setting = Setting::new().await;
    setting.set(json!({ "webhook_secret": "" })).await;
    let (status, outcome, message) = setting.push(push("main", "refs/heads/main", "1")).await;
    assert_eq!((status, outcome.as_str()), (401, "NoSecret"));
    assert!(message.contains("KOMODO_WEBHOOK_SECRET"), "{message}");
    let config = serde_json::from_value(json!({ "webhook_secret": "  " })).unwrap();
    let request = UpdateProcedure { id: setting.seed.clone(), config };
    let refused = setting.tester.call(&setting.admin, request).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::Invalid);
}

#[tokio::test]
async fn too_many_bad_deliveries_from_one_address_are_not_even_looked_at() {
    let setting = Setting::new().await;
    for _ in 0..setting.tester.core.config.auth_rate_limit_max_attempts {
        let mut bad = push("main", "refs/heads/main", "1");
        bad.headers.clear();
        assert_eq!(setting.push(bad).await.0, 401);
    }
    assert_eq!(setting.push(push("main", "refs/heads/main", "1")).await.0, 429);
    let elsewhere = std::net::IpAddr::from([10, 0, 0, 9]);
    let good = Incoming { address: elsewhere, ..push("main", "refs/heads/main", "1") };
    assert_eq!(setting.push(good).await.0, 200);
}

#[tokio::test]
async fn stacks_and_repos_know_their_branch_and_gitlab_sends_a_token() {
    let setting = Setting::new().await;
    let (tester, admin) = (&setting.tester, &setting.admin);
    let config = json!({ "branch": "prod", "webhook_secret": SECRET });
    let config = serde_json::from_value(config).unwrap();
    tester.call(admin, CreateRepo { name: "fleet".into(), config }).await.unwrap();
    let config = json!({ "linked_repo": "fleet", "webhook_secret": SECRET });
    let config = serde_json::from_value(config).unwrap();
    tester.call(admin, CreateStack { name: "web".into(), config }).await.unwrap();
    let gitlab = |kind: &str, resource: &str, option: &str, branch: &str| Incoming {
        provider: Provider::Gitlab,
        kind: kind.into(),
        resource: resource.into(),
        option: option.into(),
        headers: [("x-gitlab-token".to_owned(), SECRET.to_owned())].into(),
        body: json!({ "ref": format!("refs/heads/{branch}") }).to_string().into_bytes(),
        ..Incoming::default()
    };
    for (kind, resource, option) in
        [("repo", "fleet", "pull"), ("stack", "web", "deploy"), ("stack", "web", "refresh")]
    {
        let answer = setting.receive(gitlab(kind, resource, option, "main")).await;
        assert_eq!(answer.body["outcome"], "OtherBranch", "{:?}", answer.body);
        let answer = setting.receive(gitlab(kind, resource, option, "prod")).await;
        assert_eq!(answer.body["outcome"], "Ran", "{:?}", answer.body);
        assert_eq!(answer.body.get("update_id").is_some(), option != "refresh");
        if option != "refresh" {
            // There is no agent; that it was tried is what counts here.
            assert!(!setting.end(&answer).await.success);
        }
        let (status, _, message) = setting.push(gitlab(kind, resource, "Pull", "prod")).await;
        assert_eq!(status, 400);
        assert!(message.contains("it must end with"), "{message}");
    }
}

#[tokio::test]
async fn deliveries_are_seen_with_their_target_and_go_when_they_are_old() {
    let setting = Setting::new().await;
    setting.push(push("main", "refs/heads/main", "1")).await;
    setting.push(push("main", "refs/heads/dev", "2")).await;
    let stranger = setting.tester.user("bob").await;
    let target = |name: &str| ListWebhookDeliveries {
        target: Some(ResourceTarget::Procedure(name.into())),
        limit: Some(1),
    };
    let of_all = ListWebhookDeliveries::default();
    let refused = setting.tester.call(&stranger, of_all).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::Forbidden);
    let refused = setting.tester.call(&stranger, target("seed")).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::NotFound);
    let [newest] =
        setting.tester.call(&setting.admin, target("seed")).await.unwrap().try_into().unwrap();
    assert_eq!(newest.outcome, Outcome::OtherBranch);
    record::prune(&setting.tester.core, newest.ts + 1).await.unwrap();
    assert_eq!(setting.listed().await, []);
}

#[tokio::test]
async fn pushes_that_find_the_queue_full_are_done_by_the_run_that_waits_last() {
    let setting = Setting::new().await;
    let sleep = json!({ "type": "Sleep", "params": { "duration_ms": 600_000 } });
    let executions = json!([{ "execution": sleep, "enabled": true }]);
    let stages = json!([{ "name": "wait", "enabled": true, "executions": executions }]);
    setting.set(json!({ "stages": stages })).await;
    let mut runs = Vec::new();
    for index in 0..104 {
        let answer = setting.receive(push("main", "refs/heads/main", &index.to_string())).await;
        assert_eq!((answer.status, &answer.body["outcome"]), (200, &json!("Ran")), "{answer:?}");
        runs.push(answer.body["update_id"].as_str().unwrap().to_owned());
    }
    // One works and a hundred wait.
    let (own, joined) = runs.split_at(101);
    assert!(joined.iter().all(|id| *id == own[100]), "{joined:?}");
    let different: std::collections::HashSet<_> = own.iter().collect();
    assert_eq!(different.len(), own.len());
    // What was fetched before the last push came is too old for the run that does it.
    let before = crate::core::now();
    let answer = setting.receive(push("main", "refs/heads/main", "104")).await;
    assert_eq!(answer.body["update_id"], json!(own[100]));
    let runs = &setting.tester.core.runs;
    assert!(runs.get(&own[100]).unwrap().fetched_since() >= before);
    assert!(runs.get(&own[99]).unwrap().fetched_since() < before);
    // A delivery that another run does is known like any other.
    let again = setting.receive(push("main", "refs/heads/main", "103")).await;
    assert_eq!(again.body["outcome"], "Duplicate");
    assert_eq!(again.body["update_id"], json!(own[100]));
    // A person is told what is full.
    let request = varanus_proto::api::execute::procedure::RunProcedure { procedure: "seed".into() };
    let error = setting.tester.call(&setting.admin, request).await.unwrap_err();
    assert_eq!(error.kind(), Kind::TooMany);
    assert!(error.to_string().contains("100 runs wait for Procedure \"seed\""), "{error}");
}
