//! The client library: what scripts and pages import from Core.

use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use varanus_proto::Error;

use super::{Failure, Routes};

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const TYPESCRIPT: &str = "application/typescript; charset=utf-8";

/// The files by their names (Komodo 2.3 API). Those of types are made from
/// `docs/openapi.json` when Core is built.
const FILES: &[(&str, &str)] = &[
    ("lib.js", LIB),
    ("lib.d.ts", include_str!("../../client/lib.d.ts")),
    ("types.js", TYPES),
    ("types.d.ts", include_str!(concat!(env!("OUT_DIR"), "/types.d.ts"))),
    ("responses.js", include_str!(concat!(env!("OUT_DIR"), "/responses.js"))),
    ("responses.d.ts", include_str!(concat!(env!("OUT_DIR"), "/responses.d.ts"))),
];

/// The library itself.
pub const LIB: &str = include_str!("../../client/lib.js");

/// The values of enumerations that it uses.
pub const TYPES: &str = include_str!(concat!(env!("OUT_DIR"), "/types.js"));

/// `GET /client/{file}`.
pub(super) fn routes() -> Routes {
    Routes::new().route("/client/{file}", get(file))
}

async fn file(Path(name): Path<String>) -> Response {
    let Some((name, text)) = FILES.iter().find(|(file, _)| *file == name) else {
        let names: Vec<_> = FILES.iter().map(|(name, _)| *name).collect();
        let text = format!("there is no /client/{name}; there are {}", names.join(", "));
        return Failure(Error::not_found(text)).into_response();
    };
    let kind = if name.ends_with(".ts") { TYPESCRIPT } else { JAVASCRIPT };
    let mut response = ([(header::CONTENT_TYPE, kind)], *text).into_response();
    let headers = response.headers_mut();
    // Another version of Core has another one.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Some(name) = name.strip_suffix(".js")
        && let Ok(types) = HeaderValue::from_str(&format!("/client/{name}.d.ts"))
    {
        headers.insert(HeaderName::from_static("x-typescript-types"), types);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn scripts_find_their_types_and_other_names_are_not_found() {
        let served = file(Path("lib.js".into())).await;
        assert_eq!(served.headers()["x-typescript-types"], "/client/lib.d.ts");
        assert_eq!(served.headers()["content-type"], JAVASCRIPT);
        assert_eq!(file(Path("lib.d.ts".into())).await.headers().get("x-typescript-types"), None);
        for other in ["secret.js", "../lib.js", ""] {
            assert_eq!(file(Path(other.into())).await.status(), 404, "{other}");
        }
    }

    #[test]
    fn types_are_those_of_the_api() {
        let (_, types) = FILES.iter().find(|(name, _)| *name == "types.d.ts").unwrap();
        for expected in [
            "export type Stack = {",
            "  config: StackConfig;",
            "export type StackListItem = {",
            "export type UpdateStatus = \"Queued\" | \"InProgress\" | \"Complete\";",
            "  ListStacks: ListStacks;",
        ] {
            assert!(types.contains(expected), "{expected}");
        }
        let (_, responses) = FILES.iter().find(|(name, _)| *name == "responses.d.ts").unwrap();
        for expected in [
            "  GetStack: Types.Stack;",
            "  ListStacks: Types.StackListItem[];",
            "  DeployStack: Types.Update;",
        ] {
            assert!(responses.contains(expected), "{expected}");
        }
        assert!(TYPES.contains("export const UpdateStatus = Object.freeze({"));
    }
}
