//! How to connect, and what the server can do.

use std::time::Duration;

use bson::doc;
use mongodb::{
    Database,
    options::{Acknowledgment, ClientOptions, Credential, ServerAddress, WriteConcern},
};
use varanus_proto::{Error, Result};

use super::{Atomicity, fault};
use crate::{Collection, MongoSettings};

/// How to connect, and what to call it.
pub(super) async fn described(
    settings: &MongoSettings,
    deadline: Duration,
) -> Result<(ClientOptions, String)> {
    let options = options(settings, deadline).await?;
    let hosts: Vec<String> = options.hosts.iter().map(ToString::to_string).collect();
    let description = format!("MongoDB at {}, database {}", hosts.join(","), settings.db_name);
    Ok((options, description))
}

pub(super) async fn options(settings: &MongoSettings, deadline: Duration) -> Result<ClientOptions> {
    let wrong = |place: &str, error: mongodb::error::Error| {
        Error::invalid(format!("{place} of the configuration is not an address of a MongoDB"))
            .cause(fault::text(&error))
    };
    let mut options = match &settings.uri {
        Some(uri) if !uri.is_empty() => {
            tokio::time::timeout(deadline, ClientOptions::parse(uri.expose()))
                .await
                .map_err(|_| {
                    Error::unavailable(
                        "the name of the MongoDB in database.uri was not resolved in time",
                    )
                })?
                .map_err(|error| wrong("database.uri", error))?
        }
        _ => {
            let hosts = settings
                .address
                .split(',')
                .map(|host| ServerAddress::parse(host.trim()))
                .collect::<Result<Vec<_>, _>>()
                .map_err(|error| wrong("database.address", error))?;
            ClientOptions::builder().hosts(hosts).build()
        }
    };
    if options.credential.is_none() && !settings.username.is_empty() {
        let mut credential = Credential::default();
        credential.username = Some(settings.username.clone());
        credential.password = Some(settings.password.expose().clone());
        options.credential = Some(credential);
    }
    options.app_name.get_or_insert_with(|| settings.app_name.clone());
    // Short: callers are to be told at once, and whoever must wait looks again by itself.
    let short = deadline.min(Duration::from_secs(2));
    options.server_selection_timeout.get_or_insert(short);
    options.connect_timeout.get_or_insert(short);
    // What was committed is seen by the next read.
    options.selection_criteria = None;
    // A change that was acknowledged outlives the loss of the server.
    options.write_concern = Some(
        WriteConcern::builder()
            .w(Acknowledgment::Majority)
            .journal(true)
            .w_timeout(deadline)
            .build(),
    );
    Ok(options)
}

pub(super) async fn has_documents(database: &Database, name: &str) -> mongodb::error::Result<bool> {
    let collection = database.collection::<bson::Document>(name);
    Ok(collection.find_one(doc! {}).projection(doc! { "_id": 1 }).await?.is_some())
}

/// Whether the server really has transactions: one is begun, writes, and is
/// taken back. Servers have been seen that accept the words without the meaning.
pub(super) async fn probe(database: &Database) -> Atomicity {
    let collection = database.collection::<bson::Document>(Collection::Setting.name());
    let id = bson::oid::ObjectId::new();
    let attempt = async {
        let mut session = database.client().start_session().await?;
        session.start_transaction().await?;
        let probe = doc! { "_id": id, "name": format!("transaction probe {id}") };
        let wrote = collection.insert_one(probe).session(&mut session).await;
        let aborted = session.abort_transaction().await;
        wrote?;
        aborted?;
        let left = collection.delete_one(doc! { "_id": id }).await?.deleted_count;
        mongodb::error::Result::Ok(left == 0)
    };
    match attempt.await {
        Ok(true) => Atomicity::Transactions,
        Ok(false) => Atomicity::Journal,
        Err(error) => {
            tracing::debug!("no transactions here: {}", fault::text(&error));
            // The write may have happened outside of a transaction.
            let _ = collection.delete_one(doc! { "_id": id }).await;
            Atomicity::Journal
        }
    }
}
