//! A thousand agents at one Core.

use std::time::{Duration, Instant};

use serde_json::json;
use varanus_link::raise_open_files;
use varanus_tests::{BACK, Core, CoreOptions, Crowd, CrowdOptions};

/// How long reads are measured: all agents report within that time.
const MEASURED: Duration = Duration::from_secs(20);

/// What Core may take in a build for tests; the goal of a release build is half.
const MEMORY: f64 = 300.0;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_agents_are_back_soon_after_a_restart_of_core_and_reads_stay_fast() {
    raise_open_files().unwrap();
    let mut core = Core::start(CoreOptions::quiet()).await;
    let begun = Instant::now();
    let crowd = Crowd::start(CrowdOptions::of(1000), &core.admin).await;
    println!("1,000 servers created within           {:>9.1} s", begun.elapsed().as_secs_f64());
    crowd.all_connected().await;
    crowd.all_seen(&core.admin).await;
    let (before, restarted) = (crowd.logins(), Instant::now());
    core.kill_and_start().await;
    println!("Core answers again within              {:>9.1} s", restarted.elapsed().as_secs_f64());
    crowd.all_connected().await;
    let back = restarted.elapsed();
    println!("1,000 agents are back within           {:>9.1} s", back.as_secs_f64());
    println!("logins for that                        {:>9}", crowd.logins() - before);
    println!(
        "which costs Core                       {:>9.1} s of CPU",
        core.process().cpu().as_secs_f64()
    );
    assert!(back < BACK, "{back:?}");
    crowd.all_seen(&core.admin).await;
    println!("and all of them seen within            {:>9.1} s", restarted.elapsed().as_secs_f64());
    let reports = crowd.reports();
    let api = &core.admin;
    let ((list, lists), (version, versions), (one, ones)) = tokio::join!(
        api.time_reads("ListServers", json!({ "limit": 0 }), MEASURED),
        api.time_reads("GetVersion", json!({}), MEASURED),
        api.time_reads("GetServer", json!({ "server": crowd.server(500) }), MEASURED),
    );
    println!("reports meanwhile                      {:>9}", crowd.reports() - reports);
    println!("99 % of {lists:>5} ListServers within        {list:>9.1} ms");
    println!("99 % of {versions:>5} GetVersion within         {version:>9.1} ms");
    println!("99 % of {ones:>5} GetServer within          {one:>9.1} ms");
    println!("memory of Core with 1,000 agents       {:>9.1} MB", core.process().memory());
    assert!(crowd.reports() - reports >= 1000, "all of them report meanwhile");
    assert!(core.process().memory() < MEMORY, "{} MB", core.process().memory());
}
