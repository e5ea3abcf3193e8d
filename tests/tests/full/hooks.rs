//! A storm of webhooks while Core dies: nothing is lost, nothing runs twice.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt as _};
use serde_json::{Value, json};
use varanus_link::raise_open_files;
use varanus_tests::{Core, CoreOptions, Crowd, CrowdOptions, DEADLINE, Push, until};

const SECRET: &str = "the secret of the webhooks";
const SERVERS: usize = 5;
const STACKS: usize = 20;
const WEBHOOKS: usize = 1000;

/// Within which they are sent; Core dies in the middle.
const STORM: Duration = Duration::from_secs(10);

fn stack(index: usize) -> String {
    format!("stack-{index:02}")
}

async fn prepare(core: &Core, crowd: &Crowd) {
    for index in 0..STACKS {
        let config = json!({
            "server_id": crowd.server(index % SERVERS),
            "git_provider": "git.example.com", "repo": format!("home/{}", stack(index)),
            "branch": "main", "webhook_secret": SECRET, "webhook_force_deploy": true,
        });
        core.admin.write("CreateStack", json!({ "name": stack(index), "config": config })).await;
    }
}

/// Between two tries to send one.
const AGAIN: Duration = Duration::from_millis(200);

/// One delivery: which stack, and the commit that is pushed.
#[derive(Clone)]
struct Told {
    stack: String,
    commit: String,
    delivery: String,
}

/// Every third one is a delivery that was sent before.
fn storm() -> Vec<Told> {
    let mut sent: Vec<Told> = Vec::new();
    for at in 0..WEBHOOKS {
        let told = match at % 3 {
            2 => sent[at - 1 - (at % 7).min(at - 1)].clone(),
            _ => Told {
                stack: stack(at % STACKS),
                commit: format!("{at:040x}"),
                delivery: format!("delivery-{at}"),
            },
        };
        sent.push(told);
    }
    sent
}

/// Sends until the answer is 200, as a person does at the git host who sees that
/// a delivery failed. Returns the answer and how often it was sent.
async fn tell(http: reqwest::Client, address: String, told: Told) -> (Value, usize) {
    let url = format!("{address}/listener/github/stack/{}/deploy", told.stack);
    let push = Push { commit: told.commit, ..Push::new("main", SECRET, &told.delivery) };
    let begun = Instant::now();
    let mut last = None;
    for tries in 1.. {
        if let Some(answer) = push.attempt(&http, &url).await {
            assert!(matches!(answer.status, 200 | 503), "{answer:?}");
            if answer.status == 200 {
                return (answer.body, tries);
            }
            last = Some(answer);
        }
        assert!(begun.elapsed() < DEADLINE, "{} was never accepted: {last:?}", told.delivery);
        tokio::time::sleep(AGAIN).await;
    }
    unreachable!("it is tried until it is accepted")
}

async fn every_update(core: &Core, query: Value) -> Vec<Value> {
    let mut updates = Vec::new();
    for page in 0.. {
        let params = json!({ "query": query, "page": page });
        let mut list = core.admin.read("ListUpdates", params).await;
        updates.append(list["updates"].as_array_mut().expect("a list"));
        if list["next_page"].is_null() {
            break;
        }
    }
    updates
}

