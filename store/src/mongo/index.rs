//! Makes the indexes that are missing and leaves those alone that are there.

use bson::{Bson, Document};
use futures_util::{StreamExt, TryStreamExt, stream};
use mongodb::{IndexModel, options::IndexOptions};
use varanus_proto::Result;

use super::{Inner, fault};
use crate::{Collection, Index};

pub(super) async fn ensure(inner: &Inner) -> Result<()> {
    stream::iter(Collection::ALL.map(Ok))
        .try_for_each_concurrent(8, |collection| of(inner, collection))
        .await
}

async fn of(inner: &Inner, collection: Collection) -> Result<()> {
    let target = inner.collection(collection);
    let existing: Vec<IndexModel> = match target.list_indexes().await {
        Ok(cursor) => cursor.collect::<Vec<_>>().await.into_iter().filter_map(Result::ok).collect(),
        // There is no such collection yet.
        Err(error) if fault::code(&error) == Some(26) => Vec::new(),
        Err(error) => return Err(inner.explain(&error)),
    };
    for index in collection.indexes() {
        let keys = keys(index);
        if existing.iter().any(|found| same(&found.keys, &keys)) {
            continue;
        }
        let options = IndexOptions::builder()
            .unique(index.unique.then_some(true))
            .sparse(index.sparse.then_some(true))
            .build();
        let model = IndexModel::builder().keys(keys).options(options).build();
        match target.create_index(model).await {
            Ok(_) => {}
            Err(error) if fault::is_passing(&error) => return Err(inner.explain(&error)),
            // The database is usable without it: each commit looks for conflicts itself.
            Err(error) if fault::is_duplicate(&error) => tracing::warn!(
                "{collection} has several documents with the same {}; rename all but one of them: {}",
                index.fields.join(", "),
                fault::text(&error)
            ),
            Err(error) => tracing::warn!(
                "the index of {collection} on {} could not be made: {}",
                index.fields.join(", "),
                fault::text(&error)
            ),
        }
    }
    Ok(())
}

fn keys(index: &Index) -> Document {
    index.fields.iter().map(|field| ((*field).to_owned(), Bson::Int32(1))).collect()
}

/// The same fields in the same order; servers give the direction back in any
/// type of number.
fn same(a: &Document, b: &Document) -> bool {
    let upwards = |value: &Bson| match value {
        Bson::Int32(n) => *n > 0,
        Bson::Int64(n) => *n > 0,
        Bson::Double(n) => *n > 0.0,
        _ => false,
    };
    a.len() == b.len()
        && a.iter().zip(b).all(|((ka, a), (kb, b))| ka == kb && upwards(a) == upwards(b))
}

#[cfg(test)]
mod tests {
    use bson::doc;

    use super::*;

    #[test]
    fn an_existing_index_is_recognised_by_its_keys() {
        assert!(same(&doc! { "a": 1.0, "b": 1_i64 }, &doc! { "a": 1, "b": 1 }));
        assert!(!same(&doc! { "b": 1, "a": 1 }, &doc! { "a": 1, "b": 1 }));
        assert!(!same(&doc! { "a": "text" }, &doc! { "a": 1 }));
    }
}
