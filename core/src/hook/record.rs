//! Deliveries, kept and listed.
//!
//! A delivery that began something is stored with a `key` of target and
//! delivery id, which is unique: that is what keeps it from running twice.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use varanus_proto::api::read::webhook::ListWebhookDeliveries;
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::webhook::WebhookDelivery;
use varanus_proto::{Error, MongoId, Result};

use crate::Core;
use crate::auth::access;
use crate::core::now;
use crate::http::{Api, Call};
use crate::store::{Change, Collection, Document, Filter, ObjectId, Order, Query};

const DEFAULT_LIMIT: u64 = 100;
const MAX_LIMIT: u64 = 1000;

/// The field of a delivery that is looked at still: the stack that it is for.
const OPEN: &str = "open";

/// How often old deliveries are removed.
const PRUNE: Duration = Duration::from_secs(3600);

/// The requests about deliveries.
pub fn api(api: &mut Api) {
    api.on(|call: Call, request: ListWebhookDeliveries| async move { list(&call, request).await });
}

/// Removes deliveries when they are older than configured, as long as Core
/// lives.
pub(super) fn start(core: &Arc<Core>) {
    let days = i64::try_from(core.config.keep_webhooks_for_days).unwrap_or(i64::MAX);
    if days == 0 {
        return;
    }
    let core = Arc::downgrade(core);
    tokio::spawn(async move {
        loop {
            {
                let Some(core) = core.upgrade() else { return };
                let oldest = now().saturating_sub(days.saturating_mul(24 * 3600 * 1000));
                if let Err(error) = prune(&core, oldest).await {
                    tracing::warn!(%error, "old webhook deliveries were not removed");
                }
            }
            tokio::time::sleep(PRUNE).await;
        }
    });
}

/// Removes what came before a time, in Unix milliseconds.
pub(super) async fn prune(core: &Core, oldest: i64) -> Result<()> {
    let old = Filter::lt("ts", oldest);
    core.store.commit(vec![Change::DeleteWhere(Collection::Delivery, old)]).await
}

/// The change that records a delivery that begins something, once.
pub(super) fn change(delivery: &WebhookDelivery) -> Result<Change> {
    Ok(Change::Insert(Collection::Delivery, with_key(delivery)?))
}

/// A delivery that is not taken a second time.
fn with_key(delivery: &WebhookDelivery) -> Result<Document> {
    let mut document = document(delivery)?;
    if let Some(key) = key(delivery) {
        document.insert("key".into(), key.into());
    }
    Ok(document)
}

/// Records a delivery that begins something other than a run; `Conflict` when
/// it was received before.
pub(super) async fn keep_once(core: &Core, delivery: &WebhookDelivery) -> Result<()> {
    core.store.commit(vec![change(delivery)?]).await
}

/// A delivery of which it is not known yet what it begins: it is stored, and may
/// outlive this process.
#[derive(Debug, Clone)]
pub(super) struct Open {
    /// As it is stored; with its id.
    pub delivery: WebhookDelivery,
    /// The stack that it is for.
    pub stack: String,
}

/// The change that records a delivery to a stack, once, as one that is open.
pub(super) fn open(mut delivery: WebhookDelivery, stack: &str) -> Result<(Open, Change)> {
    let id = ObjectId::generate();
    delivery.id = MongoId(id.as_str().to_owned());
    let mut document = with_key(&delivery)?;
    document.insert(OPEN.into(), stack.into());
    id.put_into(&mut document);
    let open = Open { delivery, stack: stack.to_owned() };
    Ok((open, Change::Insert(Collection::Delivery, document)))
}

/// The change that records what came of it.
pub(super) fn closed(open: &Open) -> Result<Change> {
    let mut document = with_key(&open.delivery)?;
    if let Some(id) = ObjectId::parse(open.delivery.id.as_str()) {
        id.put_into(&mut document);
    }
    Ok(Change::Put(Collection::Delivery, document))
}

/// All that are open, the oldest first.
pub(super) async fn all_open(core: &Core) -> Result<Vec<Open>> {
    let query = Query::new(Filter::gte(OPEN, "")).sort("ts", Order::Asc);
    let found = core.store.find(Collection::Delivery, &query).await?;
    let open = |document: Document| {
        let stack = document.get(OPEN)?.as_str()?.to_owned();
        Some(Open { delivery: read(document)?, stack })
    };
    Ok(found.into_iter().filter_map(open).collect())
}

/// Records a delivery that began nothing; it may come again.
pub(super) async fn keep(core: &Core, delivery: &WebhookDelivery) -> Result<()> {
    core.store.commit(vec![Change::Insert(Collection::Delivery, document(delivery)?)]).await
}

/// The delivery of the same id that was received first.
pub(super) async fn first(
    core: &Core,
    delivery: &WebhookDelivery,
) -> Result<Option<WebhookDelivery>> {
    let Some(key) = key(delivery) else { return Ok(None) };
    let query = Query::new(Filter::eq("key", key)).limit(1);
    let found = core.store.find(Collection::Delivery, &query).await?;
    Ok(found.into_iter().find_map(read))
}

/// The change that lets a delivery run after all, where the run it began was
/// ended by a restart of Core.
pub(super) async fn forget_interrupted(
    core: &Core,
    delivery: &WebhookDelivery,
) -> Result<Option<Change>> {
    let Some(first) = first(core, delivery).await? else { return Ok(None) };
    let (Some(run), Some(id)) = (&first.update_id, ObjectId::parse(first.id.as_str())) else {
        return Ok(None);
    };
    if !crate::run::was_interrupted(core, run).await? {
        return Ok(None);
    }
    // The record stays; it only gives up its key.
    let mut document = document(&first)?;
    id.put_into(&mut document);
    Ok(Some(Change::Put(Collection::Delivery, document)))
}

fn key(delivery: &WebhookDelivery) -> Option<String> {
    let (kind, id) = delivery.target.parts();
    (!delivery.delivery.is_empty()).then(|| format!("{kind}:{id}:{}", delivery.delivery))
}

fn document(delivery: &WebhookDelivery) -> Result<Document> {
    match serde_json::to_value(delivery) {
        Ok(Value::Object(mut document)) => {
            ObjectId::generate().put_into(&mut document);
            Ok(document)
        }
        _ => Err(Error::internal("a webhook delivery cannot be written")),
    }
}

fn read(document: Document) -> Option<WebhookDelivery> {
    serde_json::from_value(Value::Object(document)).ok()
}

async fn list(call: &Call, request: ListWebhookDeliveries) -> Result<Vec<WebhookDelivery>> {
    let core = &call.core;
    let filter = match request.target {
        None => {
            call.caller
                .require_admin("list the webhook deliveries of everything; name a target")?;
            Filter::default()
        }
        Some(given) => {
            let target = crate::resource::resolve(core, &given).ok_or_else(|| {
                Error::not_found(format!("there is no {} {:?}", given.kind(), given.id()))
            })?;
            let needed = access::need(PermissionLevel::Read, &[]);
            access::check(core, &call.caller, &target, given.id(), &needed)?;
            let (kind, id) = target.parts();
            Filter::eq("target.type", kind.as_str()).and(Filter::eq("target.id", id))
        }
    };
    let limit = request.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT);
    let query = Query::new(filter).sort("ts", Order::Desc).sort("_id", Order::Desc).limit(limit);
    let found = core.store.find(Collection::Delivery, &query).await?;
    Ok(found.into_iter().filter_map(read).collect())
}
