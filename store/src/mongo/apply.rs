//! One change, ready to be written; and several in a transaction.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use bson::doc;
use mongodb::{
    ClientSession,
    error::{TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT},
};
use varanus_proto::{Error, Result};

use super::{Inner, convert, fault};
use crate::{Change, Collection, Document, Filter, ObjectId, id_of};

pub(super) enum Step {
    Put { collection: Collection, id: ObjectId, json: Document, bson: bson::Document, insert: bool },
    Delete { collection: Collection, id: ObjectId },
    DeleteWhere { collection: Collection, filter: Filter },
}

impl Step {
    pub(super) fn prepare(change: Change) -> Result<Self> {
        let put = |collection, json: Document, insert| {
            let id = id_of(collection, &json)?;
            Ok(Step::Put { collection, id, bson: convert::to_bson(&json), json, insert })
        };
        match change {
            Change::Put(collection, document) => put(collection, document, false),
            Change::Insert(collection, document) => put(collection, document, true),
            Change::Delete(collection, id) => Ok(Step::Delete { collection, id }),
            Change::DeleteWhere(collection, filter) => Ok(Step::DeleteWhere { collection, filter }),
        }
    }

    /// Writes it; a second time changes nothing, except that an insert that is
    /// not in a session (nor prepared by the journal) then is a conflict.
    pub(super) async fn apply(
        &self,
        inner: &Inner,
        session: Option<&mut ClientSession>,
    ) -> mongodb::error::Result<()> {
        match self {
            Step::Put { collection, bson, insert: true, .. } => {
                let insert = inner.collection(*collection);
                let insert = insert.insert_one(bson);
                match session {
                    Some(session) => insert.session(session).await?,
                    None => insert.await?,
                };
            }
            Step::Put { .. } => self.replace(inner, session).await?,
            Step::Delete { collection, id } => {
                let target = inner.collection(*collection);
                let delete = target.delete_one(doc! { "_id": id.to_bson() });
                match session {
                    Some(session) => delete.session(session).await?,
                    None => delete.await?,
                };
            }
            Step::DeleteWhere { collection, filter } => {
                let target = inner.collection(*collection);
                let delete = target.delete_many(convert::filter(filter));
                match session {
                    Some(session) => delete.session(session).await?,
                    None => delete.await?,
                };
            }
        }
        Ok(())
    }

    /// The same, and a second time changes nothing.
    pub(super) async fn apply_again(&self, inner: &Inner) -> mongodb::error::Result<()> {
        match self {
            Step::Put { .. } => self.replace(inner, None).await,
            other => other.apply(inner, None).await,
        }
    }

    async fn replace(
        &self,
        inner: &Inner,
        session: Option<&mut ClientSession>,
    ) -> mongodb::error::Result<()> {
        if let Step::Put { collection, id, bson, .. } = self {
            let target = inner.collection(*collection);
            let replace = target.replace_one(doc! { "_id": id.to_bson() }, bson).upsert(true);
            match session {
                Some(session) => replace.session(session).await?,
                None => replace.await?,
            };
        }
        Ok(())
    }
}

impl Inner {
    /// All steps in one transaction, again when another one was in the way.
    pub(super) async fn transact(&self, steps: &[Step], end: Instant) -> Result<()> {
        self.check(steps, false).await?;
        let mut pause = Duration::from_millis(5);
        loop {
            match self.transact_once(steps, end).await {
                Ok(()) => return Ok(()),
                Err(Attempt::Again(error)) if Instant::now() + pause >= end => {
                    return Err(self.explain(&error));
                }
                Err(Attempt::Again(_)) => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_millis(200));
                }
                Err(Attempt::Failed(error)) => return Err(error),
            }
        }
    }

    async fn transact_once(&self, steps: &[Step], end: Instant) -> Result<(), Attempt> {
        let failed = |error: mongodb::error::Error| Attempt::Failed(self.explain(&error));
        let mut session = self.session().await.map_err(failed)?;
        session.start_transaction().await.map_err(failed)?;
        for step in steps {
            if let Err(error) = step.apply(self, Some(&mut session)).await {
                // The server ends it in any case; the error that counts is the first.
                let _ = session.abort_transaction().await;
                return Err(if error.contains_label(TRANSIENT_TRANSACTION_ERROR) {
                    Attempt::Again(error)
                } else {
                    Attempt::Failed(self.explain_step(&error, step))
                });
            }
        }
        let mut pause = Duration::from_millis(5);
        loop {
            match session.commit_transaction().await {
                Ok(()) => return Ok(()),
                Err(error) if error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) => {
                    if Instant::now() + pause >= end || !fault::is_passing(&error) {
                        return Err(Attempt::Failed(
                            Error::deadline(format!(
                                "{} did not say whether it committed",
                                self.description
                            ))
                            .cause(fault::text(&error)),
                        ));
                    }
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_millis(200));
                }
                // A server that lost its connections may have committed and forgotten.
                Err(error) if error.contains_label(TRANSIENT_TRANSACTION_ERROR) => {
                    return if self.in_place(steps).await.map_err(failed)? {
                        Ok(())
                    } else {
                        Err(Attempt::Again(error))
                    };
                }
                Err(error) => return Err(failed(error)),
            }
        }
    }
}

impl Inner {
    /// Whether the database is as the steps would leave it.
    pub(super) async fn in_place(&self, steps: &[Step]) -> mongodb::error::Result<bool> {
        let mut last: HashMap<(Collection, &ObjectId), Option<&bson::Document>> = HashMap::new();
        for step in steps {
            match step {
                Step::Put { collection, id, bson, .. } => {
                    last.insert((*collection, id), Some(bson))
                }
                Step::Delete { collection, id } => last.insert((*collection, id), None),
                Step::DeleteWhere { collection, filter } => {
                    if self
                        .collection(*collection)
                        .find_one(convert::filter(filter))
                        .await?
                        .is_some()
                    {
                        return Ok(false);
                    }
                    None
                }
            };
        }
        for ((collection, id), wanted) in last {
            let found = self.collection(collection).find_one(doc! { "_id": id.to_bson() }).await?;
            if found.as_ref() != wanted {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

enum Attempt {
    Again(mongodb::error::Error),
    Failed(Error),
}
