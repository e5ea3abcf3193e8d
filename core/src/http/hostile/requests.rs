//! Every request with values that no client sends: each is answered or refused,
//! and none is a fault of ours.

use std::time::Duration;

use serde_json::{Map, Value, json};
use varanus_proto::Error;
use varanus_proto::request::Group;

use super::super::authorisation_tests::World;
use crate::http::Failure;

/// Texts that are options, paths, ends of lines, other languages' syntax.
const TEXTS: [&str; 14] = [
    "--foo",
    "-",
    "../../etc/passwd",
    "/etc/passwd",
    "a/b",
    "\u{0}",
    "a\r\nX: y",
    "",
    " ",
    "[[[[a]]",
    "$(id); `id` | id & {{json .}}",
    "\u{202e}é🦎",
    "000000000000000000000000",
    "{\"$ne\": null}",
];

/// Fields that say which thing a request is about, and one there is.
const KNOWN: [(&str, &str); 14] = [
    ("stack", "hidden-stack"),
    ("server", "hidden-server"),
    ("server_id", "hidden-server"),
    ("repo", "hidden-repo"),
    ("linked_repo", "hidden-repo"),
    ("procedure", "hidden-procedure"),
    ("user", "stranger"),
    ("user_id", "stranger"),
    ("user_group", "hidden-group"),
    ("tag", "blue"),
    ("service", "web"),
    ("container", "hidden-stack-web"),
    ("key", "K_owner_K"),
    ("public_key", "hidden-key"),
];

/// What the fields of a request get.
#[derive(Clone, Copy)]
struct Filling<'a> {
    document: &'a Value,
    text: &'a str,
    /// Whether it is about something there is.
    known: bool,
    number: i64,
}

impl Filling<'_> {
    /// A value of a schema.
    fn value(&self, name: &str, schema: &Value, depth: usize) -> Value {
        if let Some(path) = schema["$ref"].as_str() {
            let path = path.trim_start_matches('#');
            return self.value(name, self.document.pointer(path).unwrap(), depth);
        }
        if let Some(constant) = schema.get("const") {
            return constant.clone();
        }
        for choice in ["oneOf", "anyOf", "allOf", "enum"] {
            if let Some(choices) = schema[choice].as_array() {
                // Another one for each text, so that all have their turn.
                let at = (self.text.len() + name.len()) % choices.len();
                return match choice {
                    "enum" => choices[at].clone(),
                    "allOf" => self.value(name, &choices[0], depth),
                    _ => self.value(name, &choices[at], depth),
                };
            }
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().find(|kind| **kind != "null").cloned(),
            kind => Some(kind.clone()),
        };
        match kind.as_ref().and_then(Value::as_str) {
            Some("string") => self.text(name),
            Some("integer" | "number") => json!(self.number),
            Some("boolean") => json!(self.text.len().is_multiple_of(2)),
            Some("array") if depth > 6 => json!([]),
            Some("array") => json!([self.value(name, &schema["items"], depth + 1)]),
            Some("object") => self.object(schema, depth),
            _ => json!(self.text),
        }
    }

    fn text(&self, name: &str) -> Value {
        let known = KNOWN.iter().find(|known| known.0 == name).filter(|_| self.known);
        json!(known.map_or(self.text, |known| known.1))
    }

    fn object(&self, schema: &Value, depth: usize) -> Value {
        let mut object = Map::new();
        if depth > 6 {
            return Value::Object(object);
        }
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            object.insert(name.clone(), self.value(name, schema, depth + 1));
        }
        if schema["additionalProperties"].is_object() {
            let value = self.value("", &schema["additionalProperties"], depth + 1);
            object.insert(self.text.to_owned(), value);
        }
        Value::Object(object)
    }
}

/// Every request: its group, its name, and the schema of its fields.
fn requests(document: &Value) -> Vec<(Group, String, Value)> {
    let groups = [
        ("/read/", Group::Read),
        ("/write/", Group::Write),
        ("/execute/", Group::Execute),
        ("/auth/login/", Group::Login),
        ("/auth/manage/", Group::Manage),
    ];
    let paths = document["paths"].as_object().unwrap();
    let mut found = Vec::new();
    for (path, operation) in paths {
        for (prefix, group) in groups {
            if let Some(name) = path.strip_prefix(prefix) {
                let body = &operation["post"]["requestBody"]["content"]["application/json"];
                found.push((group, name.to_owned(), body["schema"].clone()));
            }
        }
    }
    found
}

/// A refusal says that the asker is to blame, or that there is no agent to ask,
/// and does not say all again that it was told.
fn is_fair(error: &Error) -> bool {
    let words = serde_json::to_string(&Failure(error.clone()).json().0).unwrap();
    words.len() < 16_384 && error.kind().status() != 500
}

async fn try_all(texts: &[&str]) {
    let document: Value =
        serde_json::from_str(include_str!("../../../../docs/openapi.json")).unwrap();
    let requests = requests(&document);
    assert!(requests.len() > 150, "{}", requests.len());
    let mut unfair = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        let world = World::new().await;
        let numbers = [0, 1, -1, i64::MAX];
        for (group, name, schema) in &requests {
            // What is there is needed by those that come later.
            let ends = ["Delete", "Remove", "Rename"].iter().any(|verb| name.starts_with(verb));
            for known in [false, !ends] {
                let number = numbers[at % numbers.len()];
                let filling = Filling { document: &document, text, known, number };
                let params = filling.value("", schema, 0);
                let root = world.tester.again("root");
                let sent = world.tester.send(&root, *group, name, params.clone());
                let short = |text: String| text.chars().take(400).collect::<String>();
                match tokio::time::timeout(Duration::from_secs(20), sent).await {
                    Ok(Err(error)) if !is_fair(&error) => {
                        let params = short(params.to_string());
                        unfair.push(format!("{name} {params}: {}", short(format!("{error:?}"))));
                    }
                    Ok(_) => {}
                    Err(_) => {
                        unfair.push(format!("{name}: no answer to {}", short(params.to_string())))
                    }
                }
            }
        }
    }
    assert!(unfair.is_empty(), "{} faults:\n{}", unfair.len(), unfair.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_is_a_fault_of_ours() {
    try_all(&TEXTS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_huge_text_is_no_fault_of_ours() {
    let huge = "x".repeat(100_000);
    try_all(&[&huge]).await;
}
