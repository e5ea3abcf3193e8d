//! Updates, read.

use varanus_proto::api::read::update::{GetUpdate, ListUpdates, ListUpdatesResponse};
use varanus_proto::api::write::run::CancelRun;
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::resource::{ResourceTarget, ResourceTargetVariant};
use varanus_proto::entity::update::Update;
use varanus_proto::{Error, Result};

use super::record;
use crate::Core;
use crate::auth::{Caller, ServiceUser, access};
use crate::http::{Api, Call};
use crate::store::{Collection, Filter, ObjectId, Order, Query};

/// Updates on a page of `ListUpdates` (Komodo 2.3 API).
const PAGE: u64 = 100;

/// The requests about updates.
pub fn api(api: &mut Api) {
    api.on(|call: Call, request: GetUpdate| async move { get(&call, &request.id).await });
    api.on(|call: Call, request: ListUpdates| async move { list(&call, request).await });
    api.on(
        |call: Call, request: CancelRun| async move { super::cancel::cancel(&call, request).await },
    );
}

/// The update of an id: of a run that is not complete from memory.
pub(super) async fn known(core: &Core, id: &str) -> Result<Update> {
    match core.runs.get(id) {
        Some(run) => Ok(run.update()),
        None => stored(core, id).await,
    }
}

pub(super) async fn get(call: &Call, id: &str) -> Result<Update> {
    let update = known(&call.core, id).await?;
    let target = &update.target;
    let name = crate::resource::name_of(&call.core, target);
    let needed = access::need(PermissionLevel::Read, &[]);
    access::check(&call.core, &call.caller, target, &name, &needed).map_err(|_| missing(id))?;
    Ok(update)
}

pub(super) fn missing(id: &str) -> Error {
    Error::not_found(format!("there is no update {id:?}"))
}

/// The stored update of an id.
pub(super) async fn stored(core: &Core, id: &str) -> Result<Update> {
    let missing = || missing(id);
    let id = ObjectId::parse(id).ok_or_else(missing)?;
    let document = core.store.get(Collection::Update, &id).await?.ok_or_else(missing)?;
    serde_json::from_value(serde_json::Value::Object(document))
        .map_err(|error| Error::internal(format!("update {id} cannot be read")).cause(error))
}

async fn list(call: &Call, request: ListUpdates) -> Result<ListUpdatesResponse> {
    let core = &call.core;
    let wanted = match &request.query {
        Some(query) => Filter::parse(query)?,
        None => Filter::default(),
    };
    let filter = match call.caller.is_admin() {
        true => wanted,
        false => Filter::And(vec![wanted, visible(core, &call.caller)?]),
    };
    let page = u64::from(request.page);
    let query = Query::new(filter)
        .sort("start_ts", Order::Desc)
        .skip(page * PAGE)
        .limit(PAGE + 1)
        .exclude("logs")
        .exclude("prev_toml")
        .exclude("current_toml");
    let mut documents = core.store.find(Collection::Update, &query).await?;
    let more = documents.len() as u64 > PAGE;
    documents.truncate(PAGE as usize);
    let updates = documents.into_iter().filter_map(|mut document| {
        document.insert("logs".into(), serde_json::json!([]));
        let mut update: Update = serde_json::from_value(document.into()).ok()?;
        if let Some(run) = core.runs.get(update.id.as_str()) {
            update.status = run.update().status;
        }
        Some(record::list_item(&update, &username(core, &update.operator)))
    });
    Ok(ListUpdatesResponse {
        updates: updates.collect(),
        next_page: more.then_some(request.page + 1),
    })
}

/// Where people read about a run in the browser.
pub fn link(core: &Core, update: &Update) -> String {
    format!("{}/updates/{}", core.config.host.trim_end_matches('/'), update.id.as_str())
}

/// The name of whoever did something.
pub fn username(core: &Core, operator: &str) -> String {
    match ServiceUser::find(operator) {
        Some(user) => user.name().to_owned(),
        None => core
            .catalog
            .users
            .get(operator)
            .map_or_else(|| operator.to_owned(), |user| user.username.clone()),
    }
}

/// What passes for documents whose target a caller may see.
pub fn visible(core: &Core, caller: &Caller) -> Result<Filter> {
    let mut any = Vec::new();
    for kind in ResourceTargetVariant::ALL {
        let ids = crate::resource::ids_of(core, *kind);
        let seen: Vec<_> = ids
            .into_iter()
            .filter(|id| {
                let target = ResourceTarget::new(*kind, id.as_str());
                access::effective(core, caller, &target).level >= PermissionLevel::Read
            })
            .collect();
        if !seen.is_empty() {
            any.push(serde_json::json!({ "target.type": kind, "target.id": { "$in": seen } }));
        }
    }
    match any.is_empty() {
        true => Filter::from_value(&serde_json::json!({ "_id": { "$in": [] } })),
        false => Filter::from_value(&serde_json::json!({ "$or": any })),
    }
}
