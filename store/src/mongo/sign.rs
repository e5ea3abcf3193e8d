//! A sign of life of the server.
//!
//! It is asked for over a connection of its own and by a thread of its own: whoever is
//! busy, be it the other connections or the processors, is not taken to be away.

use std::time::Duration;

use bson::doc;
use mongodb::{Client, options::ClientOptions};
use tokio::sync::{mpsc, oneshot};
use varanus_proto::{Error, Result};

use super::fault;

/// How long it may take.
pub(super) const SIGN: Duration = Duration::from_secs(2);

/// After which the connection is given up when nobody asks any more.
const IDLE: Duration = Duration::from_secs(60);

type Answer = oneshot::Sender<Result<()>>;

/// Asks for signs of life.
pub(super) struct Signs {
    asks: mpsc::UnboundedSender<Answer>,
}

impl Signs {
    /// Starts the thread, which ends when this is dropped. It connects when it is
    /// first asked.
    pub(super) fn new(mut options: ClientOptions, description: String) -> Result<Self> {
        options.max_pool_size = Some(1);
        options.min_pool_size = None;
        let (asks, asked) = mpsc::unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime =
            runtime.map_err(|e| Error::internal("no runtime for signs of life").cause(e))?;
        std::thread::Builder::new()
            .name("mongodb-signs".to_owned())
            .spawn(move || runtime.block_on(answer(&options, &description, asked)))
            .map_err(|error| Error::internal("no thread for signs of life").cause(error))?;
        Ok(Self { asks })
    }

    /// Errors: what is wrong with the server.
    pub(super) async fn ask(&self) -> Result<()> {
        let (answer, answered) = oneshot::channel();
        let _ = self.asks.send(answer);
        match answered.await {
            Ok(sign) => sign,
            Err(_) => Err(Error::internal("nobody asks for signs of life any more")),
        }
    }
}

async fn answer(
    options: &ClientOptions,
    description: &str,
    mut asked: mpsc::UnboundedReceiver<Answer>,
) {
    let mut client: Option<Client> = None;
    loop {
        let answer = match tokio::time::timeout(IDLE, asked.recv()).await {
            Ok(Some(answer)) => answer,
            Ok(None) => return,
            Err(_) => {
                client = None;
                match asked.recv().await {
                    Some(answer) => answer,
                    None => return,
                }
            }
        };
        let sign = async {
            let client = match &mut client {
                Some(client) => client,
                none => none.insert(Client::with_options(options.clone())?),
            };
            client.database("admin").run_command(doc! { "ping": 1 }).await
        };
        let _ = answer.send(match tokio::time::timeout(SIGN, sign).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(fault::explain(&error, description)),
            Err(_) => Err(Error::unavailable(format!(
                "{description} did not answer a ping within {SIGN:?}"
            ))),
        });
    }
}
