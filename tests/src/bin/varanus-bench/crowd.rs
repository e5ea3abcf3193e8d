//! A thousand agents at one Core, and a restart of it.

use std::time::{Duration, Instant};

use serde_json::json;
use varanus_link::raise_open_files;
use varanus_tests::{Core, CoreOptions, Crowd, CrowdOptions};

use crate::figure;

const AGENTS: usize = 1000;

/// All agents report within that time.
const MEASURED: Duration = Duration::from_secs(20);

pub async fn measure() {
    raise_open_files().expect("a thousand open files");
    let mut core = Core::start(CoreOptions::quiet()).await;
    let crowd = Crowd::start(CrowdOptions::of(AGENTS), &core.admin).await;
    crowd.all_connected().await;
    let restarted = Instant::now();
    core.kill_and_start().await;
    crowd.all_connected().await;
    let back = restarted.elapsed().as_secs_f64();
    figure("1,000 agents are back after a restart of Core within", back, "s");
    crowd.all_seen(&core.admin).await;
    let api = &core.admin;
    let reads = tokio::join!(
        api.time_reads("GetVersion", json!({}), MEASURED),
        api.time_reads("GetServer", json!({ "server": crowd.server(AGENTS / 2) }), MEASURED),
        api.time_reads("ListServers", json!({ "limit": 0 }), MEASURED),
    );
    figure("99 % of GetVersion while they report, within", reads.0.0, "ms");
    figure("99 % of GetServer while they report, within", reads.1.0, "ms");
    figure("99 % of ListServers of all of them, within", reads.2.0, "ms");
    figure("memory of Core with 1,000 agents", core.process().memory(), "MB");
}

/// How long it takes until ten thousand agents are connected. Not part of the
/// whole: it needs 11,000 open files, and minutes.
pub async fn ten_thousand() {
    let files = raise_open_files().expect("a limit");
    assert!(files >= 11_000, "this needs 11,000 open files, and {files} are allowed (ulimit -Hn)");
    let mut options = CoreOptions::quiet();
    options.settings.push(("KOMODO_MONITORING_INTERVAL".into(), "5-min".into()));
    let core = Core::start(options).await;
    let begun = Instant::now();
    let many = CrowdOptions { containers: 1, ..CrowdOptions::of(10_000) };
    let crowd = Crowd::start(many, &core.admin).await;
    figure("10,000 servers are created within", begun.elapsed().as_secs_f64(), "s");
    let begun = Instant::now();
    crowd.all_connected_within(Duration::from_secs(600)).await;
    figure("and their agents connected within", begun.elapsed().as_secs_f64(), "s");
    figure("memory of Core with 10,000 agents", core.process().memory(), "MB");
    figure("logins that failed, and were repeated", crowd.failures() as f64, "");
    assert_eq!(crowd.connected(), 10_000, "all of them stay");
}
