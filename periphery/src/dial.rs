//! Dialing the Cores that are configured.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use url::Url;
use varanus_link::frame::Login;
use varanus_link::handshake::{Talk, unexpected};
use varanus_link::key::PrivateKey;
use varanus_link::{Backoff, Dialed, Driver, Link, Tls, address, dial};
use varanus_proto::{Context as _, Error, Result};

use crate::agent::Agent;
use crate::handle::Requests;

/// What came of a login.
enum Outcome {
    /// The socket is ready.
    Done,
    /// Core has made a server for this agent: it may dial again.
    Onboarded,
}

/// Stays connected to a Core, until `stop` fires.
pub async fn stay(agent: Arc<Agent>, core: String, stop: CancellationToken) {
    let requests = Arc::new(Requests(agent.clone()));
    let (_link, mut driver) = Link::new(Some(requests), agent.timings.clone());
    let mut backoff = Backoff::new(&agent.timings);
    loop {
        let error = tokio::select! {
            error = once(&agent, &core, &mut driver, &mut backoff) => error,
            () = stop.cancelled() => return,
        };
        let pause = match error {
            Some(error) => {
                tracing::warn!(core, %error, "not connected to Core");
                backoff.pause()
            }
            None => std::time::Duration::ZERO,
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// One connection; `None` when the agent shall dial again at once.
async fn once(
    agent: &Agent,
    core: &str,
    driver: &mut Driver,
    backoff: &mut Backoff,
) -> Option<Error> {
    let dialed = match open(agent, core).await {
        Ok((dialed, Outcome::Done)) => dialed,
        Ok((_, Outcome::Onboarded)) => {
            tracing::info!(core, server = agent.config.connect_as, "Core knows this server now");
            return None;
        }
        Err(error) => return Some(error),
    };
    tracing::info!(core, "connected to Core");
    backoff.reset();
    Some(driver.drive(dialed.socket).await)
}

async fn open(agent: &Agent, core: &str) -> Result<(Dialed, Outcome)> {
    let url = url(core, &agent.config.connect_as)?;
    let tls = match agent.config.core_tls_insecure_skip_verify {
        true => Tls::Unchecked,
        false => Tls::Checked,
    };
    let mut dialed = dial(&url, tls, &agent.timings).await?;
    let outcome = login(agent, &mut dialed).await?;
    Ok((dialed, outcome))
}

fn url(core: &str, server: &str) -> Result<Url> {
    let mut url = address(core).context("core_addresses")?;
    let path = format!("{}/ws/periphery", url.path().trim_end_matches('/'));
    url.set_path(&path);
    let server: String = url::form_urlencoded::byte_serialize(server.as_bytes()).collect();
    url.set_query(Some(&format!("server={}", server.replace('+', "%20"))));
    Ok(url)
}

async fn login(agent: &Agent, dialed: &mut Dialed) -> Result<Outcome> {
    let identifiers = dialed.identifiers.clone();
    let mut talk = Talk::new(&mut dialed.socket, &agent.timings);
    let Login::OnboardingFlow(onboarding) = talk.receive().await? else { return Err(unexpected()) };
    if !onboarding {
        talk.join(&identifiers, &agent.key(), |key| agent.trust.check(key)).await?;
        return Ok(Outcome::Done);
    }
    let Some(key) = agent.config.onboarding_key.as_ref().filter(|key| !key.is_empty()) else {
        let error = Error::unauthorized(format!(
            "Core does not know server {:?} with this agent's key {}; create the server there, \
             or give the agent an onboarding key (PERIPHERY_ONBOARDING_KEY)",
            agent.config.connect_as,
            agent.key().public()
        ));
        talk.refuse(&error).await;
        return Err(error);
    };
    let key = PrivateKey::parse(key.expose()).context("the onboarding key")?;
    talk.join(&identifiers, &key, |core| agent.trust.check(core)).await?;
    talk.send(Login::PublicKey(agent.key().public().to_string())).await?;
    match talk.receive().await? {
        Login::Success => Ok(Outcome::Onboarded),
        _ => Err(unexpected()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_named_in_the_query() {
        for (core, wanted) in [
            ("https://core.example.com", "wss://core.example.com/ws/periphery?server=my%20host"),
            ("http://10.0.0.1:9120/", "ws://10.0.0.1:9120/ws/periphery?server=my%20host"),
            ("https://example.com/core", "wss://example.com/core/ws/periphery?server=my%20host"),
        ] {
            assert_eq!(url(core, "my host").unwrap().as_str(), wanted);
        }
    }
}
