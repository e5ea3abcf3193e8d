//! How soon Core answers.

use varanus_tests::{Core, CoreOptions};

#[tokio::test(flavor = "multi_thread")]
async fn core_starts_again_after_twenty_power_cuts() {
    let mut core = Core::start(CoreOptions::default()).await;
    for _ in 0..20 {
        core.kill_and_start().await;
    }
}
