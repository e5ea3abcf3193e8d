//! A thousand agents, and ten thousand, at one Core.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use varanus_link::raise_open_files;
use varanus_tests::{Api, BACK, Core, CoreOptions, Crowd, CrowdOptions, until};

/// How long reads are measured: all agents report within that time.
const MEASURED: Duration = Duration::from_secs(20);

/// What Core may take in a build for tests; the goal of a release build is half.
const MEMORY: f64 = 300.0;

async fn all_seen(api: &Api, count: usize) {
    until(&format!("Core sees {count} servers as well"), || async {
        let servers = api.read("ListServers", json!({ "limit": 0 })).await;
        let well = |server: &&Value| server["info"]["state"] == "Ok";
        (servers.as_array()?.iter().filter(well).count() == count).then_some(())
    })
    .await;
}

/// The time that 99 of 100 answers take at most, in milliseconds, and how many
/// there were.
async fn reads(api: &Api, name: &str, params: Value, time: Duration) -> (f64, usize) {
    let (begun, mut times, http) = (Instant::now(), Vec::new(), reqwest::Client::new());
    while begun.elapsed() < time {
        let asked = Instant::now();
        let url = format!("{}/read/{name}", api.address);
        let request = http.post(url).header("authorization", api.jwt()).json(&params);
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        // What the client makes of it is not the matter here.
        answer.bytes().await.expect("an answer to its end");
        times.push(asked.elapsed());
        // As often as a person's open page would, not as often as it can.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    times.sort_unstable();
    (times[times.len() * 99 / 100].as_secs_f64() * 1000.0, times.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_agents_are_back_soon_after_a_restart_of_core_and_reads_stay_fast() {
    raise_open_files().unwrap();
    let mut core = Core::start(CoreOptions::quiet()).await;
    let begun = Instant::now();
    let crowd = Crowd::start(CrowdOptions::of(1000), &core.admin).await;
    println!("1,000 servers created within           {:>9.1} s", begun.elapsed().as_secs_f64());
    crowd.all_connected().await;
    all_seen(&core.admin, 1000).await;
    let restarted = Instant::now();
    core.kill_and_start().await;
    println!("Core answers again within              {:>9.1} s", restarted.elapsed().as_secs_f64());
    let before = crowd.logins();
    crowd.all_connected().await;
    let back = restarted.elapsed();
    println!("1,000 agents are back within           {:>9.1} s", back.as_secs_f64());
    println!("logins for that                        {:>9}", crowd.logins() - before);
    println!(
        "which costs Core                       {:>9.1} s of CPU",
        core.process().cpu().as_secs_f64()
    );
    assert!(back < BACK, "{back:?}");
    all_seen(&core.admin, 1000).await;
    println!("and all of them seen within            {:>9.1} s", restarted.elapsed().as_secs_f64());
    let reports = crowd.reports();
    let api = &core.admin;
    let ((list, lists), (version, versions), (one, ones)) = tokio::join!(
        reads(api, "ListServers", json!({ "limit": 0 }), MEASURED),
        reads(api, "GetVersion", json!({}), MEASURED),
        reads(api, "GetServer", json!({ "server": crowd.server(500) }), MEASURED),
    );
    println!("reports meanwhile                      {:>9}", crowd.reports() - reports);
    println!("99 % of {lists:>5} ListServers within        {list:>9.1} ms");
    println!("99 % of {versions:>5} GetVersion within         {version:>9.1} ms");
    println!("99 % of {ones:>5} GetServer within          {one:>9.1} ms");
    println!("memory of Core with 1,000 agents       {:>9.1} MB", core.process().memory());
    assert!(crowd.reports() - reports >= 1000, "all of them report meanwhile");
    assert!(core.process().memory() < MEMORY, "{} MB", core.process().memory());
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_agents_connect() {
    let files = raise_open_files().unwrap();
    assert!(files >= 11_000, "this needs 11,000 open files, and {files} are allowed (ulimit -Hn)");
    let core = Core::start(CoreOptions::quiet()).await;
    let begun = Instant::now();
    let crowd = Crowd::start(CrowdOptions::of(10_000), &core.admin).await;
    println!("10,000 servers created within          {:>9.1} s", begun.elapsed().as_secs_f64());
    crowd.all_connected().await;
    println!("and connected within                   {:>9.1} s", begun.elapsed().as_secs_f64());
    println!("memory of Core with 10,000 agents      {:>9.1} MB", core.process().memory());
    println!("logins                                 {:>9}", crowd.logins());
}
