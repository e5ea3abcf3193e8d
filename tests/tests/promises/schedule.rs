//! What is scheduled runs by the clock: once, listed, and told when Core was not
//! there.

use std::collections::BTreeMap;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use varanus_tests::{Core, CoreOptions, WebReceiver, mongodb, text_of, until};

async fn scheduled(core: &Core, name: &str, schedule: &str) {
    let config = json!({ "schedule": schedule, "schedule_timezone": "UTC" });
    core.admin.write("CreateProcedure", json!({ "name": name, "config": config })).await;
}

async fn listed(core: &Core) -> Value {
    core.admin.read("ListSchedules", json!({})).await[0].clone()
}

async fn updates(core: &Core, operation: &str) -> Vec<Value> {
    let query = json!({ "operation": operation, "target.type": "Procedure" });
    let list = core.admin.read("ListUpdates", json!({ "query": query })).await;
    list["updates"].as_array().cloned().unwrap_or_default()
}

fn now() -> i64 {
    let since = std::time::UNIX_EPOCH.elapsed().expect("the clock is after 1970");
    since.as_millis().try_into().expect("the clock is before the year 292 million")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_procedure_runs_in_each_of_its_slots_and_once() {
    let core = Core::start(CoreOptions::default()).await;
    scheduled(&core, "soon", "every 2 seconds").await;
    let first = listed(&core).await["next_scheduled_run"].as_i64().expect("a run is coming");
    assert!((first - now()).abs() < 2_500, "{first}");
    let runs = until("it has run three times", || async {
        let runs = updates(&core, "RunProcedure").await;
        (runs.len() >= 3).then_some(runs)
    })
    .await;
    let mut begun: Vec<_> = runs.iter().map(|run| run["start_ts"].as_i64().unwrap()).collect();
    begun.reverse();
    assert!(begun[0] >= first, "{begun:?}");
    let mut slots: Vec<_> = begun.iter().map(|at| at / 2_000).collect();
    slots.dedup();
    assert_eq!(slots.len(), begun.len(), "two in one slot: {begun:?}");
    assert_eq!(runs[0]["username"], "Procedure");
    let next = listed(&core).await["next_scheduled_run"].as_i64().unwrap();
    assert!(next > first, "{next}");
    // It rests when it is told to.
    let off = json!({ "id": "soon", "config": { "schedule_enabled": false } });
    until("it is idle", || async {
        core.admin.call("write", "UpdateProcedure", off.clone()).await.ok()
    })
    .await;
    assert_eq!(listed(&core).await["next_scheduled_run"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_that_core_was_not_there_for_is_told_after_its_start() {
    let mut core = Core::start(CoreOptions::default()).await;
    scheduled(&core, "missed", "every 3 seconds").await;
    core.process().signal(Signal::SIGKILL);
    let killed = now();
    until("the clock has passed a slot", || async { (now() > killed + 3_000).then_some(()) }).await;
    core.kill_and_start().await;
    let told = until("it is told", || async {
        updates(&core, "None").await.into_iter().find(|update| update["success"] == false)
    })
    .await;
    let update = core.admin.read("GetUpdate", json!({ "id": told["id"] })).await;
    let text = text_of(&update);
    assert!(
        text.contains("of procedure \"missed\"") && text.contains("schedule_catch_up"),
        "{text}"
    );
    let alerts = core.admin.read("ListAlerts", json!({})).await;
    assert!(alerts.to_string().contains("missed"), "{alerts}");
}

/// What tells a receiver that it runs, in every slot.
async fn telling(core: &Core, name: &str, to: &WebReceiver, schedule: &str) {
    let url = json!({ "url": format!("{}/{name}", to.address) });
    let endpoint = json!({ "type": "Custom", "params": url });
    let config = json!({ "enabled": true, "endpoint": endpoint, "alert_types": ["Custom"] });
    core.admin.write("CreateAlerter", json!({ "name": name, "config": config })).await;
    let say = json!({ "type": "SendAlert", "params": { "message": name, "alerters": [name] } });
    let stage = json!({
        "name": "tell", "enabled": true, "executions": [{ "execution": say, "enabled": true }],
    });
    let config = json!({
        "stages": [stage], "schedule": schedule, "schedule_timezone": "UTC",
        "schedule_enabled": false, "schedule_alert": false,
    });
    core.admin.write("CreateProcedure", json!({ "name": name, "config": config })).await;
}

async fn enabled(cores: [&Core; 2], names: &[&str], enabled: bool) {
    for core in cores {
        for name in names {
            let wish = json!({ "id": name, "config": { "schedule_enabled": enabled } });
            until("it is idle", || async {
                core.admin.call("write", "UpdateProcedure", wish.clone()).await.ok()
            })
            .await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_cores_on_one_database_run_each_slot_once() {
    const NAMES: [&str; 4] = ["north", "east", "south", "west"];
    const SLOTS: usize = 5;
    let to = WebReceiver::start().await;
    let one = Core::start(CoreOptions::on(&mongodb())).await;
    for name in NAMES {
        telling(&one, name, &to, "every 2 seconds").await;
    }
    // A database is read with its key.
    let data = tempfile::tempdir().unwrap();
    std::fs::copy(one.data().join("seal.key"), data.path().join("seal.key")).unwrap();
    let directory = ("KOMODO_DATA_DIRECTORY".to_owned(), data.path().display().to_string());
    let other = Core::start(CoreOptions {
        database: Some(one.database()),
        settings: vec![directory],
        ..CoreOptions::on(&mongodb())
    })
    .await;
    // Each knows what it read at its start, and what it was told itself.
    enabled([&one, &other], &NAMES, true).await;
    let from = now() / 2_000 + 1;
    let slots_of = |runs: &[Value]| {
        let mut slots: BTreeMap<i64, usize> = BTreeMap::new();
        for run in runs {
            // A run has its slot's time in its id; it begins a moment later.
            let id = run["id"].as_str().expect("an id");
            let seconds = i64::from_str_radix(&id[..8], 16).expect("an id begins with the time");
            *slots.entry(seconds / 2).or_default() += 1;
        }
        slots.split_off(&from)
    };
    let enough = |runs: &[Value]| slots_of(runs).len() >= SLOTS;
    until("there were some slots for both", || async {
        enough(&updates(&one, "RunProcedure").await).then_some(())
    })
    .await;
    enabled([&one, &other], &NAMES, false).await;
    let lost = |core: &Core| core.log().matches("this slot has run already").count();
    let lost = [lost(&one), lost(&other)];
    println!("slots that one came too late for, and the other: {lost:?}");
    assert!(lost.iter().sum::<usize>() > 0, "they did not compete");
    let runs = until("every run is complete", || async {
        let runs = updates(&one, "RunProcedure").await;
        runs.iter().all(|run| run["status"] == "Complete").then_some(runs)
    })
    .await;
    // Each slot of each once, none left out, and each told of once.
    let slots = slots_of(&runs);
    let (first, last) = (*slots.keys().next().unwrap(), *slots.keys().last().unwrap());
    assert_eq!(slots.len() as i64, last - first + 1, "a slot was left out: {slots:?}");
    let inner = slots.range(first + 1..last);
    assert!(inner.clone().all(|(_, count)| *count == NAMES.len()), "{slots:?}");
    let told = to.received().len();
    assert_eq!(told, runs.len(), "as many were told as there are runs");
}
