//! `km list`: resources of one kind or of all, as a table or as Core's JSON.

use serde_json::{Value, json};
use varanus_client::Client;
use varanus_client::config::TableBorders;
use varanus_proto::request::Group;
use varanus_proto::{Context as _, Error, Kind as ErrorKind, Result};

use crate::args::{Filters, Format, KindArgs, ListArgs, ListKind, Templates};
use crate::show;

/// Rows on a page.
pub const PAGE: usize = 50;

/// How a kind is asked for and shown.
struct Kind {
    /// The name in lists of several kinds.
    name: &'static str,
    /// The request.
    request: &'static str,
    /// The part of its page's address, where resources have pages.
    page: &'static str,
    /// Whether it is asked with a query, as resources are.
    resource: bool,
    /// Titles, and where the values are in an entry (RFC 6901).
    columns: &'static [(&'static str, &'static str)],
}

macro_rules! kinds {
    ($($id:ident = $name:literal, $request:literal, $page:literal, $resource:literal, [$($title:literal $at:literal),*];)*) => {
        $(const $id: Kind = Kind {
            name: $name, request: $request, page: $page, resource: $resource,
            columns: &[$(($title, $at)),*],
        };)*
    };
}

kinds! {
    SERVER = "server", "ListServers", "servers", true, ["STATE" "/info/state", "ADDRESS" "/info/address", "REGION" "/info/region", "VERSION" "/info/version"];
    SWARM = "swarm", "ListSwarms", "swarms", true, ["STATE" "/info/state"];
    STACK = "stack", "ListStacks", "stacks", true, ["STATE" "/info/state", "SERVER" "/info/server_name", "REPO" "/info/repo", "DEPLOYED" "/info/deployed_hash", "LATEST" "/info/latest_hash"];
    DEPLOYMENT = "deployment", "ListDeployments", "deployments", true, ["STATE" "/info/state", "SERVER" "/info/server_name", "IMAGE" "/info/image"];
    BUILD = "build", "ListBuilds", "builds", true, ["STATE" "/info/state", "VERSION" "/info/version", "REPO" "/info/repo", "LAST BUILD" "/info/last_built_at"];
    REPO = "repo", "ListRepos", "repos", true, ["STATE" "/info/state", "SERVER" "/info/server_name", "REPO" "/info/repo", "BRANCH" "/info/branch", "COMMIT" "/info/cloned_hash"];
    PROCEDURE = "procedure", "ListProcedures", "procedures", true, ["STATE" "/info/state", "LAST RUN" "/info/last_run_at", "NEXT RUN" "/info/next_scheduled_run"];
    ACTION = "action", "ListActions", "actions", true, ["STATE" "/info/state", "LAST RUN" "/info/last_run_at", "NEXT RUN" "/info/next_scheduled_run"];
    SYNC = "sync", "ListResourceSyncs", "resource-syncs", true, ["STATE" "/info/state", "REPO" "/info/repo", "LAST SYNC" "/info/last_sync_ts"];
    BUILDER = "builder", "ListBuilders", "builders", true, ["TYPE" "/info/builder_type", "INSTANCE" "/info/instance_type"];
    ALERTER = "alerter", "ListAlerters", "alerters", true, ["TYPE" "/info/endpoint_type", "ENABLED" "/info/enabled"];
    TERMINAL = "terminal", "ListTerminals", "", false, ["TARGET" "/target_name", "COMMAND" "/command", "CREATED" "/created_at"];
    SCHEDULE = "schedule", "ListSchedules", "", false, ["KIND" "/target/type", "SCHEDULE" "/schedule", "ENABLED" "/enabled", "NEXT RUN" "/next_scheduled_run", "ERROR" "/schedule_error"];
}

/// The kinds of `km list` without a kind.
const RESOURCES: &[&Kind] = &[
    &SERVER,
    &SWARM,
    &STACK,
    &DEPLOYMENT,
    &BUILD,
    &REPO,
    &PROCEDURE,
    &ACTION,
    &SYNC,
    &BUILDER,
    &ALERTER,
];

/// States that mean "it does not do what it should".
const DOWN: &[&str] = &[
    "notok",
    "disabled",
    "down",
    "dead",
    "exited",
    "stopped",
    "unhealthy",
    "not_deployed",
    "failed",
];
/// States that mean "wait, it is being worked on".
const IN_PROGRESS: &[&str] = &[
    "deploying",
    "building",
    "syncing",
    "cloning",
    "pulling",
    "restarting",
    "stopping",
    "removing",
    "created",
];

/// `km list`.
pub async fn list(client: &Client, borders: Option<TableBorders>, args: ListArgs) -> Result<()> {
    let ListArgs { filters, in_progress, page, kind } = args;
    match kind {
        Some(kind) => {
            let (kind, mut args) = split(kind);
            args.filters = both(filters, args.filters);
            args.in_progress |= in_progress;
            one(client, borders, kind, args, page).await
        }
        None => all(client, borders, &filters, in_progress, page).await,
    }
}

