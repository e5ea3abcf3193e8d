//! The table of requests: name → handler. Each capability's room adds its own
//! requests; this room parses, calls and answers.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::Value;
use varanus_proto::request::{ApiRequest, Group};
use varanus_proto::{Error, Result};

use crate::Core;
use crate::auth::Caller;

/// One call of a request.
#[derive(Clone)]
pub struct Call {
    /// The server.
    pub core: Arc<Core>,
    /// Who is calling.
    pub caller: Caller,
    /// Where the call comes from.
    pub address: std::net::IpAddr,
}

impl Call {
    /// A call that Core itself makes, for one of its own users or a person.
    pub fn from_within(core: &Arc<Core>, caller: &Caller) -> Self {
        let address = std::net::Ipv4Addr::LOCALHOST.into();
        Self { core: core.clone(), caller: caller.clone(), address }
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<Vec<u8>>> + Send>>;
type Handler = Box<dyn Fn(Call, Value) -> Answer + Send + Sync>;

struct Entry {
    name: &'static str,
    handler: Handler,
    #[cfg(test)]
    #[allow(dead_code, reason = "for the OpenAPI document")]
    schema: fn(&mut schemars::SchemaGenerator) -> (schemars::Schema, schemars::Schema),
}

/// Every request that this server answers.
#[derive(Default)]
pub struct Api {
    entries: HashMap<(Group, &'static str), Arc<Entry>>,
}

impl Api {
    /// Answers a request with a function of the room that knows it.
    pub fn on<R, F, Fut>(&mut self, handle: F) -> &mut Self
    where
        R: ApiRequest,
        F: Fn(Call, R) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R::Response>> + Send + 'static,
    {
        let handler: Handler = Box::new(move |call, params| {
            let request = match parse::<R>(params) {
                Ok(request) => request,
                Err(error) => return Box::pin(async { Err(error) }),
            };
            let answer = handle(call, request);
            Box::pin(async move {
                serde_json::to_vec(&answer.await?)
                    .map_err(|error| Error::internal("the answer cannot be written").cause(error))
            })
        });
        let entry = Arc::new(Entry {
            name: R::NAME,
            handler,
            #[cfg(test)]
            schema: |generator| {
                (generator.subschema_for::<R>(), generator.subschema_for::<R::Response>())
            },
        });
        for name in std::iter::once(&R::NAME).chain(R::ALIASES) {
            let before = self.entries.insert((R::GROUP, name), entry.clone());
            assert!(before.is_none(), "{name} is answered twice");
        }
        self
    }

    /// Whether there is such a request.
    pub fn knows(&self, group: Group, name: &str) -> bool {
        self.find(group, name).is_some()
    }

    fn find(&self, group: Group, name: &str) -> Option<Arc<Entry>> {
        // Seen with shorter-lived keys, the table can be asked for a borrowed one.
        let entries: &HashMap<(Group, &str), Arc<Entry>> = &self.entries;
        entries.get(&(group, name)).cloned()
    }

    /// Answers a request; the answer is JSON.
    pub async fn call(
        &self,
        call: Call,
        group: Group,
        name: &str,
        params: Value,
    ) -> Result<Vec<u8>> {
        let Some(entry) = self.find(group, name) else {
            return Err(Error::invalid(format!(
                "/{group} has no request {name:?}; /docs lists those there are"
            )));
        };
        (entry.handler)(call, params).await
    }

    /// The names of a group's requests, without older names, sorted.
    pub fn names(&self, group: Group) -> Vec<&'static str> {
        let mut names: Vec<_> = self
            .entries
            .iter()
            .filter(|((of, name), entry)| *of == group && *name == entry.name)
            .map(|((_, name), _)| *name)
            .collect();
        names.sort_unstable();
        names
    }

    /// The schemas of a request and its answer.
    #[cfg(test)]
    #[allow(dead_code, reason = "for the OpenAPI document")]
    pub(crate) fn schemas(
        &self,
        group: Group,
        name: &str,
        generator: &mut schemars::SchemaGenerator,
    ) -> Option<(schemars::Schema, schemars::Schema)> {
        self.find(group, name).map(|entry| (entry.schema)(generator))
    }
}

/// Reads a request's fields; the error names the field.
fn parse<R: ApiRequest>(params: Value) -> Result<R> {
    serde_path_to_error::deserialize(params).map_err(|error| {
        let path = error.path().to_string();
        let place = if path == "." { String::new() } else { format!(", field `{path}`") };
        Error::invalid(format!("{}{place}: {}", R::NAME, error.into_inner()))
    })
}

/// Every request of every room.
pub fn all() -> Api {
    let mut api = Api::default();
    crate::auth::api(&mut api);
    crate::run::api(&mut api);
    crate::hook::api(&mut api);
    crate::server::api(&mut api);
    crate::stack::api(&mut api);
    crate::repo::api(&mut api);
    crate::procedure::api(&mut api);
    crate::builder::api(&mut api);
    crate::build::api(&mut api);
    crate::deployment::api(&mut api);
    crate::image::api(&mut api);
    crate::alerter::api(&mut api);
    crate::action::api(&mut api);
    crate::people::api(&mut api);
    crate::settings::api(&mut api);
    crate::schedule::api(&mut api);
    crate::alert::api(&mut api);
    crate::sync::api(&mut api);
    crate::backup::api(&mut api);
    api
}
