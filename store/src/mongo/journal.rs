//! All or nothing on a server without transactions.
//!
//! The steps of a commit are first written, as one document, to a journal: from
//! then on they will happen. Then they are applied, each in a way that a second
//! time changes nothing, and the document goes. What a crash leaves in the
//! journal is applied when the store is next opened, before anybody reads.
//!
//! Commits follow each other. While one is stuck because the server went away
//! in the middle, nobody reads or writes before it is through.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use bson::{Bson, Document, doc, oid::ObjectId as Oid};
use futures_util::TryStreamExt;
use tokio::sync::Mutex;
use varanus_proto::{Error, Result};

use super::{Atomicity, Inner, apply::Step, convert, fault};
use crate::{Change, Collection, Filter, ObjectId};

/// The collection of the intents.
pub(super) const COLLECTION: &str = "VaranusIntent";

#[derive(Default)]
pub(super) struct Journal {
    /// The intents whose insertion was not acknowledged: their callers were told
    /// that nothing changed, so they must not happen.
    abandoned: Mutex<Vec<Oid>>,
    /// There may be intents that are not through yet.
    unsettled: AtomicBool,
    #[cfg(test)]
    pub(super) fault: super::tests::Fault,
}

impl Inner {
    pub(super) fn intents(&self) -> mongodb::Collection<Document> {
        self.database.collection(COLLECTION)
    }

    /// A place where tests end the process, so to speak.
    #[allow(clippy::unnecessary_wraps)]
    fn step(&self) -> Result<()> {
        #[cfg(test)]
        self.journal.fault.step()?;
        Ok(())
    }

    /// Waits until no commit is half done because of an earlier failure.
    pub(super) async fn settle(&self) -> Result<()> {
        if self.journal.unsettled.load(Ordering::Acquire) {
            let mut abandoned = self.journal.abandoned.lock().await;
            // It may only have been a commit on its way.
            if self.journal.unsettled.load(Ordering::Acquire) {
                self.replay_into(&mut abandoned).await?;
            }
        }
        Ok(())
    }

    /// Finishes what is in the journal.
    pub(super) async fn replay(&self) -> Result<()> {
        let mut abandoned = self.journal.abandoned.lock().await;
        self.replay_into(&mut abandoned).await
    }

    async fn replay_into(&self, abandoned: &mut Vec<Oid>) -> Result<()> {
        let cursor = self
            .intents()
            .find(doc! {})
            .sort(doc! { "_id": 1 })
            .await
            .map_err(|error| self.explain(&error))?;
        let intents: Vec<Document> =
            cursor.try_collect().await.map_err(|error| self.explain(&error))?;
        for intent in intents {
            let id = intent.get_object_id("_id").map_err(damaged)?;
            if !abandoned.contains(&id) {
                tracing::info!("finishing a commit that was interrupted ({id})");
                let steps = decode(&intent)?;
                for step in &steps {
                    match step.apply_again(self).await {
                        Ok(()) => {}
                        Err(error) if fault::is_duplicate(&error) => {
                            // Another program took the name meanwhile; the rest still belongs together.
                            tracing::error!(
                                "a change of an interrupted commit is lost: {}",
                                self.explain_step(&error, step)
                            );
                        }
                        Err(error) => return Err(self.explain(&error)),
                    }
                }
            }
            self.intents()
                .delete_one(doc! { "_id": id })
                .await
                .map_err(|error| self.explain(&error))?;
        }
        abandoned.clear();
        self.journal.unsettled.store(false, Ordering::Release);
        Ok(())
    }

    /// All steps or none.
    pub(super) async fn journal(&self, steps: &[Step], end: Instant) -> Result<()> {
        debug_assert_eq!(self.atomicity, Atomicity::Journal);
        let mut abandoned = self.journal.abandoned.lock().await;
        // Its caller was told that nothing changed, and may have asked again.
        if Instant::now() >= end {
            return Err(Error::deadline(format!(
                "{} has too many commits before this one; nothing was changed",
                self.description
            )));
        }
        if self.journal.unsettled.load(Ordering::Acquire) {
            self.replay_into(&mut abandoned).await?;
        }
        self.check(steps, true).await?;
        let before = self.before(steps).await?;
        self.step()?;
        let id = Oid::new();
        // Whoever reads from now on waits until this is through.
        self.journal.unsettled.store(true, Ordering::Release);
        if let Err(error) = self.intents().insert_one(encode(id, steps)).await {
            abandoned.push(id);
            return Err(self.explain(&error));
        }
        self.carry_out(id, steps, &before, end).await
    }

