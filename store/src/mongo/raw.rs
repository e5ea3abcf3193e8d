//! A MongoDB as a whole: read beside a running Core, or written without one.
//!
//! Unlike the store itself, a reader makes no index and finishes no commit: the
//! Core that uses the database does.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use bson::{Bson, Document, doc, oid::ObjectId as Oid};
use futures_util::TryStreamExt;
use mongodb::{ClientSession, options::SessionOptions};
use tokio::sync::{Mutex, mpsc};
use varanus_proto::{Error, Result};

use super::{Inner, LEGACY_REGISTRY, fault, index, journal, sessions};
use crate::raw::{BATCH, Batches, Exact};
use crate::{Collection, MongoSettings, ObjectId, RUNNING, UNFINISHED};

/// How long a Core is taken to run after its last sign of life.
const SIGN_OF_LIFE: i64 = 60_000;

/// How many bytes one command carries at most, not counting its last document.
const COMMAND: usize = 8 << 20;

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn oid(constant: &str) -> Oid {
    ObjectId::parse(constant).expect("the constant has 24 hexadecimal digits").to_bson()
}

/// Refuses a database that a restore has begun and not ended.
pub(super) async fn refuse_unfinished(inner: &Inner) -> Result<()> {
    let settings = inner.collection(Collection::Setting);
    let mark = settings.find_one(doc! { "_id": oid(UNFINISHED) }).await;
    match mark.map_err(|error| inner.explain(&error))? {
        None => Ok(()),
        Some(_) => Err(Error::invalid(format!(
            "a restore or a copy into {} was broken off, and it is not whole; run it once more with --replace, or drop \
             the database",
            inner.description
        ))),
    }
}

/// Reads a database.
pub struct Reader {
    inner: Arc<Inner>,
    /// Everything is read as it was at one moment, where the server can.
    snapshot: Arc<Mutex<Option<ClientSession>>>,
}

impl Reader {
    pub(crate) async fn open(settings: &MongoSettings, deadline: Duration) -> Result<Self> {
        let reader = Self::open_as_it_is(settings, deadline).await?;
        within(&reader.inner, refuse_unfinished(&reader.inner)).await?;
        within(&reader.inner, refuse_broken_off(&reader.inner)).await?;
        *reader.snapshot.lock().await = snapshot(&reader.inner).await;
        Ok(reader)
    }

    pub(crate) async fn open_as_it_is(
        settings: &MongoSettings,
        deadline: Duration,
    ) -> Result<Self> {
        let inner = Arc::new(Inner::reach(settings, deadline).await?);
        Ok(Self { inner, snapshot: Arc::default() })
    }

    pub(crate) async fn count(&self, collection: Collection) -> Result<u64> {
        let counting = async {
            let count = self.inner.collection(collection).count_documents(doc! {}).await;
            count.map_err(|error| self.inner.explain(&error))
        };
        within(&self.inner, counting).await
    }

    pub(crate) fn read(&self, collection: Collection) -> Batches {
        let (sender, receiver) = mpsc::channel(4);
        let (inner, snapshot) = (self.inner.clone(), self.snapshot.clone());
        tokio::spawn(async move {
            let mut session = snapshot.lock().await;
            if let Err(error) = send(&inner, session.as_mut(), collection, &sender).await {
                // Whoever reads may have gone.
                let _ = sender.send(Err(error)).await;
            }
        });
        receiver
    }

    pub(crate) fn describe(&self) -> String {
        self.inner.description.clone()
    }
}

