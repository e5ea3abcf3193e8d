//! What has to be done once a day: statistics and alerts that are older than
//! configured go, and servers that ask for it have their unused images removed.
//!
//! And on a MongoDB a sign of life, by which whoever would restore into it sees
//! that a Core runs on it. This room must not know how anything of it is done.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use varanus_proto::Result;
use varanus_proto::api::execute::server::PruneImages;
use varanus_proto::entity::execution::Execution;

use crate::Core;
use crate::auth::{Caller, ServiceUser};
use crate::core::now;
use crate::run::{self, Origin};
use crate::store::{Change, Collection, Document, Filter, ObjectId, Order, Query, RUNNING};

/// How often it is looked whether a new day has begun.
const LOOK: Duration = Duration::from_secs(300);

/// How often a Core says that it lives.
const SIGN_OF_LIFE: Duration = Duration::from_secs(20);

/// How much history one commit removes at most, milliseconds of it.
const SLICE: i64 = 6 * 3600 * 1000;

const DAY: i64 = 24 * 3600 * 1000;

/// The setting that says which day was the last one.
const LAST_DAY: &str = "5ea1ed000000000000000004";

/// Looks after things as long as Core lives.
pub fn start(core: &Arc<Core>) {
    let weak = Arc::downgrade(core);
    tokio::spawn(async move {
        loop {
            {
                let Some(core) = weak.upgrade() else { return };
                let today = jiff::Zoned::now().date().to_string();
                if let Err(error) = look(&core, &today).await {
                    tracing::warn!(%error, "the daily upkeep is not done yet");
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    });
    if core.config.database.is_mongodb() {
        let weak = Arc::downgrade(core);
        tokio::spawn(async move {
            loop {
                {
                    let Some(core) = weak.upgrade() else { return };
                    if let Err(error) = sign(&core).await {
                        tracing::debug!(%error, "no sign of life");
                    }
                }
                tokio::time::sleep(SIGN_OF_LIFE).await;
            }
        });
    }
}

/// Takes the sign of life back: Core ends in order.
pub async fn stop(core: &Core) {
    if core.config.database.is_mongodb() {
        let id = constant(RUNNING);
        if let Err(error) = core.store.commit(vec![Change::Delete(Collection::Setting, id)]).await {
            tracing::debug!(%error, "the sign of life stays for a minute");
        }
    }
}

fn constant(id: &str) -> ObjectId {
    ObjectId::parse(id).expect("the constant has 24 hexadecimal digits")
}

fn setting(id: &str, mut value: Value) -> Document {
    let mut document = value.as_object_mut().map(std::mem::take).unwrap_or_default();
    constant(id).put_into(&mut document);
    document
}

async fn sign(core: &Core) -> Result<()> {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let process = format!("process {} on {}", std::process::id(), host.trim());
    let sign = json!({ "name": "running", "process": process, "at": now() });
    core.store.commit(vec![Change::Put(Collection::Setting, setting(RUNNING, sign))]).await
}

/// Does what a new day asks for, if it is one. The day that Core first sees is
/// over already: a fresh install removes nobody's images.
async fn look(core: &Arc<Core>, today: &str) -> Result<()> {
    let last = core.store.get(Collection::Setting, &constant(LAST_DAY)).await?;
    let last = last.as_ref().and_then(|last| last.get("day")).and_then(Value::as_str);
    if last == Some(today) {
        return Ok(());
    }
    let is_first = last.is_none();
    // Noted first: a Core that dies in between does not do it twice.
    let day = setting(LAST_DAY, json!({ "name": "daily upkeep", "day": today }));
    core.store.commit(vec![Change::Put(Collection::Setting, day)]).await?;
    forget(core, now()).await?;
    if !is_first {
        prune_images(core).await;
    }
    Ok(())
}

/// Removes the history that is older than configured.
async fn forget(core: &Core, now: i64) -> Result<()> {
    let kept = [
        (Collection::Stats, core.config.keep_stats_for_days, Filter::default()),
        (Collection::Alert, core.config.keep_alerts_for_days, Filter::eq("resolved", true)),
    ];
    for (collection, days, which) in kept {
        if days == 0 {
            continue;
        }
        let days = i64::try_from(days).unwrap_or(i64::MAX);
        let oldest = now.saturating_sub(days.saturating_mul(DAY));
        let old = Filter::And(vec![which, Filter::lt("ts", oldest)]);
        let query = Query::new(old.clone()).sort("ts", Order::Asc).limit(1);
        // A slice at a time: years of it are no single commit.
        while let Some(first) = core.store.find(collection, &query).await?.pop() {
            let from = first.get("ts").and_then(Value::as_i64).unwrap_or(oldest);
            let until = from.saturating_add(SLICE).min(oldest);
            let slice = Filter::And(vec![old.clone(), Filter::lt("ts", until.max(from + 1))]);
            core.store.commit(vec![Change::DeleteWhere(collection, slice)]).await?;
        }
    }
    Ok(())
}

/// Begins a run for each server that asks for it; each says itself what came of it.
async fn prune_images(core: &Arc<Core>) {
    for (id, server) in core.catalog.servers.entries() {
        if !server.config.enabled || !server.config.auto_prune || server.template {
            continue;
        }
        let execution = Execution::PruneImages(PruneImages { server: id });
        let caller = Caller::from(ServiceUser::System);
        if let Err(error) = run::submit(core, &caller, execution, Origin::default()).await {
            tracing::warn!(server = server.name, %error, "unused images are not removed today");
        }
    }
}
