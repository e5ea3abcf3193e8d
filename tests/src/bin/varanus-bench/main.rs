//! `./dev bench`: figures of Varanus, measured on this machine in one run, so
//! that ratios hold on any. `docs/performance.md` keeps them.

mod crowd;
mod deploys;
mod requests;
mod sync;

use varanus_tests::program;

#[tokio::main]
async fn main() {
    for name in ["varanus-core", "varanus-periphery", "km"] {
        let size = program(name).metadata().expect("a program").len();
        figure(&format!("size of {name}"), size as f64 / 1e6, "MB");
    }
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let all = wanted.is_empty();
    if all || wanted == "requests" {
        requests::measure().await;
    }
    if all || wanted == "crowd" {
        crowd::measure().await;
    }
    if all || wanted == "sync" {
        sync::measure().await;
    }
    if wanted == "ten-thousand" {
        crowd::ten_thousand().await;
    }
    if all || wanted == "five" {
        deploys::five().await;
    }
    if wanted == "hundred" {
        deploys::hundred().await;
    }
    if all || wanted == "many" {
        deploys::one_of_many().await;
    }
}

/// One line of the report.
fn figure(what: &str, value: f64, unit: &str) {
    let digits = if value < 100.0 { 2 } else { 0 };
    println!("{what:<58} {value:>10.digits$} {unit}");
}
