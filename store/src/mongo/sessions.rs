//! The sessions that transactions use, by name.
//!
//! A Core that is killed in the middle of a transaction leaves it open at the server,
//! which keeps what it wrote from everybody for a minute (`transactionLifetimeLimitSeconds`).
//! So each session is written down before it is first used, and the next Core that opens
//! the store ends those that it finds. If another Core still runs on the same database,
//! its transactions of that moment are ended, too: it does them again.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use bson::{Binary, Bson, DateTime, Document, doc};
use futures_util::TryStreamExt;
use mongodb::ClientSession;
use varanus_proto::Result;

use super::{Inner, fault};

/// `{ _id: the UUID of the session's lsid, at: when it was first used }`.
pub(super) const COLLECTION: &str = "VaranusSession";

/// After which a session that was not used is none any more: the server forgets it after
/// half an hour, and the driver no longer hands it out by then.
const FORGOTTEN: Duration = Duration::from_secs(60 * 60);

/// Which sessions are written down, and when each was last used.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<Vec<u8>, Instant>>);

impl Sessions {
    /// Notes a use. Returns whether the session was known already.
    fn used(&self, id: &Binary) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        known.get_mut(&id.bytes).map(|at| *at = now).is_some()
    }

    /// Notes a session that is now written down. Returns those that are to be forgotten.
    fn add(&self, id: Binary) -> Vec<Bson> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(id.bytes, Instant::now());
        let old = known.extract_if(|_, at| at.elapsed() > FORGOTTEN);
        old.map(|(bytes, _)| uuid(bytes)).collect()
    }

    fn take(&self) -> Vec<Bson> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.drain().map(|(bytes, _)| uuid(bytes)).collect()
    }
}

fn uuid(bytes: Vec<u8>) -> Bson {
    Bson::Binary(Binary { subtype: bson::spec::BinarySubtype::Uuid, bytes })
}

impl Inner {
    fn named_sessions(&self) -> mongodb::Collection<Document> {
        self.database.collection(COLLECTION)
    }

    /// A session for a transaction.
    pub(super) async fn session(&self) -> mongodb::error::Result<ClientSession> {
        let session = self.database.client().start_session().await?;
        let Some(Bson::Binary(id)) = session.id().get("id").cloned() else { return Ok(session) };
        if !self.sessions.used(&id) {
            let named = doc! { "_id": id.clone(), "at": DateTime::now() };
            self.named_sessions()
                .replace_one(doc! { "_id": id.clone() }, named)
                .upsert(true)
                .await?;
            let old = self.sessions.add(id);
            if !old.is_empty() {
                self.named_sessions().delete_many(doc! { "_id": { "$in": old } }).await?;
            }
        }
        Ok(session)
    }

    /// Ends the sessions of a Core that did not end them itself. One that was ended
    /// or forgotten meanwhile makes no difference.
    pub(super) async fn end_sessions_left_open(&self) -> Result<()> {
        let left = async {
            let cursor = self.named_sessions().find(doc! {}).await?;
            cursor.try_collect::<Vec<Document>>().await
        };
        let left: Vec<Bson> = left
            .await
            .map_err(|error| self.explain(&error))?
            .into_iter()
            .filter_map(|mut session| session.remove("_id"))
            .collect();
        if left.is_empty() {
            return Ok(());
        }
        let sessions: Vec<Bson> = left.iter().map(|id| doc! { "id": id.clone() }.into()).collect();
        if let Err(error) = self.database.run_command(doc! { "killSessions": sessions }).await {
            // What they hold is waited for, then.
            tracing::debug!("{} ends no sessions: {}", self.description, fault::text(&error));
        }
        self.named_sessions()
            .delete_many(doc! { "_id": { "$in": left } })
            .await
            .map_err(|error| self.explain(&error))?;
        Ok(())
    }

    /// Nothing is left open: nobody needs the names.
    pub(super) async fn forget_sessions(&self) {
        let own = self.sessions.take();
        if own.is_empty() {
            return;
        }
        let names = self.named_sessions();
        if let Err(error) = names.delete_many(doc! { "_id": { "$in": own } }).await {
            tracing::debug!("the names of sessions stay: {}", fault::text(&error));
        }
    }
}
