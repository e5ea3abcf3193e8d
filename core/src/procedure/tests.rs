//! What procedures promise, on a Core without agents: what would need one
//! fails at once.

use std::time::Duration;

use serde_json::{Value, json};
use varanus_proto::Kind as ErrorKind;
use varanus_proto::api::execute::procedure::{CancelProcedure, RunProcedure};
use varanus_proto::api::read::procedure::{GetProcedure, ListProcedures};
use varanus_proto::api::write::procedure::{CreateProcedure, UpdateProcedure};
use varanus_proto::api::write::run::CancelRun;
use varanus_proto::api::write::stack::CreateStack;
use varanus_proto::entity::procedure::{PartialProcedureConfig, Procedure, ProcedureState};
use varanus_proto::entity::update::{Update, UpdateStatus};

use crate::auth::Caller;
use crate::run;
use crate::testing::Tester;

fn config(stages: Value) -> PartialProcedureConfig {
    serde_json::from_value(json!({ "stages": stages })).unwrap()
}

fn stage(name: &str, executions: &[Value]) -> Value {
    let executions: Vec<_> = executions.iter().map(|one| json!({ "execution": one })).collect();
    json!({ "name": name, "executions": executions })
}

fn of(name: &str, params: Value) -> Value {
    json!({ "type": name, "params": params })
}

fn sleep(duration_ms: i64) -> Value {
    of("Sleep", json!({ "duration_ms": duration_ms }))
}

fn call(procedure: &str) -> Value {
    of("RunProcedure", json!({ "procedure": procedure }))
}

struct Setting {
    tester: Tester,
    admin: Caller,
}

impl Setting {
    async fn new() -> Self {
        let tester = Tester::new().await;
        let admin = tester.admin("ada").await;
        Self { tester, admin }
    }

    async fn make(&self, name: &str, stages: Value) -> varanus_proto::Result<Procedure> {
        let request = CreateProcedure { name: name.into(), config: config(stages) };
        self.tester.call(&self.admin, request).await
    }

    async fn set(&self, id: &str, stages: Value) -> varanus_proto::Result<Procedure> {
        let request = UpdateProcedure { id: id.into(), config: config(stages) };
        self.tester.call(&self.admin, request).await
    }

    async fn stack(&self, name: &str) {
        let request = CreateStack { name: name.into(), ..Default::default() };
        self.tester.call(&self.admin, request).await.unwrap();
    }

    async fn begin(&self, procedure: &str) -> Update {
        let request = RunProcedure { procedure: procedure.into() };
        self.tester.call(&self.admin, request).await.unwrap()
    }

    async fn end(&self, id: &str) -> Update {
        let ended = run::wait(&self.tester.core, id);
        tokio::time::timeout(Duration::from_secs(20), ended).await.unwrap().unwrap()
    }

    async fn run(&self, procedure: &str) -> Update {
        let update = self.begin(procedure).await;
        self.end(update.id.as_str()).await
    }
}

fn log<'a>(update: &'a Update, stage: &str) -> &'a str {
    let log = update.logs.iter().find(|log| log.stage == stage);
    let log = log.unwrap_or_else(|| panic!("no {stage} in {:#?}", update.logs));
    if log.success { &log.stdout } else { &log.stderr }
}

#[tokio::test]
async fn stages_run_in_order_and_what_is_disabled_is_skipped() {
    let setting = Setting::new().await;
    let stages = json!([
        stage("first", &[sleep(1), sleep(2)]),
        { "name": "off", "enabled": false, "executions": [{ "execution": sleep(3) }] },
        { "name": "", "executions": [
            { "execution": sleep(4), "enabled": false }, { "execution": of("None", json!({})) },
        ]},
    ]);
    setting.make("all", stages).await.unwrap();
    let update = setting.run("all").await;
    assert!(update.success, "{:#?}", update.logs);
    assert_eq!(update.logs[0].stage, "Execute procedure");
    let text = log(&update, "Execute procedure");
    let expected = [
        "procedure \"all\": 3 stages",
        "stage 1 \"first\": running Sleep 1 ms, Sleep 2 ms",
        "stage 1 \"first\": ok",
        "stage 2 \"off\": disabled, skipped",
        "stage 3: Sleep 4 ms is disabled, skipped",
        "stage 3: running None",
    ];
    let mut at = 0;
    for line in expected {
        at += text[at..].find(line).unwrap_or_else(|| panic!("{line:?} in order in {text}"));
    }
    assert!(log(&update, "Execution ok").starts_with("3 executions in"));
}