/// A commit that a Core began and did not end: it ends it when it starts again.
async fn refuse_broken_off(inner: &Inner) -> Result<()> {
    let oldest = async || -> Result<Option<Oid>> {
        let found = inner.intents().find_one(doc! {}).sort(doc! { "_id": 1 }).await;
        let found = found.map_err(|error| inner.explain(&error))?;
        Ok(found.and_then(|intent| intent.get_object_id("_id").ok()))
    };
    let Some(first) = oldest().await? else { return Ok(()) };
    let end = Instant::now() + inner.deadline / 2;
    while oldest().await? == Some(first) {
        if Instant::now() >= end {
            return Err(Error::conflict(format!(
                "a commit in {} was broken off; start Core on it once, which finishes it, and try again",
                inner.description
            )));
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}

/// A session that sees one moment; `None` where the server has none.
async fn snapshot(inner: &Inner) -> Option<ClientSession> {
    let client = inner.database.client();
    let options = SessionOptions::builder().snapshot(true).build();
    let attempt = async {
        let mut session = client.start_session().with_options(options).await?;
        let settings = inner.collection(Collection::Setting);
        settings.find_one(doc! {}).session(&mut session).await?;
        mongodb::error::Result::Ok(session)
    };
    match tokio::time::timeout(inner.deadline, attempt).await {
        Ok(Ok(session)) => Some(session),
        Ok(Err(error)) => {
            tracing::debug!("no snapshots here: {}", fault::text(&error));
            None
        }
        Err(_) => None,
    }
}

async fn send(
    inner: &Inner,
    session: Option<&mut ClientSession>,
    collection: Collection,
    sender: &mpsc::Sender<Result<Vec<Exact>>>,
) -> Result<()> {
    let target = inner.collection(collection);
    let find = target.find(doc! {}).sort(doc! { "_id": 1 });
    let mut batch = Vec::with_capacity(BATCH);
    let explain = |error: mongodb::error::Error| inner.explain(&error);
    let Some(session) = session else {
        let mut cursor = within(inner, async { find.await.map_err(explain) }).await?;
        while let Some(document) =
            within(inner, async { cursor.try_next().await.map_err(explain) }).await?
        {
            batch.push(document);
            if batch.len() == BATCH && sender.send(Ok(std::mem::take(&mut batch))).await.is_err() {
                return Ok(());
            }
        }
        let _ = sender.send(Ok(batch)).await;
        return Ok(());
    };
    let mut cursor =
        within(inner, async { find.session(&mut *session).await.map_err(explain) }).await?;
    while let Some(document) =
        within(inner, async { cursor.next(session).await.transpose().map_err(explain) }).await?
    {
        batch.push(document);
        if batch.len() == BATCH && sender.send(Ok(std::mem::take(&mut batch))).await.is_err() {
            return Ok(());
        }
    }
    // Whoever reads may have gone.
    let _ = sender.send(Ok(batch)).await;
    Ok(())
}

async fn within<T>(inner: &Inner, work: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout(inner.deadline, work).await {
        Ok(result) => result,
        Err(_) => Err(Error::deadline(format!("{} did not answer in time", inner.description))),
    }
}

/// Writes a database that no Core uses.
pub struct Writer {
    inner: Inner,
}

impl Writer {
    pub(crate) async fn open(settings: &MongoSettings, deadline: Duration) -> Result<Self> {
        let inner = Inner::reach(settings, deadline).await?;
        within(&inner, refuse_running(&inner)).await?;
        Ok(Self { inner })
    }

    pub(crate) async fn begin(&mut self, clear: bool) -> Result<()> {
        let inner = &mut self.inner;
        let mark = doc! { "_id": oid(UNFINISHED), "name": "unfinished restore", "at": now() };
        let settings = inner.collection(Collection::Setting);
        let marking = async {
            let replace = settings.replace_one(doc! { "_id": oid(UNFINISHED) }, mark);
            replace.upsert(true).await.map_err(|error| inner.explain(&error))
        };
        within(inner, marking).await?;
        if clear {
            let names = Collection::ALL.map(Collection::name);
            let own = [LEGACY_REGISTRY, journal::COLLECTION, sessions::COLLECTION];
            for name in names.into_iter().chain(own) {
                let target = inner.database.collection::<Document>(name);
                let all = doc! { "_id": { "$ne": oid(UNFINISHED) } };
                let clearing =
                    async { target.delete_many(all).await.map_err(|e| inner.explain(&e)) };
                within(inner, clearing).await?;
            }
            inner.legacy_registry = false;
        }
        Ok(())
    }

    pub(crate) async fn put(
        &mut self,
        collection: Collection,
        documents: Vec<Exact>,
    ) -> Result<()> {
        let mut updates = Vec::new();
        let mut bytes = 0;
        for document in documents {
            let id = document.get("_id").cloned().unwrap_or(Bson::Null);
            bytes += bson::serialize_to_vec(&document).map_or(0, |bytes| bytes.len());
            updates
                .push(Bson::Document(doc! { "q": { "_id": id }, "u": document, "upsert": true }));
            if bytes >= COMMAND {
                bytes = 0;
                self.send(collection, std::mem::take(&mut updates)).await?;
            }
        }
        if updates.is_empty() { Ok(()) } else { self.send(collection, updates).await }
    }

    async fn send(&self, collection: Collection, updates: Vec<Bson>) -> Result<()> {
        let inner = &self.inner;
        let name = inner.collection(collection).name().to_owned();
        let command = doc! {
            "update": name, "updates": updates, "ordered": true,
            "writeConcern": { "w": "majority", "j": true },
        };
        let answer = within(inner, async {
            inner.database.run_command(command).await.map_err(|error| inner.explain(&error))
        })
        .await?;
        let refused = answer.get_array("writeErrors").ok().and_then(|errors| errors.first());
        match refused.and_then(Bson::as_document) {
            None => Ok(()),
            Some(refused) => {
                let why = refused.get_str("errmsg").unwrap_or("it did not say why");
                Err(Error::invalid(format!(
                    "{} refused a document of {collection}",
                    inner.description
                ))
                .cause(why))
            }
        }
    }

    pub(crate) async fn finish(self) -> Result<()> {
        let inner = &self.inner;
        index::ensure(inner).await?;
        let settings = inner.collection(Collection::Setting);
        let unmarking = async {
            let delete = settings.delete_one(doc! { "_id": oid(UNFINISHED) }).await;
            delete.map_err(|error| inner.explain(&error)).map(|_| ())
        };
        within(inner, unmarking).await
    }
}

/// Refuses a database that a Core uses: by its sign of life, or, where Komodo's
/// gives none, by the statistics that it writes.
async fn refuse_running(inner: &Inner) -> Result<()> {
    let refused = |who: String, at: i64| {
        let age = now().saturating_sub(at);
        match age < SIGN_OF_LIFE {
            false => Ok(()),
            true => Err(Error::conflict(format!(
                "a Core{who} runs on {}, or did {} s ago; stop it first (one that was killed is taken to run for a \
                 minute)",
                inner.description,
                age.max(0) / 1000
            ))),
        }
    };
    let settings = inner.collection(Collection::Setting);
    let sign = settings.find_one(doc! { "_id": oid(RUNNING) }).await;
    if let Some(sign) = sign.map_err(|error| inner.explain(&error))? {
        let process = sign.get_str("process").unwrap_or("unknown");
        refused(format!(" ({process})"), sign.get_i64("at").unwrap_or_default())?;
    }
    let latest = inner.collection(Collection::Stats);
    let latest = latest.find_one(doc! {}).sort(doc! { "ts": -1 }).await;
    match latest.map_err(|error| inner.explain(&error))? {
        Some(latest) => refused(String::new(), latest.get_i64("ts").unwrap_or_default()),
        None => Ok(()),
    }
}

/// Drops a test's database.
#[cfg(test)]
pub(crate) async fn drop_database(settings: &MongoSettings) {
    let inner = Inner::reach(settings, Duration::from_secs(30)).await.unwrap();
    inner.database.drop().await.unwrap();
}
