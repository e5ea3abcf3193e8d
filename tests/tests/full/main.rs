//! Promises that take minutes to show: many hosts, many agents, faults at many
//! moments. `./dev test --full` runs them one after another.

mod alert;
mod build;
mod crowd;
mod cuts;
mod homeops;
mod hooks;
mod hosts;
mod newer;
#[path = "../scenario/outage.rs"]
mod outage;
mod outage_30s;
mod registry;
