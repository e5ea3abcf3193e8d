//! Alerts that stay open until what they are about is over.
//!
//! They are in the store; which are open is known in memory, from the start on,
//! so that none is opened twice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use varanus_proto::entity::alert::{Alert, AlertData, AlertDataVariant, SeverityLevel};
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::{Error, MongoId, Result};

use super::send::wants::kind_of;
use super::send::{Outbox, send};
use super::state::States;
use crate::core::now;
use crate::store::{Change, Collection, Filter, ObjectId, Query, Store};
use crate::{Commit, Core};

/// Checks in a row that must fail before an alert is opened (Komodo 2.3).
const IN_A_ROW: u32 = 2;

/// What an alert is about: one of a kind for a resource, or for a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Subject {
    pub target: ResourceTarget,
    pub kind: AlertDataVariant,
    /// Where there may be several of a kind: the path of a disk.
    pub part: String,
}

/// How it stands with something that may be wrong.
#[derive(Debug, Clone, Default)]
struct Standing {
    /// Checks in a row that failed.
    failed: u32,
    /// When what the last check looked at was measured.
    measured: i64,
    /// The alerts that are open; more than one is somebody else's doing.
    open: Vec<ObjectId>,
    /// How bad it is, by the alerts that are open.
    level: SeverityLevel,
    /// A person closed it: it is not opened again before it was over.
    closed: bool,
}

/// What is wrong, and which alerts are open.
#[derive(Default)]
pub struct Alerts {
    standing: Mutex<HashMap<Subject, Standing>>,
    /// What is on its way to alerters.
    pub(super) outbox: Outbox,
    /// What stacks were doing when they were last looked at.
    pub(super) states: States,
}

