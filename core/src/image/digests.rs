//! What registries say an image is now.
//!
//! One question an image is enough for all who use it; whoever asks meanwhile
//! waits for the same answer. A registry that was asked too often is left alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use varanus_proto::agent::image::GetLatestImageDigest;
use varanus_proto::entity::provider::registry_of;
use varanus_proto::{Error, Kind, Result};

use crate::Core;
use crate::agent::Ask;
use crate::stack::registry_token;

/// How long an answer is good (contract §4).
const GOOD: Duration = Duration::from_secs(600);

/// How long a registry is left alone that was asked too often. The engine, which
/// asks, does not pass on what the registry itself says of it (`Retry-After`).
const REST: Duration = Duration::from_secs(900);

/// So many images are remembered, at most.
const MOST: usize = 10_000;

#[derive(Default)]
struct Known {
    digest: Option<(String, Instant)>,
}

#[derive(Default)]
struct State {
    images: HashMap<String, Arc<tokio::sync::Mutex<Known>>>,
    /// Since when a digest is known to be the image's.
    seen: HashMap<String, Instant>,
    /// Until when a registry is not asked.
    resting: HashMap<String, Instant>,
}

/// The digests that were last heard of.
#[derive(Default)]
pub struct Digests(Mutex<State>);

impl Digests {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, key: &str) -> Arc<tokio::sync::Mutex<Known>> {
        let mut state = self.lock();
        if state.images.len() >= MOST && !state.images.contains_key(key) {
            state.images.clear();
        }
        state.images.entry(key.to_owned()).or_default().clone()
    }

    fn resting(&self, registry: &str) -> Option<Duration> {
        let left = self.lock().resting.get(registry)?.checked_duration_since(Instant::now())?;
        (!left.is_zero()).then_some(left)
    }

    /// For how long an image (`NAME@DIGEST`) has been known to be the newest.
    pub fn age(&self, image: &str) -> Duration {
        self.lock().seen.get(image).map(Instant::elapsed).unwrap_or_default()
    }

    /// A newer image was just pushed under a name, whatever its tag: it is asked
    /// for again.
    pub fn forget(&self, image: &str) {
        let of_it =
            |key: &str| key.strip_prefix(image).is_some_and(|rest| rest.starts_with([':', '\n']));
        self.lock().images.retain(|key, _| !of_it(key));
    }
}

/// The digest behind an image's name, as `NAME@DIGEST`. The agent of a server
/// asks, with an account of the image's registry or none.
///
/// Errors: `TooMany` while the registry wants to be left alone; what the agent says.
pub async fn latest(core: &Core, server: &str, image: &str, account: &str) -> Result<String> {
    let registry = registry_of(image);
    let host = registry.split(':').next().unwrap_or(registry);
    // Every host has a registry of such a name of its own.
    let local = matches!(host, "localhost" | "127.0.0.1" | "[");
    let place = if local { server } else { "" };
    let known = core.digests.known(&format!("{image}\n{account}\n{place}"));
    let mut known = known.lock().await;
    if let Some((digest, at)) = &known.digest
        && at.elapsed() < GOOD
    {
        return Ok(digest.clone());
    }
    if let Some(left) = core.digests.resting(registry) {
        return Err(Error::too_many(format!(
            "{registry} was asked too often; it is asked again in {} min",
            left.as_secs() / 60 + 1
        )));
    }
    let token = registry_token(core, registry, account)?;
    let account = token.as_ref().map(|_| account.to_owned());
    let ask = GetLatestImageDigest { name: image.to_owned(), account, token };
    let answer = core.agents.request(server, ask, Ask::default()).await.inspect_err(|error| {
        if is_limit(error) {
            let until = Instant::now() + REST;
            core.digests.lock().resting.insert(registry.to_owned(), until);
        }
    })?;
    let digest = format!("{image}@{}", answer.digest);
    let now = Instant::now();
    known.digest = Some((digest.clone(), now));
    let mut state = core.digests.lock();
    if state.seen.len() >= MOST && !state.seen.contains_key(&digest) {
        state.seen.clear();
    }
    state.seen.entry(digest.clone()).or_insert(now);
    Ok(digest)
}

/// Whether a registry says that it was asked too often.
fn is_limit(error: &Error) -> bool {
    let says = |text: &str| {
        let text = text.to_ascii_lowercase();
        // The last is the engine's, where the registry says it by the status alone.
        ["toomanyrequests", "too many requests", "rate limit", "http 429"]
            .iter()
            .any(|word| text.contains(word))
    };
    error.kind() == Kind::TooMany
        || says(error.message())
        || error.trace().iter().any(|cause| says(cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_that_was_asked_too_often_is_recognised() {
        let error = Error::failed("asking").cause("toomanyrequests: You have reached your limit");
        assert!(is_limit(&error));
        let text = "error parsing HTTP 429 response body: unexpected end of JSON input: \"\"";
        assert!(is_limit(&Error::failed("docker: no").cause(text)));
        assert!(!is_limit(&Error::failed("manifest unknown")));
    }

    #[tokio::test]
    async fn an_answer_is_good_for_a_while_and_a_registry_has_its_rest() {
        let digests = Digests::default();
        let known = digests.known("ghcr.io/a/b:1\nann\n");
        known.lock().await.digest = Some(("x@sha256:1".into(), Instant::now()));
        assert!(digests.known("ghcr.io/a/b:1\nann\n").lock().await.digest.is_some());
        digests.forget("ghcr.io/a");
        assert!(digests.known("ghcr.io/a/b:1\nann\n").lock().await.digest.is_some());
        digests.forget("ghcr.io/a/b");
        assert!(digests.known("ghcr.io/a/b:1\nann\n").lock().await.digest.is_none());
        digests.lock().resting.insert("ghcr.io".into(), Instant::now() + REST);
        assert!(digests.resting("ghcr.io").is_some());
        digests.lock().resting.insert("ghcr.io".into(), Instant::now());
        assert!(digests.resting("ghcr.io").is_none());
    }
}
