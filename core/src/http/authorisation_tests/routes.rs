//! What is checked before any request is looked at, over HTTP and websockets:
//! nobody knows who is calling, or the user is disabled.

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;
use serde_json::json;
use varanus_proto::entity::permission::PermissionLevel::{Execute, Read};
use varanus_proto::entity::resource::ResourceTargetVariant as Kind;
use varanus_proto::request::Group;

use super::table::{Less, Right, Row, all};
use super::wire::{Socket, Wire};
use super::world::World;
use crate::auth::Caller;

/// Routes that everybody may read.
const PUBLIC: &[&str] =
    &["/", "/docs", "/openapi.json", "/client/{file}", "/version", "/auth/version"];

/// The other routes; each has a test here.
const GUARDED: &[&str] = &[
    "/{group}",
    "/{group}/{{variant}}",
    "/user",
    "/listener/{provider}/{kind}/{id}",
    "/listener/{provider}/{kind}/{id}/{*option}",
    "/ws/periphery",
    "/ws/update",
];

fn jwt(world: &World, name: &str) -> String {
    let caller = world.tester.again(name);
    world.tester.core.auth.sessions.issue(caller.id()).unwrap()
}

#[test]
fn every_route_is_in_one_of_the_lists() {
    let route = Regex::new(r#"\.route\(\s*(?:&format!\()?"([^"]+)""#).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http");
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(path).unwrap();
            found.extend(route.captures_iter(&text).map(|captures| captures[1].to_owned()));
        }
    }
    let listed: BTreeSet<String> = [PUBLIC, GUARDED].concat().into_iter().map(Into::into).collect();
    assert_eq!(found, listed, "say who may ask for a route, and test it");
}

/// The status of a request, which must be the same in both of its forms.
async fn both_forms(wire: &Wire, world: &World, row: &Row, jwt: Option<&str>) -> [u16; 2] {
    let params = world.body(row);
    let tagged = json!({ "type": row.name, "params": params }).to_string();
    let long = format!("/{}/{}", row.group, row.name);
    let short = format!("/{}", row.group);
    [wire.post(&long, jwt, &params.to_string()).await.0, wire.post(&short, jwt, &tagged).await.0]
}

#[tokio::test]
async fn without_credentials_and_as_a_disabled_user_only_the_login_answers() {
    let mut world = World::new().await;
    world.begin_run().await;
    let wire = Wire::new(&world.tester.core).await;
    // Even an admin, while disabled, may do nothing.
    let disabled = jwt(&world, "disabled");
    for row in all() {
        let nobody = both_forms(&wire, &world, &row, None).await;
        if row.group == Group::Login {
            assert!(matches!(row.right, Right::Nobody), "{}", row.label());
            let good = |status: &u16| !matches!(status, 401 | 403 | 404);
            assert!(nobody.iter().all(good), "{}: {nobody:?}", row.label());
            continue;
        }
        assert_eq!(nobody, [401, 401], "{} without credentials", row.label());
        let answer = both_forms(&wire, &world, &row, Some(&disabled)).await;
        assert_eq!(answer, [403, 403], "{} as a disabled user", row.label());
    }
    let unknown = wire.post("/read/NoSuchRequest", None, "{}").await.0;
    assert_eq!(unknown, 401, "whoever is not known is not told what requests there are");
    let (status, _) = wire.post("/read/GetVersion", Some("not.a.token"), "{}").await;
    assert_eq!(status, 401);
    let key = [("content-type", "application/json"), ("x-api-key", "K_owner_K")];
    let (status, _) = wire.request("POST", "/read/GetVersion", &key, "{}").await;
    assert_eq!(status, 401, "a key without its secret");
    let wrong = [key[0], key[1], ("x-api-secret", "S_guess_S")];
    let (status, _) = wire.request("POST", "/read/GetVersion", &wrong, "{}").await;
    assert_eq!(status, 401, "a key with another secret");
}

#[tokio::test]
async fn public_routes_tell_nothing_hidden_and_one_user_is_shown_to_themselves() {
    let world = World::new().await;
    let wire = Wire::new(&world.tester.core).await;
    for path in PUBLIC {
        let path = &path.replace("{file}", "lib.js");
        let (status, body) = wire.request("GET", path, &[], "").await;
        assert_eq!(status, 200, "{path}");
        assert!(!body.contains("hidden-"), "{path}");
    }
    assert_eq!(wire.request("GET", "/user", &[], "").await.0, 401);
    let disabled = jwt(&world, "disabled");
    let (status, body) = wire.request("GET", "/user", &[("authorization", &disabled)], "").await;
    assert_eq!(status, 200, "clients show a disabled user that they wait for an admin: {body}");
    assert!(body.contains("\"disabled\"") && !body.contains("hidden"), "{body}");
}

