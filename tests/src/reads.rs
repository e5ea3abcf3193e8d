//! Every read of the API, as its document lists them.

use serde_json::{Map, Value, json};

use crate::Api;

/// A read's name, and all that was answered, whatever the status.
pub struct Read {
    /// `ListStacks`.
    pub name: String,
    /// The body.
    pub answer: String,
}

/// Asks everything that can be asked. `values` fills in required fields by their
/// names; each field may have several values, of which each is asked for.
pub async fn everything(api: &Api, values: &[(&str, Vec<Value>)]) -> Vec<Read> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
    let text = std::fs::read_to_string(path).expect("the document of the API is there");
    let document: Value = serde_json::from_str(&text).expect("the document is JSON");
    let paths = document["paths"].as_object().expect("the document has paths");
    let mut read = Vec::new();
    for (path, operation) in paths {
        let Some(name) = path.strip_prefix("/read/") else { continue };
        let body = &operation["post"]["requestBody"]["content"]["application/json"];
        let schema = resolve(&document, &body["schema"]);
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let mut asked = vec![Map::new()];
        for field in required.iter().filter_map(Value::as_str) {
            let known = values.iter().find(|(name, _)| *name == field);
            let known = known.map_or_else(|| vec![json!("")], |(_, known)| known.clone());
            let with = |value: &Value| {
                let value = value.clone();
                asked
                    .iter()
                    .map(move |params| {
                        let mut params = params.clone();
                        params.insert(field.to_owned(), value.clone());
                        params
                    })
                    .collect::<Vec<_>>()
            };
            asked = known.iter().flat_map(with).collect();
        }
        for mut params in asked {
            // What is left out unless it is asked for.
            for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
                if field.starts_with("include_") && schema["type"] == "boolean" {
                    params.insert(field.clone(), json!(true));
                }
            }
            let answer = match api.call("read", name, Value::Object(params)).await {
                Ok(answer) => answer.to_string(),
                Err(refused) => refused.text,
            };
            read.push(Read { name: name.to_owned(), answer });
        }
    }
    read
}

fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let path = schema["$ref"].as_str().and_then(|path| path.strip_prefix('#'));
    path.and_then(|path| document.pointer(path)).unwrap_or(schema)
}
