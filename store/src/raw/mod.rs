//! Whole stores, for those who copy them: every document as it is stored, sealed
//! values sealed, with the types of its numbers ([`exact`]).
//!
//! A [`Reader`] changes nothing and may be opened beside a running Core. A
//! [`Writer`] has the store alone. Neither knows what a backup is.

pub mod exact;
#[cfg(test)]
mod tests;

use std::{path::PathBuf, time::Duration};

use tokio::sync::mpsc;
use varanus_proto::Result;

use crate::{Collection, MongoSettings, mongo, sqlite};

pub use bson::Document as Exact;

/// Which store.
#[derive(Debug, Clone)]
pub enum Place {
    /// The embedded one of a data directory.
    Embedded(PathBuf),
    /// A database of a MongoDB.
    Mongo(MongoSettings),
}

/// The documents of a collection, some at a time. Whoever drops it ends the reading.
pub type Batches = mpsc::Receiver<Result<Vec<Exact>>>;

/// How many documents come at a time.
pub const BATCH: usize = 250;

/// Reads a store as it is, sealed values and all.
///
/// The embedded store is read as it was at one moment, and so is a MongoDB that
/// has snapshots (a replica set); another MongoDB is read as it goes on.
pub enum Reader {
    #[doc(hidden)]
    Embedded(sqlite::raw::Reader),
    #[doc(hidden)]
    Mongo(mongo::raw::Reader),
}

impl Reader {
    /// Opens a store to read it. Errors: `NotFound` when there is none, `Unavailable`
    /// when it does not answer, `Conflict` when a commit in it was broken off.
    pub async fn open(place: &Place, deadline: Duration) -> Result<Self> {
        Ok(match place {
            Place::Embedded(directory) => {
                Self::Embedded(sqlite::raw::Reader::open(directory, deadline).await?)
            }
            Place::Mongo(settings) => {
                Self::Mongo(mongo::raw::Reader::open(settings, deadline).await?)
            }
        })
    }

    /// The same, also of a store into which a restore was broken off.
    pub async fn open_unfinished(place: &Place, deadline: Duration) -> Result<Self> {
        match place {
            Place::Embedded(_) => Self::open(place, deadline).await,
            Place::Mongo(settings) => {
                Ok(Self::Mongo(mongo::raw::Reader::open_as_it_is(settings, deadline).await?))
            }
        }
    }

    /// How many documents a collection has.
    pub async fn count(&self, collection: Collection) -> Result<u64> {
        match self {
            Self::Embedded(reader) => reader.count(collection).await,
            Self::Mongo(reader) => reader.count(collection).await,
        }
    }

    /// Every document of a collection, ordered by its id.
    pub fn read(&self, collection: Collection) -> Batches {
        match self {
            Self::Embedded(reader) => reader.read(collection),
            Self::Mongo(reader) => reader.read(collection),
        }
    }

    /// Which store this is; without credentials.
    pub fn describe(&self) -> String {
        match self {
            Self::Embedded(reader) => reader.describe(),
            Self::Mongo(reader) => reader.describe(),
        }
    }
}

/// Writes a store that nobody else uses.
///
/// In the embedded store all of it takes effect at [`Writer::finish`], or nothing
/// does. In a MongoDB a mark says until then that the database is not whole, and
/// no Core opens it.
pub enum Writer {
    #[doc(hidden)]
    Embedded(sqlite::raw::Writer),
    #[doc(hidden)]
    Mongo(mongo::raw::Writer),
}

impl Writer {
    /// Opens a store to write it, and makes it where there is none. Errors:
    /// `Conflict` when a Core runs on it, else as for [`Reader::open`].
    pub async fn open(place: &Place, deadline: Duration) -> Result<Self> {
        Ok(match place {
            Place::Embedded(directory) => {
                Self::Embedded(sqlite::raw::Writer::open(directory, deadline).await?)
            }
            Place::Mongo(settings) => {
                Self::Mongo(mongo::raw::Writer::open(settings, deadline).await?)
            }
        })
    }

    /// Begins to change it; `clear` takes out what is there.
    pub async fn begin(&mut self, clear: bool) -> Result<()> {
        match self {
            Self::Embedded(writer) => writer.begin(clear).await,
            Self::Mongo(writer) => writer.begin(clear).await,
        }
    }

    /// Puts documents in, over those of the same id.
    pub async fn put(&mut self, collection: Collection, documents: Vec<Exact>) -> Result<()> {
        match self {
            Self::Embedded(writer) => writer.put(collection, documents).await,
            Self::Mongo(writer) => writer.put(collection, documents).await,
        }
    }

    /// Ends the change. It is durable when this returns.
    pub async fn finish(self) -> Result<()> {
        match self {
            Self::Embedded(writer) => writer.finish().await,
            Self::Mongo(writer) => writer.finish().await,
        }
    }
}
