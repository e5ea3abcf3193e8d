//! What a delivery says about itself.

use serde_json::{Value, json};
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::webhook::WebhookDelivery;
use varanus_proto::{JsonObject, MongoId};

use super::Incoming;
use crate::core::now;

/// Headers with the sender's id of a delivery.
const IDS: [&str; 7] = [
    "x-github-delivery",
    "x-forgejo-delivery",
    "x-gitea-delivery",
    "x-gogs-delivery",
    // GitLab's: the same for every try of one delivery.
    "idempotency-key",
    "x-gitlab-event-uuid",
    "webhook-id",
];

/// Headers with the name of the event.
const EVENTS: [&str; 5] =
    ["x-github-event", "x-forgejo-event", "x-gitea-event", "x-gogs-event", "x-gitlab-event"];

/// Anybody can send anything; what is kept of it is short.
const LONGEST: usize = 200;

/// The beginning of a text, without what no screen shows.
pub(super) fn short(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect()
}

/// A delivery before anything is known of it but its headers.
pub(super) fn describe(incoming: &Incoming) -> WebhookDelivery {
    let first = |names: &[&str]| {
        let found = names.iter().find_map(|name| incoming.header(name));
        found.map(|value| short(value.trim())).unwrap_or_default()
    };
    WebhookDelivery {
        id: MongoId::default(),
        ts: now(),
        target: ResourceTarget::system(),
        path: incoming.path(),
        address: incoming.address.to_string(),
        delivery: first(&IDS),
        event: first(&EVENTS),
        branch: None,
        commit: None,
        outcome: Default::default(),
        message: String::new(),
        update_id: None,
    }
}

/// What the body says.
#[derive(Debug)]
pub(super) struct Payload {
    /// The branch, or the whole ref when it is none.
    pub branch: Option<String>,
    /// The commit the branch is at now.
    pub commit: Option<String>,
    /// Whether the sender only tries.
    pub ping: bool,
    event: String,
    form: bool,
    body: Value,
}

impl Payload {
    /// Reads a body. It may be anything but bytes that are no text: then the
    /// error says so.
    pub fn read(incoming: &Incoming) -> Result<Self, String> {
        let text = std::str::from_utf8(&incoming.body).map_err(|_| "the body is not UTF-8 text")?;
        let body: Value = serde_json::from_str(text).unwrap_or_default();
        let field = |name: &str| body.get(name).and_then(Value::as_str).map(short);
        let event = describe(incoming).event;
        let branch = field("ref");
        let type_header = incoming.header("content-type").unwrap_or_default();
        Ok(Self {
            commit: field("after").or_else(|| field("checkout_sha")),
            ping: event.eq_ignore_ascii_case("ping")
                || (branch.is_none() && body.get("zen").is_some()),
            branch: branch.map(|name| match name.strip_prefix("refs/heads/") {
                Some(branch) => branch.to_owned(),
                None => name,
            }),
            form: body.is_null() && type_header.starts_with("application/x-www-form-urlencoded"),
            event,
            body,
        })
    }

    /// What an action is told of it (Komodo 2.3).
    pub fn arguments(self) -> JsonObject {
        let told = json!({ "WEBHOOK_BRANCH": self.branch, "WEBHOOK_BODY": self.body });
        told.as_object().cloned().unwrap_or_default()
    }

    /// Why there is no branch.
    pub fn without_branch(&self) -> String {
        match (self.form, self.event.as_str()) {
            (true, _) => "the body is a form; choose the content type application/json in the \
                          settings of the webhook at the git host"
                .into(),
            (false, "") => "the body has no `ref`, so it is about no branch".into(),
            (false, event) => format!(
                "the event `{event}` has no `ref`, so it is about no branch; send push events"
            ),
        }
    }
}
