//! What is typed becomes the request that the API has.

use clap::Parser as _;
use schemars::JsonSchema as _;
use serde_json::json;
use varanus_proto::entity::execution::Execution;

use super::table::{Place, SPECS, Shape};
use super::*;
use crate::args::{Cli, Command};

fn parse(line: &str) -> Result<Request, clap::Error> {
    let cli = Cli::try_parse_from(line.split_whitespace())?;
    match cli.command {
        Command::Execute(request) => Ok(request),
        other => panic!("{other:?}"),
    }
}

fn asked(line: &str) -> Value {
    let request = parse(line).unwrap();
    json!({ "type": request.name, "params": request.params })
}

#[test]
fn executions_are_spelled_as_in_komodo() {
    let cases = [
        (
            "km execute deploy-stack web",
            json!({ "type": "DeployStack", "params": { "stack": "web" } }),
        ),
        (
            "km x st web a b --stop-time 5 -y",
            json!({ "type": "DeployStack", "params": { "stack": "web", "services": ["a", "b"], "stop_time": 5 } }),
        ),
        ("km deploy stack web", json!({ "type": "DeployStack", "params": { "stack": "web" } })),
        ("km execute sync prod", json!({ "type": "RunSync", "params": { "sync": "prod" } })),
        (
            "km run sync prod Stack web db",
            json!({ "type": "RunSync", "params": { "sync": "prod", "resource_type": "Stack", "resources": ["web", "db"] } }),
        ),
        (
            "km execute nightly",
            json!({ "type": "RunProcedure", "params": { "procedure": "nightly" } }),
        ),
        (
            "km execute pr nightly",
            json!({ "type": "RunProcedure", "params": { "procedure": "nightly" } }),
        ),
        (
            "km x batch-deploy-stack web-* prod",
            json!({ "type": "BatchDeployStack", "params": { "pattern": "web-*", "tags": ["prod"] } }),
        ),
        (
            "km x stop-container big web SIGTERM 10",
            json!({ "type": "StopContainer", "params": { "server": "big", "container": "web", "signal": "SIGTERM", "time": 10 } }),
        ),
        (
            "km x action build A=1 {\"B\":2}",
            json!({ "type": "RunAction", "params": { "action": "build", "args": { "A": "1", "B": 2 } } }),
        ),
        ("km x backup", json!({ "type": "BackupCoreDatabase", "params": {} })),
        (
            "km x rotate-core-keys -f",
            json!({ "type": "RotateCoreKeys", "params": { "force": true } }),
        ),
    ];
    for (line, expected) in cases {
        assert_eq!(asked(line), expected, "{line}");
    }
}

#[test]
fn switches_are_seen_before_and_after_the_execution() {
    for line in [
        "km x -y --json deploy-stack web",
        "km x deploy-stack web -y --json",
        "km x -y --json nightly",
        "km x nightly --json -y",
    ] {
        let request = parse(line).unwrap();
        assert!(request.yes && request.json, "{line}");
    }
    let request = parse("km x -a http://core:1 -k K -s S -y nightly").unwrap();
    assert_eq!(request.host.as_deref(), Some("http://core:1"));
    assert_eq!((request.key.as_deref(), request.secret.as_deref()), (Some("K"), Some("S")));
}

#[test]
fn what_cannot_be_meant_is_refused_with_a_hint() {
    let error = parse("km x deploy-stak web").unwrap_err().to_string();
    assert!(error.contains("did you mean \"deploy-stack\""), "{error}");
    let error = parse("km x stop-container big web SIGNO").unwrap_err().to_string();
    assert!(error.contains("SIGTERM"), "{error}");
    let error = parse("km x sleep soon").unwrap_err().to_string();
    assert!(error.contains("no whole number"), "{error}");
    assert!(parse("km x deploy-stack").is_err());
    assert_eq!(parse("km x deploy-stack").unwrap_err().exit_code(), 2);
}

/// Every execution of the API and each of its parameters can be typed.
#[test]
fn the_table_is_complete() {
    let mut generator = schemars::SchemaGenerator::default();
    let schema = Execution::json_schema(&mut generator).to_value();
    let definitions = generator.definitions().clone();
    let variants = schema["oneOf"].as_array().unwrap();
    let mut names = Vec::new();
    for variant in variants {
        let name = variant["properties"]["type"]["const"].as_str().unwrap();
        names.push(name);
        let spec = SPECS.iter().find(|spec| spec.name == name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(spec.command.replace('-', ""), name.to_lowercase());
        let reference = variant["properties"]["params"]["$ref"].as_str().unwrap();
        let params = &definitions[reference.rsplit('/').next().unwrap()];
        let empty = serde_json::Map::new();
        let fields = params["properties"].as_object().unwrap_or(&empty);
        let mut typed: Vec<_> = spec.params.iter().map(|param| param.field).collect();
        let mut there: Vec<_> = fields.keys().map(String::as_str).collect();
        typed.sort_unstable();
        there.sort_unstable();
        assert_eq!(typed, there, "{name}");
        for required in params["required"].as_array().into_iter().flatten() {
            let param = spec.params.iter().find(|param| required == param.field).unwrap();
            assert!(param.place == Place::Needed, "{name} {required}");
        }
    }
    let listed: Vec<_> = SPECS.iter().map(|spec| spec.name).collect();
    assert_eq!(listed, names);
    let switch = |name: &str| SPECS.iter().find(|spec| spec.name == name).unwrap().params;
    assert!(switch("RotateCoreKeys").iter().all(|param| param.shape == Shape::Switch));
}

#[test]
fn the_question_names_everything_but_secrets() {
    let request = parse("km x create-swarm-secret s token hunter2").unwrap();
    assert_eq!(request.summary(), "CreateSwarmSecret  swarm: s  name: token  data: …");
}