#[tokio::test]
async fn a_failure_ends_the_procedure_after_its_stage() {
    let setting = Setting::new().await;
    setting.stack("web").await;
    let deploy = of("DeployStack", json!({ "stack": "web" }));
    let stages = json!([stage("Deploy", &[deploy, sleep(1)]), stage("After", &[sleep(1)])]);
    setting.make("all", stages).await.unwrap();
    let update = setting.run("all").await;
    assert!(!update.success);
    let text = log(&update, "Execute procedure");
    assert!(text.contains("stage 1 \"Deploy\": Sleep 1 ms: ok"), "{text}");
    assert!(text.contains("stage 1 \"Deploy\": DeployStack web: failed after"), "{text}");
    assert!(text.contains("stage 2 \"After\": not tried, because stage 1 \"Deploy\" failed"));
    let error = log(&update, "Execution error");
    assert!(error.starts_with("stage 1 \"Deploy\" failed: 1 of 2 executions failed"), "{error}");
    assert!(error.contains("/updates/"), "{error}");
    let list = setting.tester.call(&setting.admin, ListProcedures::default()).await.unwrap();
    assert_eq!(list[0].info.state, ProcedureState::Failed);
    assert_eq!(list[0].info.last_run_at, Some(update.start_ts));
}

#[tokio::test]
async fn a_pattern_says_what_it_matched_also_when_that_is_nothing() {
    let setting = Setting::new().await;
    for name in ["web-1", "web-2", "db"] {
        setting.stack(name).await;
    }
    let batch = |pattern: &str| of("BatchDeployStack", json!({ "pattern": pattern }));
    let stages = json!([stage("s", &[batch("x*")]), stage("t", &[batch("web-*")])]);
    setting.make("all", stages).await.unwrap();
    let update = setting.run("all").await;
    let text = log(&update, "Execute procedure");
    assert!(
        text.contains("stage 1 \"s\": pattern \"x*\" of BatchDeployStack matched no stack"),
        "{text}"
    );
    assert!(text.contains("stage 1 \"s\": nothing to run, its patterns matched nothing"), "{text}");
    assert!(text.contains("pattern \"web-*\" of BatchDeployStack matched web-1, web-2"), "{text}");
    assert!(log(&update, "Execution error").contains("2 of 2 executions failed"));

    setting.make("nothing", json!([stage("s", &[batch("x*")])])).await.unwrap();
    let update = setting.run("nothing").await;
    assert!(update.success);
    assert!(log(&update, "Execution ok").starts_with("nothing was run"));
}