/// `km get stacks` and the like.
pub async fn get(client: &Client, borders: Option<TableBorders>, kind: ListKind) -> Result<()> {
    let (kind, args) = split(kind);
    one(client, borders, kind, args, None).await
}

fn split(kind: ListKind) -> (&'static Kind, KindArgs) {
    match kind {
        ListKind::Servers(args) => (&SERVER, args),
        ListKind::Swarms(args) => (&SWARM, args),
        ListKind::Stacks(args) => (&STACK, args),
        ListKind::Deployments(args) => (&DEPLOYMENT, args),
        ListKind::Builds(args) => (&BUILD, args),
        ListKind::Repos(args) => (&REPO, args),
        ListKind::Procedures(args) => (&PROCEDURE, args),
        ListKind::Actions(args) => (&ACTION, args),
        ListKind::Syncs(args) => (&SYNC, args),
        ListKind::Terminals(args) => (&TERMINAL, args),
        ListKind::Schedules(args) => (&SCHEDULE, args),
        ListKind::Builders(args) => (&BUILDER, args),
        ListKind::Alerters(args) => (&ALERTER, args),
    }
}

/// Options count before and after the kind.
fn both(before: Filters, after: Filters) -> Filters {
    let join = |mut a: Vec<String>, b: Vec<String>| {
        a.extend(b);
        a
    };
    Filters {
        all: before.all || after.all,
        reverse: before.reverse || after.reverse,
        down: before.down || after.down,
        links: before.links || after.links,
        templates: match after.templates {
            Templates::Exclude => before.templates,
            chosen => chosen,
        },
        name: join(before.name, after.name),
        tag: join(before.tag, after.tag),
        server: join(before.server, after.server),
        swarm: join(before.swarm, after.swarm),
        builder: join(before.builder, after.builder),
        state: join(before.state, after.state),
        format: if after.format == Format::Json { Format::Json } else { before.format },
    }
}

async fn one(
    client: &Client,
    borders: Option<TableBorders>,
    kind: &Kind,
    mut args: KindArgs,
    page: Option<usize>,
) -> Result<()> {
    args.filters.name.append(&mut args.names);
    let filters = args.filters;
    let items = fetch(client, kind, &filters, args.in_progress).await?;
    let items = paged(items, filters.reverse, page);
    if filters.format == Format::Json {
        return show::print_json(&items);
    }
    let mut header = vec!["NAME"];
    header.extend(kind.columns.iter().map(|(title, _)| *title));
    if filters.links && !kind.page.is_empty() {
        header.push("LINK");
    }
    let row = |item: &Value| {
        let mut row = vec![cell(item, "/name")];
        row.extend(kind.columns.iter().map(|(_, at)| cell(item, at)));
        if filters.links && !kind.page.is_empty() {
            row.push(link(client, kind, item));
        }
        row
    };
    show::print(&show::table(borders, &header, items.iter().map(row).collect()));
    Ok(())
}

async fn all(
    client: &Client,
    borders: Option<TableBorders>,
    filters: &Filters,
    in_progress: bool,
    page: Option<usize>,
) -> Result<()> {
    let mut found = Vec::new();
    for kind in RESOURCES {
        match fetch(client, kind, filters, in_progress).await {
            Ok(items) => found.extend(items.into_iter().map(|item| (*kind, item))),
            // A Core that has no such kind still lists the others.
            Err(error) if no_such_request(error.kind()) => {
                show::notice(&format!("km: left out: {error}"));
            }
            Err(error) => return Err(error),
        }
    }
    let found = paged(found, filters.reverse, page);
    if filters.format == Format::Json {
        return show::print_json(&found.into_iter().map(|(_, item)| item).collect::<Vec<_>>());
    }
    let mut header = vec!["KIND", "NAME", "STATE", "SERVER"];
    if filters.links {
        header.push("LINK");
    }
    let row = |(kind, item): &(&Kind, Value)| {
        let state = cell(item, "/info/state");
        let server = cell(item, "/info/server_name");
        let mut row = vec![kind.name.to_owned(), cell(item, "/name"), state, server];
        if filters.links {
            row.push(link(client, kind, item));
        }
        row
    };
    show::print(&show::table(borders, &header, found.iter().map(row).collect()));
    Ok(())
}

/// How a Core refuses what it does not know; Komodo's says so with 422 or 500.
fn no_such_request(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::Invalid | ErrorKind::Failed)
}

/// What of a kind passes the filters.
async fn fetch(
    client: &Client,
    kind: &Kind,
    filters: &Filters,
    in_progress: bool,
) -> Result<Vec<Value>> {
    let templates = match filters.templates {
        Templates::Exclude if filters.all => "Include",
        Templates::Exclude => "Exclude",
        Templates::Include => "Include",
        Templates::Only => "Only",
    };
    // A limit of 0 means all.
    let params = if kind.resource {
        json!({ "query": { "tags": filters.tag, "templates": templates }, "limit": 0 })
    } else if kind.name == TERMINAL.name {
        json!({ "use_names": true, "limit": 0 })
    } else {
        json!({ "tags": filters.tag, "limit": 0 })
    };
    let answer = client.call(Group::Read, kind.request, &params).await;
    let answer = answer.with_context(|| format!("{}s cannot be listed", kind.name))?;
    let Value::Array(items) = answer else {
        return Err(Error::internal(format!("{} was not answered with a list", kind.request)));
    };
    Ok(items.into_iter().filter(|item| passes(item, filters, in_progress)).collect())
}

