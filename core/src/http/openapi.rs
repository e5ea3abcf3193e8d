//! `docs/openapi.json` is written from the requests' types, and a test keeps it
//! true. `UPDATE=1 cargo test -p varanus-core openapi` writes it anew.

use std::path::Path;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use varanus_proto::request::Group;

use super::Api;

const GROUPS: [(Group, &str); 5] = [
    (Group::Read, "Reads: answered from memory, nothing changes."),
    (Group::Write, "Changes of what is configured."),
    (Group::Execute, "Runs: the answer is an Update to follow."),
    (Group::Login, "Logging in; needs no credentials."),
    (Group::Manage, "A user's own account."),
];

/// The description of every request, as OpenAPI 3.1.
fn describe(api: &Api) -> Value {
    // Readers of OpenAPI expect objects where JSON Schema also has `true`.
    let mut settings = SchemaSettings::draft2020_12()
        .with_transform(schemars::transform::ReplaceBoolSchemas::default());
    settings.definitions_path = "/components/schemas".into();
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for (group, _) in GROUPS {
        for name in api.names(group) {
            let Some((request, response)) = api.schemas(group, name, &mut generator) else {
                continue;
            };
            let content =
                |schema: schemars::Schema| json!({ "application/json": { "schema": schema } });
            let mut operation = json!({
                "tags": [group.as_str()],
                "operationId": format!("{}_{name}", group.as_str().replace('/', "_")),
                "requestBody": { "required": true, "content": content(request) },
                "responses": {
                    "200": { "description": "The answer.", "content": content(response) },
                    "default": { "$ref": "#/components/responses/Error" },
                },
            });
            if group == Group::Login {
                operation["security"] = json!([]);
            }
            paths.insert(format!("/{}/{name}", group.as_str()), json!({ "post": operation }));
        }
    }
    generator.subschema_for::<varanus_proto::ErrorBody>();
    let schemas = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Varanus",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": format!(
                "The public API of Varanus Core, compatible with that of Komodo {}. Every request \
                 of a group can also be posted to the group's own path as \
                 `{{\"type\": NAME, \"params\": {{…}}}}`.",
                crate::COMPATIBLE_VERSION
            ),
        },
        "tags": GROUPS.map(|(group, text)| json!({ "name": group.as_str(), "description": text })),
        "security": [{ "jwt": [] }, { "key": [], "secret": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {
                "Error": {
                    "description": "What went wrong, outermost first.",
                    "content": { "application/json": {
                        "schema": { "$ref": "#/components/schemas/ErrorBody" },
                    } },
                },
            },
            "securitySchemes": {
                "jwt": { "type": "http", "scheme": "bearer" },
                "key": { "type": "apiKey", "in": "header", "name": "x-api-key" },
                "secret": { "type": "apiKey", "in": "header", "name": "x-api-secret" },
            },
        },
    })
}

#[test]
fn openapi_json_describes_every_request() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let wanted = format!("{:#}\n", describe(&super::all()));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, wanted).unwrap();
        return;
    }
    assert!(
        std::fs::read_to_string(&path).unwrap() == wanted,
        "docs/openapi.json is old: UPDATE=1 cargo test -p varanus-core openapi writes it anew"
    );
}
