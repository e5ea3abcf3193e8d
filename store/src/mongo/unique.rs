//! Finds the conflicts of a commit before anything is written.
//!
//! The server's unique indexes would find them too, but half way, one at a time,
//! and only where the index exists.

use std::collections::{HashMap, HashSet};

use bson::{Bson, Document, doc};
use futures_util::TryStreamExt;
use varanus_proto::{Error, Result};

use super::{Inner, apply::Step, convert};
use crate::{Collection, Filter, Index, ObjectId, conflict};

/// The state that the database will have after the steps so far.
#[derive(Default)]
struct Overlay<'a> {
    written: HashMap<(Collection, ObjectId), &'a crate::Document>,
    deleted: HashSet<(Collection, ObjectId)>,
    deleted_where: Vec<(Collection, &'a Filter)>,
}

impl Inner {
    /// Errors with the first conflict of the steps. An insert of an `_id` that
    /// exists is looked for on demand only: mostly the insert itself says it.
    pub(super) async fn check(&self, steps: &[Step], ids: bool) -> Result<()> {
        let mut overlay = Overlay::default();
        for step in steps {
            match step {
                Step::Put { collection, id, json, insert, .. } => {
                    if *insert && ids && self.exists(&overlay, *collection, id).await? {
                        return Err(conflict(*collection, &["_id"], json));
                    }
                    for index in collection.unique_indexes() {
                        self.check_index(&overlay, *collection, id, json, index).await?;
                    }
                    overlay.deleted.remove(&(*collection, id.clone()));
                    overlay.written.insert((*collection, id.clone()), json);
                }
                Step::Delete { collection, id } => {
                    overlay.written.remove(&(*collection, id.clone()));
                    overlay.deleted.insert((*collection, id.clone()));
                }
                Step::DeleteWhere { collection, filter } => {
                    overlay.written.retain(|(c, id), document| {
                        let goes = c == collection && filter.matches(document);
                        if goes {
                            overlay.deleted.insert((*c, id.clone()));
                        }
                        !goes
                    });
                    overlay.deleted_where.push((*collection, filter));
                }
            }
        }
        Ok(())
    }

    async fn exists(
        &self,
        overlay: &Overlay<'_>,
        collection: Collection,
        id: &ObjectId,
    ) -> Result<bool> {
        let key = (collection, id.clone());
        if overlay.written.contains_key(&key) {
            return Ok(true);
        }
        let found = self.matching(collection, doc! { "_id": id.to_bson() }).await?;
        Ok(found.iter().any(|document| overlay.keeps(collection, document)))
    }

    async fn check_index(
        &self,
        overlay: &Overlay<'_>,
        collection: Collection,
        id: &ObjectId,
        json: &crate::Document,
        index: &Index,
    ) -> Result<()> {
        let at = |document: &crate::Document, field: &str| {
            let mut parts = field.split('.');
            let mut value = document.get(parts.next()?)?;
            for part in parts {
                value = value.get(part)?;
            }
            Some(value.clone())
        };
        let values: Vec<Option<serde_json::Value>> =
            index.fields.iter().map(|field| at(json, field)).collect();
        if index.sparse && values[0].is_none() {
            return Ok(());
        }
        let in_commit = overlay.written.iter().any(|((c, other), document)| {
            *c == collection
                && other != id
                && index
                    .fields
                    .iter()
                    .zip(&values)
                    .all(|(field, value)| at(document, field) == *value)
        });
        if in_commit {
            return Err(conflict(collection, index.fields, json));
        }
        let mut query: Document = index
            .fields
            .iter()
            .zip(&values)
            .map(|(field, value)| {
                ((*field).to_owned(), value.as_ref().map_or(Bson::Null, convert::value_to_bson))
            })
            .collect();
        query.insert("_id", doc! { "$ne": id.to_bson() });
        let found = self.matching(collection, query).await?;
        if found.iter().any(|document| overlay.keeps(collection, document)) {
            return Err(conflict(collection, index.fields, json));
        }
        Ok(())
    }

    async fn matching(
        &self,
        collection: Collection,
        query: Document,
    ) -> Result<Vec<crate::Document>> {
        let cursor =
            self.collection(collection).find(query).await.map_err(|error| self.explain(&error))?;
        cursor.map_ok(convert::to_json).try_collect().await.map_err(|error| self.explain(&error))
    }

    /// The error of one step: for a broken index, the conflict that the check
    /// did not see because another client was quicker.
    pub(super) fn explain_step(&self, error: &mongodb::error::Error, step: &Step) -> Error {
        match step {
            Step::Put { collection, json, .. } if super::fault::is_duplicate(error) => {
                let message = super::fault::text(error);
                let named =
                    |index: &&Index| index.fields.iter().all(|field| message.contains(field));
                let fields = match collection.unique_indexes().find(named) {
                    Some(index) if !message.contains("_id_") => index.fields,
                    _ => &["_id"],
                };
                conflict(*collection, fields, json)
            }
            _ => self.explain(error),
        }
    }
}

impl Overlay<'_> {
    /// Whether a document of the database is still there, as it is, after the
    /// steps so far.
    fn keeps(&self, collection: Collection, document: &crate::Document) -> bool {
        let Some(id) = ObjectId::of(document) else { return true };
        let key = (collection, id);
        !self.written.contains_key(&key)
            && !self.deleted.contains(&key)
            && !self
                .deleted_where
                .iter()
                .any(|(c, filter)| *c == collection && filter.matches(document))
    }
}
