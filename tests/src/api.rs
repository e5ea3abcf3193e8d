//! The public API, as any client sees it.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::until_found;

/// An answer that is no 200.
#[derive(Debug)]
pub struct Refused {
    /// The status.
    pub status: StatusCode,
    /// The error and what caused it.
    pub text: String,
}

/// A person at the API.
#[derive(Clone)]
pub struct Api {
    http: reqwest::Client,
    /// `http://HOST:PORT`.
    pub address: String,
    jwt: Option<String>,
    key: Option<(String, String)>,
}

impl Api {
    /// Nobody yet.
    pub fn new(address: &str) -> Self {
        // Whoever came first may have installed it: it is the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .timeout(crate::DEADLINE)
            .build()
            .expect("an HTTP client can be made");
        Self { http, address: address.to_owned(), jwt: None, key: None }
    }

    /// Logs in.
    pub async fn log_in(&self, username: &str, password: &str) -> Self {
        let params = json!({ "username": username, "password": password });
        let answer = self.call("auth/login", "LoginLocalUser", params).await.expect("a login");
        let jwt = answer["data"]["jwt"].as_str().expect("a token").to_owned();
        Self { jwt: Some(jwt), ..self.clone() }
    }

    /// The same person with an API key of this name, made now.
    pub async fn with_key(&self, name: &str) -> Self {
        let answer =
            self.call("auth/manage", "CreateApiKey", json!({ "name": name, "expires": 0 })).await;
        let answer = answer.expect("an API key");
        let part = |part: &str| answer[part].as_str().expect("a part of the key").to_owned();
        Self { jwt: None, key: Some((part("key"), part("secret"))), ..self.clone() }
    }

    /// Whether a Core answers already: one that just starts may break off.
    pub async fn answers(&self) -> bool {
        let request = self.http.post(format!("{}/auth/login/GetLoginOptions", self.address));
        let answer = request.json(&json!({})).send().await;
        answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
    }

    /// The token of the session.
    pub fn jwt(&self) -> &str {
        self.jwt.as_deref().expect("somebody who is logged in")
    }

    /// A request in the form `/{group}/{name}`.
    pub async fn call(&self, group: &str, name: &str, params: Value) -> Result<Value, Refused> {
        let mut request = self.http.post(format!("{}/{group}/{name}", self.address)).json(&params);
        if let Some(jwt) = &self.jwt {
            request = request.header("authorization", jwt);
        }
        if let Some((key, secret)) = &self.key {
            request = request.header("x-api-key", key).header("x-api-secret", secret);
        }
        let response = request.send().await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let status = response.status();
        let text = response.text().await.unwrap_or_else(|error| panic!("{name}: {error}"));
        match status {
            StatusCode::OK => Ok(serde_json::from_str(&text)
                .unwrap_or_else(|error| panic!("{name} answered {text:?}: {error}"))),
            status => Err(Refused { status, text }),
        }
    }

    /// A read that must be answered.
    pub async fn read(&self, name: &str, params: Value) -> Value {
        self.must("read", name, params).await
    }

    /// A write that must be done.
    pub async fn write(&self, name: &str, params: Value) -> Value {
        self.must("write", name, params).await
    }

    /// Starts an execution and waits for its end.
    pub async fn execute(&self, name: &str, params: Value) -> Value {
        let update = self.must("execute", name, params).await;
        let id = update["_id"]["$oid"].as_str().unwrap_or_else(|| panic!("{update}"));
        self.finished(id).await
    }

    /// The update once it is complete.
    pub async fn finished(&self, id: &str) -> Value {
        until_found("a run is complete", || async {
            let update = self.read("GetUpdate", json!({ "id": id })).await;
            if update["status"] == "Complete" { Ok(update) } else { Err(update) }
        })
        .await
    }

    /// Reads for some time, as often as a person's open page would. The time in
    /// milliseconds that 99 of 100 answers take at most, and how many there were.
    pub async fn time_reads(&self, name: &str, params: Value, time: Duration) -> (f64, usize) {
        let (begun, mut times) = (Instant::now(), Vec::new());
        while begun.elapsed() < time {
            let asked = Instant::now();
            let url = format!("{}/read/{name}", self.address);
            let request = self.http.post(url).header("authorization", self.jwt()).json(&params);
            let answer = request.send().await.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(answer.status(), StatusCode::OK, "{name}");
            // What the client makes of it is not the matter here.
            answer.bytes().await.unwrap_or_else(|error| panic!("{name}: {error}"));
            times.push(asked.elapsed());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        times.sort_unstable();
        (times[times.len() * 99 / 100].as_secs_f64() * 1000.0, times.len())
    }

    async fn must(&self, group: &str, name: &str, params: Value) -> Value {
        match self.call(group, name, params.clone()).await {
            Ok(answer) => answer,
            Err(refused) => panic!("{name} {params}: {refused:?}"),
        }
    }
}

/// Everything that an update's logs say.
pub fn text_of(update: &Value) -> String {
    let logs = update["logs"].as_array().cloned().unwrap_or_default();
    let part = |log: &Value, name: &str| log[name].as_str().unwrap_or_default().to_owned();
    logs.iter()
        .map(|log| {
            let (stage, out, err) = (part(log, "stage"), part(log, "stdout"), part(log, "stderr"));
            format!("[{stage}]\n{out}\n{err}\n")
        })
        .collect()
}
