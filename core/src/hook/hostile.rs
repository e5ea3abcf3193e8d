//! Deliveries that no git host sends.

use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use varanus_proto::api::write::procedure::CreateProcedure;

use super::payload::Payload;
use super::*;
use crate::testing::Tester;

const SECRET: &str = "a secret of ours";

/// Bytes that are JSON, nearly JSON, or nothing.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let value = "\"(refs/heads/)?[a-z/.\\\\u0-9]{0,12}\"|[0-9]{1,30}|null|\\[\\]|\\{\\}";
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..80),
        "[\\[\\]{}\":,a-z0-9\\\\ ]{0,60}".prop_map(String::into_bytes),
        (value, value, "ref|zen|after|x").prop_map(|(a, b, name)| {
            format!("{{\"ref\":{a},\"checkout_sha\":{b},{name:?}:{b}}}").into_bytes()
        }),
    ]
}

fn header() -> impl Strategy<Value = (String, String)> {
    let name = prop_oneof![
        Just("x-hub-signature-256"),
        Just("x-gitea-signature"),
        Just("x-gitlab-token"),
        Just("x-github-event"),
        Just("x-forgejo-delivery"),
        Just("content-type"),
    ];
    let value =
        "(sha256=)?[0-9a-fA-F]{0,66}|\\PC{0,20}|ping|push|application/x-www-form-urlencoded";
    (name.prop_map(str::to_owned), value)
}

fn incoming() -> impl Strategy<Value = Incoming> {
    let part = || "repo|stack|procedure|seed|main|__ANY__|([a-z/.%-]|\\PC|\u{0}){0,20}";
    let gitlab = any::<bool>();
    let headers = proptest::collection::vec(header(), 0..5);
    (gitlab, part(), part(), part(), headers, body()).prop_map(
        |(gitlab, kind, resource, option, headers, body)| Incoming {
            provider: if gitlab { Provider::Gitlab } else { Provider::Github },
            kind,
            resource,
            option,
            headers: headers.into_iter().collect(),
            body,
            ..Incoming::default()
        },
    )
}

proptest! {
    #[test]
    fn a_body_is_understood_or_refused(incoming in incoming()) {
        let described = payload::describe(&incoming);
        prop_assert!(described.path.chars().count() <= 200);
        if let Ok(payload) = Payload::read(&incoming) {
            let _ = payload.without_branch();
            for text in [payload.branch, payload.commit].into_iter().flatten() {
                prop_assert!(text.chars().count() <= 200);
            }
        }
    }

    #[test]
    fn nobody_gets_in_without_the_secret(incoming in incoming(), secret in "[ -~]{1,20}") {
        if signature::verify(&incoming, &secret).is_ok() {
            // It can only be guessed where it is sent in the open.
            prop_assert!(incoming.provider == Provider::Gitlab);
            prop_assert_eq!(incoming.header("x-gitlab-token"), Some(secret.as_str()));
        }
    }
}

#[tokio::test]
async fn whatever_comes_is_answered_and_starts_nothing() {
    let tester = Tester::new().await;
    let admin = tester.admin("ada").await;
    let config = serde_json::from_value(json!({ "webhook_secret": SECRET })).unwrap();
    let seed = CreateProcedure { name: "seed".into(), config };
    tester.call(&admin, seed).await.unwrap();
    let mut runner = TestRunner::deterministic();
    let cases = (0..64).map(|_| incoming().new_tree(&mut runner).unwrap().current());
    for (at, case) in cases.enumerate() {
        // Another address each time, or the limit of failures answers.
        let address = IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + u32::try_from(at).unwrap()));
        let shown = format!("{case:?}");
        let answer = receive(&tester.core, Incoming { address, ..case }).await;
        assert!(matches!(answer.status, 400 | 401), "{answer:?} to {shown}");
        assert!(answer.body["update_id"].is_null(), "{answer:?} to {shown}");
    }
}

#[tokio::test]
async fn a_long_address_leaves_a_short_record() {
    let tester = Tester::new().await;
    for kind in ["stack", "repo", "procedure", &"x".repeat(50_000)] {
        let incoming = Incoming {
            kind: kind.to_owned(),
            resource: "../".repeat(20_000),
            option: "b/".repeat(20_000),
            body: vec![b'['; 1 << 20],
            ..Incoming::default()
        };
        let answer = receive(&tester.core, incoming).await;
        assert_eq!(answer.status, 400);
        assert!(answer.body.to_string().len() < 2000, "{}", answer.body.to_string().len());
    }
}

#[test]
fn deep_and_broken_bodies_have_no_branch() {
    for body in [b"[".repeat(1 << 20), b"{\"ref\":".repeat(100_000), vec![0xff; 1 << 20], vec![]] {
        let read = Payload::read(&Incoming { body, ..Incoming::default() });
        assert!(read.is_err() || read.unwrap().branch.is_none());
    }
}