    /// What follows once the intent is in the journal.
    pub(super) async fn carry_out(
        &self,
        id: Oid,
        steps: &[Step],
        before: &[(Collection, crate::Document)],
        end: Instant,
    ) -> Result<()> {
        self.step()?;
        for (done, step) in steps.iter().enumerate() {
            match self.persist(step, end).await {
                Ok(()) => self.step()?,
                Err(error) if fault::is_duplicate(&error) => {
                    self.take_back(&steps[..done], before).await?;
                    self.finish(id).await?;
                    return Err(self.explain_step(&error, step));
                }
                Err(error) => {
                    return Err(Error::deadline(format!(
                        "{} went away in the middle of a commit; it will be finished when it is back",
                        self.description
                    ))
                    .cause(fault::text(&error)));
                }
            }
        }
        // Every step is in place. An intent that stays is applied again, to no effect, before the next commit.
        if let Err(error) = self.finish(id).await {
            tracing::debug!("an intent stays in the journal for now: {error}");
        }
        self.step()
    }

    async fn finish(&self, id: Oid) -> Result<()> {
        self.intents()
            .delete_one(doc! { "_id": id })
            .await
            .map_err(|error| self.explain(&error))?;
        self.journal.unsettled.store(false, Ordering::Release);
        Ok(())
    }

    async fn persist(&self, step: &Step, end: Instant) -> mongodb::error::Result<()> {
        let mut pause = Duration::from_millis(20);
        loop {
            match step.apply_again(self).await {
                Err(error) if fault::is_passing(&error) && Instant::now() + pause < end => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_millis(500));
                }
                result => return result,
            }
        }
    }

    /// The documents that the steps are about to replace or delete.
    pub(super) async fn before(
        &self,
        steps: &[Step],
    ) -> Result<Vec<(Collection, crate::Document)>> {
        let mut before = Vec::new();
        if !steps.iter().any(|step| matches!(step, Step::Put { collection, .. } if collection.unique_indexes().next().is_some())) {
            return Ok(before); // nothing can fail half way
        }
        for step in steps {
            let (collection, filter) = match step {
                Step::Put { collection, id, .. } | Step::Delete { collection, id } => {
                    (*collection, Filter::id(id))
                }
                Step::DeleteWhere { collection, filter } => (*collection, filter.clone()),
            };
            let target = self.collection(collection);
            let cursor = target
                .find(convert::filter(&filter))
                .await
                .map_err(|error| self.explain(&error))?;
            let found: Vec<_> = cursor
                .map_ok(convert::to_json)
                .try_collect()
                .await
                .map_err(|error| self.explain(&error))?;
            before.extend(found.into_iter().map(|document| (collection, document)));
        }
        Ok(before)
    }

    /// Undoes steps, because another program broke a rule between our check and
    /// our write.
    async fn take_back(
        &self,
        done: &[Step],
        before: &[(Collection, crate::Document)],
    ) -> Result<()> {
        let undo = done.iter().rev().filter_map(|step| match step {
            Step::Put { collection, id, .. } => Some(Change::Delete(*collection, id.clone())),
            _ => None,
        });
        let restore =
            before.iter().map(|(collection, document)| Change::Put(*collection, document.clone()));
        for change in undo.chain(restore) {
            Step::prepare(change)?.apply_again(self).await.map_err(|error| self.explain(&error))?;
        }
        Ok(())
    }
}

pub(super) fn encode(id: Oid, steps: &[Step]) -> Document {
    let steps: Vec<Bson> = steps
        .iter()
        .map(|step| {
            Bson::Document(match step {
                Step::Put { collection, bson, .. } => {
                    doc! { "put": collection.name(), "document": bson.clone() }
                }
                Step::Delete { collection, id } => {
                    doc! { "delete": collection.name(), "id": id.to_bson() }
                }
                // As text: a query has keys that not every server stores.
                Step::DeleteWhere { collection, filter } => {
                    let filter = serde_json::Value::Object(filter.to_json()).to_string();
                    doc! { "delete_where": collection.name(), "filter": filter }
                }
            })
        })
        .collect();
    doc! { "_id": id, "at": bson::DateTime::now(), "steps": steps }
}

pub(super) fn decode(intent: &Document) -> Result<Vec<Step>> {
    let collection = |name: &str| {
        Collection::from_name(name).ok_or_else(|| damaged(format!("no collection {name}")))
    };
    let step = |step: &Bson| {
        let step = step.as_document().ok_or_else(|| damaged("a step is not a document"))?;
        let change = if let Ok(name) = step.get_str("put") {
            let document = step.get_document("document").map_err(damaged)?;
            Change::Put(collection(name)?, convert::to_json(document.clone()))
        } else if let Ok(name) = step.get_str("delete") {
            let id = step.get_object_id("id").map_err(damaged)?;
            Change::Delete(
                collection(name)?,
                ObjectId::parse(&id.to_hex()).ok_or_else(|| damaged("no id"))?,
            )
        } else {
            let name = step.get_str("delete_where").map_err(damaged)?;
            let filter =
                serde_json::from_str(step.get_str("filter").map_err(damaged)?).map_err(damaged)?;
            Change::DeleteWhere(collection(name)?, Filter::from_value(&filter)?)
        };
        Step::prepare(change)
    };
    intent.get_array("steps").map_err(damaged)?.iter().map(step).collect()
}

fn damaged(error: impl std::fmt::Display) -> Error {
    Error::internal(format!(
        "the collection {COLLECTION} holds an intent that this version cannot read"
    ))
    .cause(error)
}
