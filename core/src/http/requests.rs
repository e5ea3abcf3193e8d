//! The requests of the API over HTTP, in both forms.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest as _, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;
use tokio::time::timeout;
use varanus_proto::entity::user::User;
use varanus_proto::request::Group;
use varanus_proto::{Error, Result, Secret};

use super::{Address, Call, Failure, Routes, Server};
use crate::auth::{self, Caller, Presented, ServiceUser};
use crate::core::fault;

/// The longest time a request may take. What takes longer is a run, which
/// answers at once.
const DEADLINE: Duration = Duration::from_secs(120);

/// How long a sender may take for its body.
const BODY: Duration = Duration::from_secs(60);

/// `POST /{group}` and `POST /{group}/{Variant}` of every group.
pub fn routes() -> Routes {
    let mut routes = Routes::new();
    for group in Group::ALL.iter().copied() {
        routes = routes
            .route(
                &format!("/{group}"),
                post(async move |State(server), address, request| {
                    answer(server, address, request, group, None).await
                }),
            )
            .route(
                &format!("/{group}/{{variant}}"),
                post(async move |State(server), address, Path(name), request| {
                    answer(server, address, request, group, Some(name)).await
                }),
            );
    }
    routes
}

type Body = Result<Bytes, BytesRejection>;

async fn answer(
    server: Server,
    address: Address,
    request: Request,
    group: Group,
    variant: Option<String>,
) -> Response {
    let headers = request.headers().clone();
    let Ok(body) = timeout(BODY, Bytes::from_request(request, &())).await else {
        let text = format!("the body did not come within {} s", BODY.as_secs());
        let body = Failure(Error::invalid(text)).json();
        return (StatusCode::REQUEST_TIMEOUT, body).into_response();
    };
    let (name, params) = match read_body(&headers, body, variant) {
        Ok(request) => request,
        Err(response) => return *response,
    };
    let call = {
        let name = name.clone();
        async move {
            let caller = match group {
                Group::Login => Caller::from(ServiceUser::System),
                _ => authenticate(&server, &headers, address).await?.require_enabled()?,
            };
            let call = Call { core: server.core.clone(), caller, address: address.0 };
            server.api.call(call, group, &name, params).await
        }
    };
    let answered = match group {
        Group::Read => timeout(DEADLINE, call).await,
        // A change is not left half done when the sender hangs up.
        _ => timeout(DEADLINE, tokio::spawn(call))
            .await
            .map(|done| done.unwrap_or_else(|panic| Err(fault(panic)))),
    };
    match answered {
        Ok(Ok(json)) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Ok(Err(error)) => Failure(error).into_response(),
        Err(_) => Failure(Error::deadline(format!(
            "{name} did not answer within {} s",
            DEADLINE.as_secs()
        )))
        .into_response(),
    }
}

/// The caller's own user; also answers users who are disabled.
pub async fn user(
    State(server): State<Server>,
    address: Address,
    headers: HeaderMap,
) -> Result<Json<User>, Failure> {
    let caller = authenticate(&server, &headers, address).await?;
    Ok(Json(auth::sanitize((*caller.user).clone())))
}

async fn authenticate(server: &Server, headers: &HeaderMap, address: Address) -> Result<Caller> {
    auth::authenticate(&server.core, presented(headers)?, address.0).await
}

/// What the headers present: a session first, then an API key.
fn presented(headers: &HeaderMap) -> Result<Presented> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(token) = text("authorization") {
        let token = token.strip_prefix("Bearer ").unwrap_or(token);
        return Ok(Presented::Jwt(Secret::from(token)));
    }
    match (text("x-api-key"), text("x-api-secret")) {
        (Some(key), Some(secret)) => Ok(Presented::ApiKey(key.to_owned(), Secret::from(secret))),
        (Some(_), None) => {
            Err(Error::unauthorized("X-Api-Key was sent without X-Api-Secret; send both"))
        }
        (None, _) => Ok(Presented::Nothing),
    }
}

/// The request's name and fields, from either form.
fn read_body(
    headers: &HeaderMap,
    body: Body,
    variant: Option<String>,
) -> Result<(String, Value), Box<Response>> {
    let fail = |status: StatusCode, text: String| {
        Box::new((status, Failure(Error::invalid(text)).json()).into_response())
    };
    let body = body.map_err(|rejection| fail(rejection.status(), rejection.body_text()))?;
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !content_type.is_some_and(|value| value.starts_with("application/json")) {
        let text = "the request needs the header Content-Type: application/json";
        return Err(fail(StatusCode::UNSUPPORTED_MEDIA_TYPE, text.into()));
    }
    let mut value: Value = serde_json::from_slice(&body)
        .map_err(|error| fail(StatusCode::BAD_REQUEST, format!("the body is not JSON: {error}")))?;
    if let Some(name) = variant {
        return Ok((name, value));
    }
    let shape = || {
        let text = "the body must be {\"type\": NAME, \"params\": {…}}";
        fail(StatusCode::UNPROCESSABLE_ENTITY, text.into())
    };
    let name = value.get("type").and_then(Value::as_str).ok_or_else(shape)?.to_owned();
    let params = value.get_mut("params").map(Value::take).ok_or_else(shape)?;
    Ok((name, params))
}