#[tokio::test]
async fn a_webhook_without_the_right_signature_does_nothing() {
    let world = World::new().await;
    let core = &world.tester.core;
    let wire = Wire::new(core).await;
    let before = world.updates(None).await;
    let signed = "sha256=0000000000000000000000000000000000000000000000000000000000000000";
    let body = r#"{"ref":"refs/heads/main"}"#;
    for path in [
        "/listener/github/stack/hidden-stack/deploy",
        "/listener/github/stack/hidden-stack/refresh",
        "/listener/gitlab/stack/hidden-stack/deploy",
        "/listener/github/repo/hidden-repo/pull",
        "/listener/github/procedure/hidden-procedure/__ANY__",
    ] {
        for headers in [
            &[][..],
            &[("x-hub-signature-256", signed)],
            &[("x-hub-signature-256", "")],
            &[("x-gitlab-token", "")],
            &[("x-gitlab-token", "guess")],
        ] {
            let (status, text) = wire.request("POST", path, headers, body).await;
            assert_eq!(status, 401, "{path} with {headers:?}: {text}");
            assert!(!text.contains("hidden-secret"), "{text}");
        }
    }
    for path in [
        "/listener/github/stack/absent-stack/deploy",
        "/listener/github/stack/hidden-stack",
        "/listener/other/stack/hidden-stack/deploy",
        "/listener/github/server/hidden-server/x",
    ] {
        let (status, text) = wire.request("POST", path, &[], body).await;
        assert_eq!(status, 400, "{path}: {text}");
    }
    assert!(core.runs.is_empty());
    assert_eq!(world.updates(None).await, before);
}

#[tokio::test]
async fn an_agent_that_shows_no_key_learns_nothing_and_becomes_nobody() {
    let world = World::new().await;
    let core = &world.tester.core;
    let wire = Wire::new(core).await;
    for path in ["/ws/periphery", "/ws/periphery?server=ffffffffffffffffffffffff"] {
        assert_eq!(wire.socket(path).await.err(), Some(401), "{path}");
    }
    let mut first = Vec::new();
    for name in ["hidden-server", "absent-server"] {
        let mut socket = wire.socket(&format!("/ws/periphery?server={name}")).await.ok().unwrap();
        first.push(socket.next().await);
    }
    assert_eq!(first[0], first[1], "whether there is such a server is not told");
    let server = world.hidden(Kind::Server);
    assert!(!core.agents.is_connected(server.id()));
    assert!(core.catalog.servers.get("absent-server").is_none());
}

async fn listen(wire: &Wire, world: &World, caller: &Caller) -> Socket {
    let mut socket = wire.socket("/ws/update").await.ok().unwrap();
    let jwt = world.tester.core.auth.sessions.issue(caller.id()).unwrap();
    socket.send(json!({ "type": "Jwt", "params": { "jwt": jwt } }).to_string()).await;
    let subscribe = json!({ "type": "Subscribe", "params": { "lines": true } });
    socket.send(subscribe.to_string()).await;
    socket
}

async fn act(world: &World, caller: &Caller, name: &str, params: serde_json::Value) {
    world.tester.send(caller, Group::Write, name, params).await.unwrap();
}

#[tokio::test]
async fn the_feed_tells_nobody_what_they_may_not_see() {
    let world = World::new().await;
    let wire = Wire::new(&world.tester.core).await;
    let mut socket = wire.socket("/ws/update").await.ok().unwrap();
    socket.send(json!({ "type": "Jwt", "params": { "jwt": "a guess" } }).to_string()).await;
    let text = socket.next_text().await;
    assert!(text.starts_with("[401]"), "{text}");
    let mut socket = wire.socket("/ws/update").await.ok().unwrap();
    socket.send("[]".into()).await;
    let text = socket.next_text().await;
    assert!(text.starts_with("[401]"), "{text}");
    let mut socket = listen(&wire, &world, &world.tester.again("disabled")).await;
    let text = socket.next_text().await;
    assert!(text.starts_with("[403]"), "{text}");

    let stranger = world.tester.again("stranger");
    let reader = world.holding(&[Less::On(Kind::Stack, Read, Vec::new())]).await;
    let neighbour = world.holding(&[Less::On(Kind::Repo, Execute, Vec::new())]).await;
    let mut sockets = Vec::new();
    for caller in [&stranger, &reader, &neighbour] {
        let mut socket = listen(&wire, &world, caller).await;
        assert_eq!(socket.next_text().await, "LOGGED_IN");
        sockets.push(socket);
    }
    let root = world.tester.again("root");
    let meta = json!({ "target": world.hidden(Kind::Stack), "description": "new" });
    act(&world, &root, "UpdateResourceMeta", meta).await;
    act(&world, &root, "CreateTag", json!({ "name": "red" })).await;
    let text = sockets[1].next_text().await;
    assert!(text.contains(world.hidden(Kind::Stack).id()), "{text}");
    // The first that the others are told of is what is theirs.
    for (at, caller) in [(0, &stranger), (2, &neighbour)] {
        let name = format!("of-{at}");
        act(&world, caller, "CreateStack", json!({ "name": name })).await;
        let own = world.tester.core.catalog.stacks.get(&name).unwrap();
        let text = sockets[at].next_text().await;
        assert!(text.contains(own.id.as_str()), "{text}");
    }
    // Whoever is disabled while they listen hears nothing more.
    let disable = json!({ "user_id": reader.id(), "enabled": false });
    act(&world, &root, "UpdateUserBasePermissions", disable).await;
    let text = sockets[1].next_text().await;
    assert!(text.contains("INVALID_USER"), "{text}");
}
