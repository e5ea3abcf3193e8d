//! Against a small server that answers as a Core does.

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use tokio::net::TcpListener;
use varanus_proto::api::read::core::GetVersion;
use varanus_proto::api::write::variable::DeleteVariable;

use super::*;

/// A server with one route; its address.
async fn serve(path: &str, route: axum::routing::MethodRouter) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().route(path, route);
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

fn key() -> Credentials {
    Credentials::ApiKey { key: "K_1_K".into(), secret: "S_1_S".into() }
}

#[tokio::test]
async fn a_request_is_tagged_and_carries_the_key() {
    let answer = post(|headers: HeaderMap, body: String| async move {
        assert_eq!(headers["x-api-key"], "K_1_K");
        assert_eq!(headers["x-api-secret"], "S_1_S");
        assert_eq!(body, r#"{"type":"GetVersion","params":{}}"#);
        r#"{"version":"2.3.2","extra":1}"#
    });
    let host = serve("/read", answer).await;
    let client = Client::new(&format!("{host}/"), key()).unwrap();
    assert_eq!(client.request(GetVersion {}).await.unwrap().version, "2.3.2");
}

#[tokio::test]
async fn an_error_of_core_keeps_its_words_and_gets_its_kind() {
    let answer = post(|| async {
        (StatusCode::NOT_FOUND, r#"{"error":"there is no variable A","trace":["look"]}"#)
    });
    let client = Client::new(&serve("/write", answer).await, key()).unwrap();
    let error = client.request(DeleteVariable { name: "A".into() }).await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    assert_eq!(error.to_string(), "there is no variable A: look");
}

#[tokio::test]
async fn an_answer_that_is_no_core_is_told() {
    let answer = post(|| async { (StatusCode::BAD_GATEWAY, "<h1>Bad gateway</h1>") });
    let client = Client::new(&serve("/read", answer).await, key()).unwrap();
    let error = client.request(GetVersion {}).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unreachable);
    assert!(error.to_string().contains("status 502: <h1>Bad gateway"), "{error}");

    let answer = post(|| async { "hello" });
    let client = Client::new(&serve("/read", answer).await, key()).unwrap();
    let error = client.request(GetVersion {}).await.unwrap_err();
    assert!(error.to_string().contains("is it a Core?"), "{error}");
}

#[tokio::test]
async fn a_wait_ends_at_its_deadline() {
    let answer = post(|| async {
        std::future::pending::<()>().await;
    });
    let client = Client::new(&serve("/read", answer).await, key())
        .unwrap()
        .with_deadline(Duration::from_millis(50));
    let error = client.request(GetVersion {}).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Deadline, "{error}");
}

#[tokio::test]
async fn nobody_listening_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = Client::new(&host, key()).unwrap().request(GetVersion {}).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unreachable);
    assert!(error.to_string().contains("refused"), "{error}");
}

#[test]
fn an_address_needs_its_scheme() {
    let error = Client::new("core:9120", key()).unwrap_err();
    assert!(error.to_string().contains("http://"), "{error}");
    let broken = Credentials::Jwt("a\nb".into());
    assert!(Client::new("http://core", broken).unwrap_err().to_string().contains("copy it again"));
}
