//! Alerts: opened when something is wrong for longer than a moment, resolved
//! when it is not any more, read, listed, closed by hand.
//!
//! [`open`] keeps them; [`server`], [`load`], [`state`], [`failed`] and [`sync`]
//! are what is said of servers, stacks, runs and syncs; [`send`] is where they
//! leave for the alerters. This room must not know how the state that an alert is
//! about was found out.

mod execute;
mod failed;
mod load;
mod maintenance;
mod open;
mod send;
mod server;
mod state;
mod sync;

pub use execute::perform;
pub use failed::run_ended;
pub use open::Alerts;
pub use server::{forget_gone, seen as server_seen};
pub use state::Moment;
pub use sync::sync_pending;

use std::sync::Arc;

use varanus_proto::api::read::alert::{GetAlert, ListAlerts, ListAlertsResponse};
use varanus_proto::api::write::alert::CloseAlert;
use varanus_proto::entity::alert::{Alert, AlertData, SeverityLevel};
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::update::Operation;
use varanus_proto::{Error, NoData, Result};

use crate::auth::access;
use crate::core::now;
use crate::http::{Api, Call};
use crate::run::{Audit, visible};
use crate::store::{Change, Collection, Document, Filter, ObjectId, Order, Query};
use crate::{Commit, Core};

/// Alerts on a page of `ListAlerts` (Komodo 2.3 API).
const PAGE: u64 = 100;

/// The requests about alerts.
pub fn api(api: &mut Api) {
    api.on(|call: Call, request: GetAlert| async move { get(&call, &request.id).await });
    api.on(|call: Call, request: ListAlerts| async move { list(&call, request).await });
    api.on(|call: Call, request: CloseAlert| async move { close(&call, &request.id).await });
    execute::api(api);
}

/// Keeps an alert about something that is over as soon as it was noticed, as a
/// change of state is, and sends it.
///
/// Errors: the store does not take it; then it is not sent either.
pub async fn record(
    core: &Arc<Core>,
    target: ResourceTarget,
    level: SeverityLevel,
    data: AlertData,
) -> Result<()> {
    open::record(core, target, level, data).await
}

/// Sends an alert that is not kept: that something failed, or began.
pub fn tell(core: &Arc<Core>, target: ResourceTarget, level: SeverityLevel, data: AlertData) {
    send::send(core, &open::not_kept(target, level, data));
}

fn missing(id: &str) -> Error {
    Error::not_found(format!("there is no alert {id:?}"))
}

async fn document(core: &Core, id: &str) -> Result<(ObjectId, Document)> {
    let object_id = ObjectId::parse(id).ok_or_else(|| missing(id))?;
    let found = core.store.get(Collection::Alert, &object_id).await?;
    found.map(|document| (object_id, document)).ok_or_else(|| missing(id))
}

fn read(document: Document) -> Result<Alert> {
    serde_json::from_value(document.into())
        .map_err(|error| Error::internal("a stored alert cannot be read").cause(error))
}

async fn get(call: &Call, id: &str) -> Result<Alert> {
    let alert = read(document(&call.core, id).await?.1)?;
    let needed = access::need(PermissionLevel::Read, &[]);
    access::check(&call.core, &call.caller, &alert.target, id, &needed).map_err(|_| missing(id))?;
    Ok(alert)
}

async fn list(call: &Call, request: ListAlerts) -> Result<ListAlertsResponse> {
    let core = &call.core;
    let wanted = match &request.query {
        Some(query) => Filter::parse(query)?,
        None => Filter::default(),
    };
    let filter = match call.caller.is_admin() {
        true => wanted,
        false => wanted.and(visible(core, &call.caller)?),
    };
    let query = Query::new(filter)
        .sort("ts", Order::Desc)
        .skip(request.page.saturating_mul(PAGE))
        .limit(PAGE + 1);
    let mut documents = core.store.find(Collection::Alert, &query).await?;
    let more = documents.len() as u64 > PAGE;
    documents.truncate(PAGE as usize);
    Ok(ListAlertsResponse {
        // One that cannot be read does not keep the others from being shown.
        alerts: documents.into_iter().filter_map(|document| read(document).ok()).collect(),
        next_page: more.then(|| i64::try_from(request.page + 1).unwrap_or(i64::MAX)),
    })
}

async fn close(call: &Call, id: &str) -> Result<NoData> {
    call.caller.require_admin("close alerts")?;
    let core = &call.core;
    let _edit = core.edit().await;
    let (object_id, mut document) = document(core, id).await?;
    let alert = read(document.clone())?;
    if alert.resolved {
        return Ok(NoData {});
    }
    document.insert("resolved".into(), true.into());
    document.insert("resolved_ts".into(), now().into());
    object_id.put_into(&mut document);
    let mut commit = Commit::new();
    commit.change(Change::Put(Collection::Alert, document));
    let mut audit = Audit::new(&call.caller, Operation::None, alert.target);
    audit.log("Close Alert", format!("closed the alert {id}"));
    audit.commit(core, commit).await?;
    core.alerts.closed_by_hand(&object_id);
    Ok(NoData {})
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use varanus_proto::Kind;

    use super::*;
    use crate::testing::Tester;

    #[tokio::test]
    async fn an_open_alert_is_listed_until_an_admin_closes_it() {
        let tester = Tester::new().await;
        let (admin, bob) = (tester.admin("ann").await, tester.user("bob").await);
        let id = ObjectId::generate();
        let mut document = json!({
            // The daily upkeep takes what is old and closed.
            "ts": now(), "resolved": false, "level": "WARNING",
            "target": {"type": "System", "id": "system"},
            "data": {"type": "None", "data": {}},
        })
        .as_object()
        .cloned()
        .unwrap();
        id.put_into(&mut document);
        let change = Change::Insert(Collection::Alert, document);
        tester.core.store.commit(vec![change]).await.unwrap();
        let open = || ListAlerts {
            query: json!({"resolved": false}).as_object().cloned(),
            ..Default::default()
        };
        let listed = tester.call(&admin, open()).await.unwrap();
        assert_eq!(listed.alerts[0].id.as_str(), id.as_str());
        assert!(tester.call(&bob, open()).await.unwrap().alerts.is_empty());
        let id = id.as_str().to_owned();
        let get = GetAlert { id: id.clone() };
        assert_eq!(tester.call(&bob, get.clone()).await.unwrap_err().kind(), Kind::NotFound);
        let close = CloseAlert { id };
        assert_eq!(tester.call(&bob, close.clone()).await.unwrap_err().kind(), Kind::Forbidden);
        tester.call(&admin, close).await.unwrap();
        assert!(tester.call(&admin, open()).await.unwrap().alerts.is_empty());
        assert!(tester.call(&admin, get).await.unwrap().resolved);
    }
}
