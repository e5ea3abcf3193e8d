//! Webhooks as Forgejo sends them.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

/// A push to be told.
#[derive(Clone)]
pub struct Push {
    /// The branch.
    pub branch: String,
    /// The secret it is signed with.
    pub secret: String,
    /// The id of the delivery.
    pub delivery: String,
    /// The commit that the branch is at now.
    pub commit: String,
}

/// How a delivery was answered.
#[derive(Debug)]
pub struct Delivery {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Value,
}

impl Push {
    /// To a branch, signed with a secret.
    pub fn new(branch: &str, secret: &str, delivery: &str) -> Self {
        Self {
            branch: branch.into(),
            secret: secret.into(),
            delivery: delivery.into(),
            commit: "1".repeat(40),
        }
    }

    /// Sends it.
    pub async fn send(&self, url: &str) -> Delivery {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let answer = self.attempt(&reqwest::Client::new(), url).await;
        answer.unwrap_or_else(|| panic!("{url} does not answer"))
    }

    /// Sends it, as often as it takes until it is accepted: the same delivery
    /// again after each failure.
    pub async fn send_until_accepted(&self, url: &str) -> Delivery {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::new();
        crate::until("the webhook is accepted", || async {
            let answer = self.attempt(&http, url).await?;
            (200..300).contains(&answer.status).then_some(answer)
        })
        .await
    }

    /// Sends it to somebody who may not be there: `None` without an answer.
    pub async fn attempt(&self, http: &reqwest::Client, url: &str) -> Option<Delivery> {
        let body = json!({
            "ref": format!("refs/heads/{}", self.branch),
            "before": "0000000000000000000000000000000000000000",
            "after": self.commit,
            "repository": { "full_name": crate::GitHost::REPO },
            "pusher": { "login": "ada" },
        })
        .to_string();
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).expect("any length will do");
        mac.update(body.as_bytes());
        let signature = hex::encode(mac.finalize().into_bytes());
        let response = http
            .post(url)
            .timeout(crate::DEADLINE)
            .header("content-type", "application/json")
            .header("x-forgejo-event", "push")
            .header("x-forgejo-delivery", &self.delivery)
            .header("x-gitea-event", "push")
            .header("x-gitea-delivery", &self.delivery)
            .header("x-hub-signature-256", format!("sha256={signature}"))
            .body(body)
            .send()
            .await
            .ok()?;
        let status = response.status().as_u16();
        let text = response.text().await.ok()?;
        Some(Delivery { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) })
    }
}
