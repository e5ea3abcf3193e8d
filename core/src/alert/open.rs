//! Alerts that stay open until what they are about is over.
//!
//! They are in the store; which are open is known in memory, from the start on,
//! so that none is opened twice.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use varanus_proto::entity::alert::{Alert, AlertData, AlertDataVariant, SeverityLevel};
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::{Error, MongoId, Result};

use super::send::send;
use crate::core::now;
use crate::store::{Change, Collection, Document, Filter, ObjectId, Query, Store};
use crate::{Commit, Core};

/// Checks in a row that must fail before an alert is opened (Komodo 2.3).
const IN_A_ROW: u32 = 2;

/// What an alert is about: one of a kind for a resource.
type Key = (ResourceTarget, AlertDataVariant);

/// How it stands with something that may be wrong.
#[derive(Debug, Clone, Default)]
struct Standing {
    /// Checks in a row that failed.
    failed: u32,
    /// The alerts that are open; more than one is somebody else's doing.
    open: Vec<ObjectId>,
    /// A person closed it: it is not opened again before it was over.
    closed: bool,
}

/// What is wrong, and which alerts are open.
#[derive(Default)]
pub struct Alerts {
    standing: Mutex<HashMap<Key, Standing>>,
}

impl Alerts {
    /// The alerts that are open in a store.
    pub async fn load(store: &dyn Store) -> Result<Self> {
        let query = Query::new(Filter::eq("resolved", false));
        let mut standing = HashMap::<Key, Standing>::new();
        for document in store.find(Collection::Alert, &query).await? {
            let Some(id) = ObjectId::of(&document) else { continue };
            // What cannot be read is not ours to resolve.
            let Ok(alert) = super::read(document.clone()) else { continue };
            let Some(kind) = kind_of(&document) else { continue };
            standing.entry((alert.target, kind)).or_default().open.push(id);
        }
        Ok(Self { standing: Mutex::new(standing) })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Standing>> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What anything is wrong with.
    pub fn targets(&self) -> Vec<ResourceTarget> {
        self.lock().keys().map(|(target, _)| target.clone()).collect()
    }

    /// A person closed an alert.
    pub fn closed_by_hand(&self, id: &ObjectId) {
        for standing in self.lock().values_mut() {
            if standing.open.contains(id) {
                standing.open.retain(|open| open != id);
                standing.closed = standing.open.is_empty();
            }
        }
    }
}

fn kind_of(document: &Document) -> Option<AlertDataVariant> {
    document.get("data")?.get("type")?.as_str()?.parse().ok()
}

/// What a check found.
pub(super) enum Found {
    /// Nothing is wrong, or nobody wants to know.
    Fine,
    /// This is wrong.
    Wrong(SeverityLevel, AlertData),
    /// It is wrong, but now is not the time to say so.
    Quiet,
}

/// Notes what a check of one kind found: opens an alert when two in a row found
/// something wrong, resolves it when it is over. A store that is away is no
/// fault: the next check does it.
pub(super) async fn note(
    core: &Core,
    target: ResourceTarget,
    kind: AlertDataVariant,
    found: Found,
) {
    let key = (target, kind);
    let done = match found {
        Found::Quiet => return,
        Found::Fine => {
            let Some(standing) = core.alerts.lock().get(&key).cloned() else { return };
            resolve(core, &standing.open).await.map(|()| {
                core.alerts.lock().remove(&key);
            })
        }
        Found::Wrong(level, data) => {
            let standing = {
                let mut all = core.alerts.lock();
                let standing = all.entry(key.clone()).or_default();
                standing.failed = standing.failed.saturating_add(1);
                standing.clone()
            };
            if standing.closed || !standing.open.is_empty() || standing.failed < IN_A_ROW {
                return;
            }
            open(core, key.0.clone(), level, data).await.map(|id| {
                core.alerts.lock().entry(key).or_default().open.push(id);
            })
        }
    };
    if let Err(error) = done {
        tracing::warn!(%error, "an alert could not be kept; the next check tries again");
    }
}

async fn open(
    core: &Core,
    target: ResourceTarget,
    level: SeverityLevel,
    data: AlertData,
) -> Result<ObjectId> {
    let id = ObjectId::generate();
    let alert = Alert {
        id: MongoId::from(id.as_str()),
        ts: now(),
        resolved: false,
        level,
        target,
        data,
        resolved_ts: None,
    };
    store(core, vec![(id.clone(), alert.clone())]).await?;
    tracing::warn!(alert = ?alert.data, "an alert is open");
    send(core, &alert).await;
    Ok(id)
}

async fn resolve(core: &Core, ids: &[ObjectId]) -> Result<()> {
    let mut resolved = Vec::new();
    for id in ids {
        let Some(document) = core.store.get(Collection::Alert, id).await? else { continue };
        let mut alert = super::read(document)?;
        alert.resolved = true;
        alert.resolved_ts = Some(now());
        resolved.push((id.clone(), alert));
    }
    store(core, resolved.clone()).await?;
    for (_, mut alert) in resolved {
        tracing::info!(alert = ?alert.data, "an alert is resolved");
        // What is sent says that all is well (Komodo 2.3); the record keeps how
        // bad it was.
        alert.level = SeverityLevel::Ok;
        send(core, &alert).await;
    }
    Ok(())
}

async fn store(core: &Core, alerts: Vec<(ObjectId, Alert)>) -> Result<()> {
    if alerts.is_empty() {
        return Ok(());
    }
    let mut commit = Commit::new();
    for (id, alert) in alerts {
        let Ok(serde_json::Value::Object(mut document)) = serde_json::to_value(&alert) else {
            return Err(Error::internal("an alert cannot be written"));
        };
        id.put_into(&mut document);
        commit.change(Change::Put(Collection::Alert, document));
    }
    let _edit = core.edit().await;
    commit.commit(&*core.store).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Tester;

    fn wrong() -> Found {
        let data = AlertData::ServerMem {
            id: "s".into(),
            name: "attic".into(),
            region: None,
            used_gb: 3.9,
            total_gb: 4.0,
        };
        Found::Wrong(SeverityLevel::Critical, data)
    }

    async fn stored(core: &Core) -> Vec<Alert> {
        let query = Query::new(Filter::default());
        let found = core.store.find(Collection::Alert, &query).await.unwrap();
        found.into_iter().map(|document| super::super::read(document).unwrap()).collect()
    }

    async fn check(core: &Core, found: Found) {
        note(core, ResourceTarget::Server("s".into()), AlertDataVariant::ServerMem, found).await;
    }

    #[tokio::test]
    async fn two_failed_checks_in_a_row_open_one_alert_and_a_good_one_resolves_it() {
        let tester = Tester::new().await;
        let core = &*tester.core;
        for found in [wrong(), Found::Fine, wrong(), Found::Quiet] {
            check(core, found).await;
        }
        assert!(stored(core).await.is_empty());
        for found in [wrong(), wrong(), Found::Quiet, wrong()] {
            check(core, found).await;
        }
        let all = stored(core).await;
        assert_eq!(all.len(), 1);
        assert!(!all[0].resolved && all[0].level == SeverityLevel::Critical);
        check(core, Found::Fine).await;
        let all = stored(core).await;
        assert!(all[0].resolved && all[0].resolved_ts.is_some());
        assert_eq!(all[0].level, SeverityLevel::Critical);
    }

    #[tokio::test]
    async fn what_is_open_is_found_again_and_what_a_person_closed_stays_closed() {
        let tester = Tester::new().await;
        let core = &*tester.core;
        check(core, wrong()).await;
        check(core, wrong()).await;
        // As after a restart.
        let found = Alerts::load(&*core.store).await.unwrap();
        *core.alerts.lock() = found.standing.into_inner().unwrap();
        check(core, wrong()).await;
        check(core, wrong()).await;
        let all = stored(core).await;
        assert_eq!(all.len(), 1);
        let id = ObjectId::parse(all[0].id.as_str()).unwrap();
        core.alerts.closed_by_hand(&id);
        check(core, wrong()).await;
        assert_eq!(stored(core).await.len(), 1);
        // When it was over, it may come again.
        check(core, Found::Fine).await;
        check(core, wrong()).await;
        check(core, wrong()).await;
        assert_eq!(stored(core).await.len(), 2);
    }
}