fn passes(item: &Value, filters: &Filters, in_progress: bool) -> bool {
    let state = cell(item, "/info/state").to_lowercase();
    let place = |patterns: &[String], name: &str, id: &str| {
        patterns.is_empty()
            || show::matches(patterns, &cell(item, name))
            || patterns.contains(&cell(item, id))
    };
    let name = cell(item, "/name");
    // A server is on itself.
    let server = match item["type"].as_str() {
        Some("Server") => show::matches(&filters.server, &name),
        _ => place(&filters.server, "/info/server_name", "/info/server_id"),
    };
    show::matches(&filters.name, &name)
        && server
        && place(&filters.swarm, "/info/swarm_name", "/info/swarm_id")
        && place(&filters.builder, "/info/builder_name", "/info/builder_id")
        && (!filters.down || DOWN.contains(&state.as_str()))
        && (!in_progress || IN_PROGRESS.contains(&state.as_str()) || is_run(item, &state))
        && (filters.state.is_empty() || filters.state.iter().any(|s| s.to_lowercase() == state))
}

/// `running` is work for procedures and actions, and rest for all others.
fn is_run(item: &Value, state: &str) -> bool {
    state == "running" && matches!(item["type"].as_str(), Some("Procedure" | "Action"))
}

/// The items of a page, or all.
pub fn paged<T>(mut items: Vec<T>, reverse: bool, page: Option<usize>) -> Vec<T> {
    if reverse {
        items.reverse();
    }
    match page {
        Some(page) => items.into_iter().skip(page.saturating_sub(1) * PAGE).take(PAGE).collect(),
        None => items,
    }
}

/// A value as a cell: times readable, nothing for nothing.
pub fn cell(item: &Value, at: &str) -> String {
    match item.pointer(at) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(ms))
            if at.ends_with("_at") || at.ends_with("_ts") || at.ends_with("_run") =>
        {
            show::time(ms.as_i64().unwrap_or_default())
        }
        Some(Value::Object(version)) if version.contains_key("major") => {
            let part = |name| version.get(name).and_then(Value::as_i64).unwrap_or_default();
            format!("{}.{}.{}", part("major"), part("minor"), part("patch"))
        }
        Some(other) => other.to_string(),
    }
}

fn link(client: &Client, kind: &Kind, item: &Value) -> String {
    format!("{}/{}/{}", client.host(), kind.page, cell(item, "/id"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(name: &str, state: &str, server: &str) -> Value {
        let info = json!({ "state": state, "server_name": server, "server_id": "s1" });
        json!({ "type": "Stack", "id": "1", "name": name, "info": info })
    }

    #[test]
    fn filters_look_at_names_states_and_servers() {
        let item = stack("web", "running", "big");
        let with = |change: fn(&mut Filters)| {
            let mut filters = Filters::default();
            change(&mut filters);
            filters
        };
        assert!(passes(&item, &with(|f| f.name = vec!["w*".into()]), false));
        assert!(!passes(&item, &with(|f| f.name = vec!["db".into()]), false));
        assert!(passes(&item, &with(|f| f.server = vec!["b?g".into()]), false));
        assert!(passes(&item, &with(|f| f.server = vec!["s1".into()]), false));
        assert!(!passes(&item, &with(|f| f.down = true), false));
        assert!(passes(&stack("web", "down", ""), &with(|f| f.down = true), false));
        assert!(passes(&item, &with(|f| f.state = vec!["Running".into()]), false));
        assert!(!passes(&item, &Filters::default(), true));
        assert!(passes(&stack("web", "deploying", ""), &Filters::default(), true));
    }

    #[test]
    fn options_count_before_and_after_the_kind() {
        let before = Filters { all: true, name: vec!["a".into()], ..Filters::default() };
        let after = Filters { format: Format::Json, name: vec!["b".into()], ..Filters::default() };
        let filters = both(before, after);
        assert!(filters.all && filters.format == Format::Json);
        assert_eq!(filters.name, ["a", "b"]);
    }

    #[test]
    fn a_page_is_fifty_rows() {
        let items: Vec<_> = (1..=60).collect();
        assert_eq!(paged(items.clone(), false, Some(2)).len(), 10);
        assert_eq!(paged(items, true, None)[0], 60);
    }

    #[test]
    fn cells_are_readable() {
        let item = json!({ "info": { "version": { "major": 1, "minor": 2, "patch": 3 }, "last_run_at": 1_700_000_000_000_i64 } });
        assert_eq!(cell(&item, "/info/version"), "1.2.3");
        assert_eq!(cell(&item, "/info/last_run_at"), "2023-11-14 22:13:20");
        assert_eq!(cell(&item, "/info/none"), "");
    }
}
