//! What becomes of people's work when the store fails.

use std::time::{Duration, Instant};

use varanus_tests::{Core, CoreOptions, Proxy, mongodb};

use crate::outage::{Outage, outlived};

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_refuses_connections_stops_no_read_and_no_deploy() {
    outlived(Outage::Cut, Duration::from_secs(4)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_stops_no_read_and_no_deploy() {
    outlived(Outage::BlackHole, Duration::from_secs(4)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn core_waits_at_its_start_for_a_store_that_comes_later() {
    let uri = mongodb();
    let target = uri.trim_start_matches("mongodb://").split('/').next().unwrap().to_owned();
    let proxy = Proxy::start(target).await;
    proxy.cut().await;
    let address = format!("mongodb://{}/?directConnection=true", proxy.address());
    let begun = Instant::now();
    let (core, ()) = tokio::join!(
        Core::start(CoreOptions { mongodb: Some(address), ..CoreOptions::default() }),
        async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            proxy.heal().await;
        }
    );
    println!("Core answered {:?} after its start, 3 s of them without a store", begun.elapsed());
    assert!(core.log().contains("waiting for the store"), "{}", core.log());
}
