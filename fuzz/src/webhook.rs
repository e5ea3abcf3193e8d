//! Deliveries of webhooks, which anybody can send.

use std::collections::HashMap;

use varanus_core::hook::fuzzing::understand;
use varanus_core::hook::{Incoming, Provider};

const SECRET: &str = "a secret of ours that nobody guesses";

/// Names of headers by the letter that a line of the input begins with.
const HEADERS: [(char, &str); 8] = [
    ('s', "x-hub-signature-256"),
    ('g', "x-gitea-signature"),
    ('t', "x-gitlab-token"),
    ('e', "x-github-event"),
    ('l', "x-gitlab-event"),
    ('d', "x-github-delivery"),
    ('i', "idempotency-key"),
    ('c', "content-type"),
];

/// What is kept of a delivery is short, and nobody gets in without the secret.
///
/// The input: the address, headers up to an empty line, the body.
pub(crate) fn deliveries(data: &[u8]) {
    let [address, rest] = crate::texts::<2>(data);
    let (head, body) = rest.split_once("\n\n").unwrap_or(("", &rest));
    let mut parts = address.splitn(4, '/').map(str::to_owned);
    let provider = parts.next().unwrap_or_default();
    let headers: HashMap<_, _> = head
        .lines()
        .filter_map(|line| {
            let name = HEADERS.iter().find(|header| line.starts_with(header.0))?.1;
            Some((name.to_owned(), line[1..].to_owned()))
        })
        .collect();
    let incoming = Incoming {
        provider: Provider::find(&provider).unwrap_or_default(),
        kind: parts.next().unwrap_or_default(),
        resource: parts.next().unwrap_or_default(),
        option: parts.next().unwrap_or_default(),
        // Bodies that are no text come too.
        body: match body.strip_prefix("raw:") {
            Some(_) => data.to_vec(),
            None => body.as_bytes().to_vec(),
        },
        headers,
        ..Incoming::default()
    };
    let understood = understand(&incoming, SECRET);
    // GitLab sends it in the open, so that it could be guessed.
    let token = incoming.headers.get("x-gitlab-token").map(String::as_str);
    assert!(!understood.verified || token == Some(SECRET), "{incoming:?}");
    let delivery = &understood.delivery;
    let kept = [&delivery.path, &delivery.delivery, &delivery.event];
    let told = [&understood.branch, &understood.commit];
    for text in kept.into_iter().chain(told.into_iter().flatten()) {
        assert!(text.chars().count() <= 200, "{text}");
    }
    assert!(understood.message.chars().count() <= 500, "{}", understood.message);
    assert!(!understood.message.contains(SECRET));
}
