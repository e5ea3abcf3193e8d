//! The store is away for half a minute.

use std::time::Duration;

use crate::outage::{Outage, outlived};

const HALF_A_MINUTE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_store_cut_for_30_seconds() {
    outlived(Outage::Cut, HALF_A_MINUTE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_in_a_black_hole_for_30_seconds() {
    outlived(Outage::BlackHole, HALF_A_MINUTE).await;
}