impl Alerts {
    /// The alerts that are open in a store.
    pub async fn load(store: &dyn Store) -> Result<Self> {
        let query = Query::new(Filter::eq("resolved", false));
        let mut standing = HashMap::<Subject, Standing>::new();
        for document in store.find(Collection::Alert, &query).await? {
            let Some(id) = ObjectId::of(&document) else { continue };
            // What cannot be read is not ours to resolve.
            let Ok(alert) = super::read(document.clone()) else { continue };
            let Some(kind) = kind_of(&alert.data) else { continue };
            let part = match &alert.data {
                AlertData::ServerDisk { path, .. } => path.clone(),
                _ => String::new(),
            };
            let standing =
                standing.entry(Subject { target: alert.target, kind, part }).or_default();
            standing.open.push(id);
            if rank(alert.level) > rank(standing.level) {
                standing.level = alert.level;
            }
        }
        Ok(Self { standing: Mutex::new(standing), ..Self::default() })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Subject, Standing>> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What anything is wrong with.
    pub fn targets(&self) -> Vec<ResourceTarget> {
        self.lock().keys().map(|subject| subject.target.clone()).collect()
    }

    /// The parts of a resource that something of a kind is wrong with.
    pub(super) fn parts(&self, target: &ResourceTarget, kind: AlertDataVariant) -> Vec<String> {
        let standing = self.lock();
        let of_it = standing.keys().filter(|about| about.target == *target && about.kind == kind);
        of_it.map(|about| about.part.clone()).collect()
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

fn rank(level: SeverityLevel) -> u8 {
    match level {
        SeverityLevel::Ok => 0,
        SeverityLevel::Warning => 1,
        SeverityLevel::Critical => 2,
    }
}

/// What a check found.
pub(super) enum Found {
    /// Nothing is wrong, or nobody wants to know.
    Fine,
    /// Nothing is wrong that an alert would be opened for; one that is open is
    /// not over yet.
    Almost,
    /// This is wrong.
    Wrong(SeverityLevel, AlertData),
    /// Nothing is known, or now is not the time to say so.
    Quiet,
}

/// Notes what a check of a subject found: opens an alert when two in a row found
/// something wrong, says so when it gets worse, resolves it when it is over.
/// `measured` tells checks apart that look at the same measurement, which count
/// once; 0 where each look is a new one. A store that is away is no fault: the
/// next check does it.
pub(super) async fn note(core: &Arc<Core>, about: Subject, found: Found, measured: i64) {
    let done = match found {
        Found::Quiet => return,
        Found::Almost => {
            let mut all = core.alerts.lock();
            if let Some(standing) = all.get_mut(&about)
                && standing.open.is_empty()
                && !standing.closed
            {
                all.remove(&about);
            }
            return;
        }
        Found::Fine => over(core, about, true).await,
        Found::Wrong(level, data) => {
            let standing = {
                let mut all = core.alerts.lock();
                let standing = all.entry(about.clone()).or_default();
                if measured == 0 || measured != standing.measured {
                    standing.failed = standing.failed.saturating_add(1);
                }
                standing.measured = measured;
                standing.clone()
            };
            if standing.closed || standing.failed < IN_A_ROW && standing.open.is_empty() {
                return;
            }
            if standing.open.is_empty() {
                begin(core, about, level, data, true).await
            } else if rank(level) > rank(standing.level) {
                worse(core, about, &standing.open, level, data).await
            } else {
                return;
            }
        }
    };
    if let Err(error) = done {
        tracing::warn!(%error, "an alert could not be kept; the next check tries again");
    }
}

/// Opens an alert.
pub(super) async fn begin(
    core: &Arc<Core>,
    about: Subject,
    level: SeverityLevel,
    data: AlertData,
    told: bool,
) -> Result<()> {
    let alert = new(about.target.clone(), level, data, false);
    store(core, std::slice::from_ref(&alert)).await?;
    tracing::warn!(alert = ?alert.data, "an alert is open");
    if let Some(id) = ObjectId::parse(alert.id.as_str()) {
        let mut all = core.alerts.lock();
        let standing = all.entry(about).or_default();
        standing.open.push(id);
        standing.level = level;
    }
    if told {
        send(core, &alert);
    }
    Ok(())
}

/// Keeps an alert about something that is over as soon as it was noticed, and
/// sends it.
pub(super) async fn record(
    core: &Arc<Core>,
    target: ResourceTarget,
    level: SeverityLevel,
    data: AlertData,
) -> Result<()> {
    let alert = new(target, level, data, true);
    store(core, std::slice::from_ref(&alert)).await?;
    send(core, &alert);
    Ok(())
}

/// A new alert, with an id.
fn new(target: ResourceTarget, level: SeverityLevel, data: AlertData, resolved: bool) -> Alert {
    let ts = now();
    let id = MongoId::from(ObjectId::generate().as_str());
    Alert { id, ts, resolved, level, target, data, resolved_ts: resolved.then_some(ts) }
}

/// An alert that is only sent. It has no id, because nobody can ask for it.
pub(super) fn not_kept(target: ResourceTarget, level: SeverityLevel, data: AlertData) -> Alert {
    Alert { id: MongoId::default(), ..new(target, level, data, true) }
}

/// What is open of a subject got worse: it says so, and is sent again.
async fn worse(
    core: &Arc<Core>,
    about: Subject,
    ids: &[ObjectId],
    level: SeverityLevel,
    data: AlertData,
) -> Result<()> {
    let mut alerts = stored(core, ids).await?;
    for alert in &mut alerts {
        alert.level = level;
        alert.data = data.clone();
    }
    store(core, &alerts).await?;
    if let Some(standing) = core.alerts.lock().get_mut(&about) {
        standing.level = level;
    }
    for alert in alerts {
        tracing::warn!(alert = ?alert.data, "what an alert is about got worse");
        send(core, &alert);
    }
    Ok(())
}

/// Whether anything of a subject is open.
pub(super) fn is_open(core: &Core, about: &Subject) -> bool {
    core.alerts.lock().get(about).is_some_and(|standing| !standing.open.is_empty())
}

/// Resolves what is open of a subject.
pub(super) async fn over(core: &Arc<Core>, about: Subject, told: bool) -> Result<()> {
    let Some(standing) = core.alerts.lock().get(&about).cloned() else { return Ok(()) };
    let mut alerts = stored(core, &standing.open).await?;
    for alert in &mut alerts {
        alert.resolved = true;
        alert.resolved_ts = Some(now());
    }
    store(core, &alerts).await?;
    core.alerts.lock().remove(&about);
    for mut alert in alerts {
        tracing::info!(alert = ?alert.data, "an alert is resolved");
        // What is sent says that all is well (Komodo 2.3); the record keeps how
        // bad it was.
        alert.level = SeverityLevel::Ok;
        if told {
            send(core, &alert);
        }
    }
    Ok(())
}

async fn stored(core: &Core, ids: &[ObjectId]) -> Result<Vec<Alert>> {
    let mut alerts = Vec::new();
    for id in ids {
        let Some(document) = core.store.get(Collection::Alert, id).await? else { continue };
        let mut alert = super::read(document)?;
        alert.id = MongoId::from(id.as_str());
        alerts.push(alert);
    }
    Ok(alerts)
}

async fn store(core: &Core, alerts: &[Alert]) -> Result<()> {
    if alerts.is_empty() {
        return Ok(());
    }
    let mut commit = Commit::new();
    for alert in alerts {
        let (Ok(serde_json::Value::Object(mut document)), Some(id)) =
            (serde_json::to_value(alert), ObjectId::parse(alert.id.as_str()))
        else {
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

    fn wrong_as(level: SeverityLevel) -> Found {
        let data = AlertData::ServerMem {
            id: "s".into(),
            name: "attic".into(),
            region: None,
            used_gb: 3.9,
            total_gb: 4.0,
        };
        Found::Wrong(level, data)
    }

    fn wrong() -> Found {
        wrong_as(SeverityLevel::Critical)
    }

    async fn kept(core: &Core) -> Vec<Alert> {
        let query = Query::new(Filter::default());
        let found = core.store.find(Collection::Alert, &query).await.unwrap();
        found.into_iter().map(|document| super::super::read(document).unwrap()).collect()
    }

    fn memory() -> Subject {
        let target = ResourceTarget::Server("s".into());
        Subject { target, kind: AlertDataVariant::ServerMem, part: String::new() }
    }

    async fn check(core: &Arc<Core>, found: Found) {
        note(core, memory(), found, 0).await;
    }

    #[tokio::test]
    async fn two_failed_checks_in_a_row_open_one_alert_and_a_good_one_resolves_it() {
        let tester = Tester::new().await;
        let core = &tester.core;
        for found in [wrong(), Found::Fine, wrong(), Found::Quiet] {
            check(core, found).await;
        }
        assert!(kept(core).await.is_empty());
        for found in [wrong(), wrong(), Found::Quiet, wrong()] {
            check(core, found).await;
        }
        let all = kept(core).await;
        assert_eq!(all.len(), 1);
        assert!(!all[0].resolved && all[0].level == SeverityLevel::Critical);
        check(core, Found::Fine).await;
        let all = kept(core).await;
        assert!(all[0].resolved && all[0].resolved_ts.is_some());
        assert_eq!(all[0].level, SeverityLevel::Critical);
    }

    #[tokio::test]
    async fn what_is_open_is_found_again_and_what_a_person_closed_stays_closed() {
        let tester = Tester::new().await;
        let core = &tester.core;
        check(core, wrong()).await;
        check(core, wrong()).await;
        // As after a restart.
        let found = Alerts::load(&*core.store).await.unwrap();
        *core.alerts.lock() = found.standing.into_inner().unwrap();
        check(core, wrong()).await;
        check(core, wrong()).await;
        let all = kept(core).await;
        assert_eq!(all.len(), 1);
        let id = ObjectId::parse(all[0].id.as_str()).unwrap();
        core.alerts.closed_by_hand(&id);
        check(core, wrong()).await;
        assert_eq!(kept(core).await.len(), 1);
        // When it was over, it may come again.
        check(core, Found::Fine).await;
        check(core, wrong()).await;
        check(core, wrong()).await;
        assert_eq!(kept(core).await.len(), 2);
    }

    #[tokio::test]
    async fn what_gets_worse_is_the_same_alert_and_what_gets_better_is_over_with_a_distance() {
        let tester = Tester::new().await;
        let core = &tester.core;
        let warning = || wrong_as(SeverityLevel::Warning);
        // Near a threshold is not wrong twice in a row.
        for found in [warning(), Found::Almost, warning()] {
            check(core, found).await;
        }
        assert!(kept(core).await.is_empty());
        check(core, warning()).await;
        assert_eq!(kept(core).await[0].level, SeverityLevel::Warning);
        for found in [wrong(), warning(), Found::Almost] {
            check(core, found).await;
        }
        let all = kept(core).await;
        assert_eq!(all.len(), 1);
        assert!(!all[0].resolved && all[0].level == SeverityLevel::Critical);
        // As after a restart: what is critical already does not get worse.
        let found = Alerts::load(&*core.store).await.unwrap();
        *core.alerts.lock() = found.standing.into_inner().unwrap();
        assert_eq!(core.alerts.lock()[&memory()].level, SeverityLevel::Critical);
        check(core, Found::Fine).await;
        assert!(kept(core).await[0].resolved);
    }

    #[tokio::test]
    async fn two_looks_at_one_measurement_count_once() {
        let tester = Tester::new().await;
        let core = &tester.core;
        note(core, memory(), wrong(), 7).await;
        note(core, memory(), wrong(), 7).await;
        assert!(kept(core).await.is_empty());
        note(core, memory(), wrong(), 8).await;
        assert_eq!(kept(core).await.len(), 1);
    }
}