#[tokio::test]
async fn procedures_nest_and_never_run_themselves() {
    let setting = Setting::new().await;
    let c = setting.make("c", json!([stage("s", &[sleep(1)])])).await.unwrap();
    setting.make("b", json!([stage("s", &[call("c")])])).await.unwrap();
    setting.make("a", json!([stage("s", &[call("b")])])).await.unwrap();
    let update = setting.run("a").await;
    assert!(update.success, "{:#?}", update.logs);

    let error = setting.set("c", json!([stage("s", &[call("a")])])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().contains(r#""c" → "a" → "b" → "c""#), "{error}");
    let batch = of("BatchRunProcedure", json!({ "pattern": "*" }));
    let error = setting.make("d", json!([stage("s", &[batch])])).await.unwrap_err();
    assert!(error.message().contains(r#""d" → "d""#), "{error}");

    // A batch that matches more by the time it runs is caught then.
    let batch = of("BatchRunProcedure", json!({ "pattern": "new*" }));
    setting.set(c.id.as_str(), json!([stage("s", &[batch])])).await.unwrap();
    let error = setting.make("new", json!([stage("s", &[call("a")])])).await.unwrap_err();
    assert!(error.message().contains("would run itself"), "{error}");
    let rename = varanus_proto::api::write::procedure::RenameProcedure {
        id: "b".into(),
        name: "new".into(),
    };
    setting.tester.call(&setting.admin, rename).await.unwrap();
    let update = setting.run("a").await;
    assert!(log(&update, "Task Error").contains(r#""new" → "c" → "new""#), "{:#?}", update.logs);
}

#[tokio::test]
async fn names_are_stored_as_ids_and_rights_are_needed_on_each() {
    let setting = Setting::new().await;
    let c = setting.make("c", json!([])).await.unwrap();
    setting.make("b", json!([stage("s", &[call("c")])])).await.unwrap();
    let get = GetProcedure { procedure: "b".into() };
    let b = setting.tester.call(&setting.admin, get).await.unwrap();
    let stored = serde_json::to_value(&b.config.stages[0].executions[0].execution).unwrap();
    assert_eq!(stored["params"]["procedure"], c.id.as_str());

    let error = setting.set("b", json!([stage("s", &[call("gone")])])).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("stage 1 \"s\", execution 1"), "{text}");
    assert!(text.contains("there is no Procedure \"gone\""), "{text}");

    let bob = setting.tester.user("bob").await;
    let as_bob = |stages| CreateProcedure { name: "mine".into(), config: config(stages) };
    let error = setting.tester.call(&bob, as_bob(json!([stage("s", &[call("c")])]))).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::NotFound);
    let batch = of("BatchDeployStack", json!({ "pattern": "*" }));
    let error = setting.tester.call(&bob, as_bob(json!([stage("s", &[batch])]))).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Forbidden);
    setting.tester.call(&bob, as_bob(json!([stage("s", &[sleep(1)])]))).await.unwrap();
}

#[tokio::test]
async fn a_run_is_cancelled_with_its_parts_and_the_next_one_follows() {
    let setting = Setting::new().await;
    setting.make("inner", json!([stage("s", &[sleep(60_000)])])).await.unwrap();
    setting.make("outer", json!([stage("s", &[call("inner")])])).await.unwrap();
    let first = setting.begin("outer").await;
    let second = setting.begin("outer").await;
    let core = &setting.tester.core;
    let inner = setting.tester.core.catalog.procedures.get("inner").unwrap();
    let target = varanus_proto::entity::resource::ResourceTarget::Procedure(inner.id.to_string());
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while core.runs.on(&target).is_empty() {
        assert!(tokio::time::Instant::now() < deadline, "the inner procedure was not begun");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let part = core.runs.on(&target)[0].id.clone();
    let request = CancelProcedure { procedure: "outer".into(), update_id: None };
    let cancel = setting.tester.call(&setting.admin, request).await.unwrap();
    assert!(setting.end(cancel.id.as_str()).await.success);
    let ended = setting.end(first.id.as_str()).await;
    assert_eq!(log(&ended, "Task Error"), "cancelled by ada");
    assert_eq!(ended.logs[0].stage, "Execute procedure");
    assert!(log(&setting.end(&part).await, "Task Error").contains("part of was ended"));

    let request = CancelRun { id: second.id.as_str().into() };
    let stranger = setting.tester.user("bob").await;
    let refused = setting.tester.call(&stranger, request.clone()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotFound);
    let ended = setting.tester.call(&setting.admin, request.clone()).await.unwrap();
    assert_eq!(ended.status, UpdateStatus::Complete);
    let again = setting.tester.call(&setting.admin, request).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Conflict);
}