async fn nothing_is_lost(options: CoreOptions) {
    raise_open_files().unwrap();
    let mut core = Core::start(options).await;
    let crowd = Crowd::start(CrowdOptions::of(SERVERS), &core.admin).await;
    crowd.all_connected().await;
    prepare(&core, &crowd).await;
    let http = reqwest::Client::new();
    let (storm, begun) = (storm(), Instant::now());
    let (mut sending, address) = (Vec::new(), core.address.clone());
    let send = async {
        for (at, told) in storm.iter().cloned().enumerate() {
            let due = STORM.mul_f64(at as f64 / WEBHOOKS as f64);
            tokio::time::sleep(due.saturating_sub(begun.elapsed())).await;
            if at % 3 != 2 {
                crowd.pushed(&told.stack, &told.commit);
            }
            sending.push(tokio::spawn(tell(http.clone(), address.clone(), told)));
        }
    };
    let restart = async {
        tokio::time::sleep(STORM / 2).await;
        let restarted = Instant::now();
        core.kill_and_start().await;
        let answers = restarted.elapsed();
        crowd.all_connected().await;
        (answers, restarted.elapsed())
    };
    let ((), (answers, back)) = tokio::join!(send, restart);
    let sent = begun.elapsed();
    // What each delivery began, as every answer to it says.
    let (mut began, mut tries, mut duplicates) = (BTreeMap::new(), 0, 0);
    for (told, answer) in storm.iter().zip(sending) {
        let (answer, times) = answer.await.expect("an answer");
        tries += times;
        duplicates += usize::from(answer["outcome"] == "Duplicate");
        let outcome = answer["outcome"].as_str().unwrap_or_default();
        assert!(matches!(outcome, "Ran" | "Duplicate"), "{answer}");
        let id = answer["update_id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
        let known: &mut BTreeSet<String> = began.entry(told.delivery.clone()).or_default();
        known.insert(id);
    }
    let accepted = begun.elapsed();
    assert!(began.values().all(|ids| ids.len() == 1), "a delivery began two runs");
    let runs: BTreeSet<_> = began.values().flatten().cloned().collect();
    stream::iter(&runs)
        .for_each_concurrent(8, |id| async {
            let update = core.admin.finished(id).await;
            assert_eq!(update["success"], true, "{update}");
        })
        .await;
    let done = begun.elapsed();
    // Each run was done once, and there are no others.
    let deployed = crowd.deployed();
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for one in &deployed {
        let run = one.job.split('-').next().unwrap_or_default();
        *times.entry(run.to_owned()).or_default() += 1;
    }
    assert!(times.values().all(|times| *times == 1), "a run was done twice");
    assert_eq!(times.keys().cloned().collect::<BTreeSet<_>>(), runs);
    let stored = every_update(&core, json!({ "operation": "DeployStack" })).await;
    assert_eq!(stored.len(), runs.len());
    // The last commit of each repository is what runs.
    for index in 0..STACKS {
        let name = stack(index);
        let last = deployed.iter().rev().find(|one| one.stack == name).expect("a deploy");
        let pushed = storm.iter().enumerate().rev();
        let mut pushed = pushed.filter(|(at, told)| at % 3 != 2 && told.stack == name);
        assert_eq!(last.commit, pushed.next().expect("a push").1.commit, "{name}");
    }
    // Nothing stays busy.
    let unfinished = every_update(&core, json!({ "status": { "$ne": "Complete" } })).await;
    assert_eq!(unfinished, Vec::<Value>::new());
    until("no stack is busy", || async {
        for index in 0..STACKS {
            let params = json!({ "stack": stack(index) });
            let state = core.admin.read("GetStackActionState", params).await;
            if state["deploying"] != false {
                return None;
            }
        }
        Some(())
    })
    .await;
    println!("Core answers again within              {:>9.1} s", answers.as_secs_f64());
    println!("its agents are back within             {:>9.1} s", back.as_secs_f64());
    println!("webhooks sent within                   {:>9.1} s", sent.as_secs_f64());
    println!("all of {WEBHOOKS:>4} accepted within            {:>9.1} s", accepted.as_secs_f64());
    println!("all of {:>4} runs done within            {:>9.1} s", runs.len(), done.as_secs_f64());
    println!("sent again, since Core did not answer  {:>9}", tries - WEBHOOKS);
    println!("answered as duplicates                 {duplicates:>9}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_webhooks_during_a_restart_are_neither_lost_nor_run_twice() {
    nothing_is_lost(CoreOptions::quiet()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_webhooks_with_mongodb_during_a_restart_are_neither_lost_nor_run_twice() {
    let uri = std::env::var("VARANUS_TEST_MONGODB_URI")
        .expect("VARANUS_TEST_MONGODB_URI is needed: ./dev test starts a server and sets it");
    nothing_is_lost(CoreOptions { mongodb: Some(uri), ..CoreOptions::quiet() }).await;
}
