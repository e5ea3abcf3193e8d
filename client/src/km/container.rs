//! `km container` and `km inspect`: the containers of all servers.

use serde_json::{Value, json};
use varanus_client::Client;
use varanus_client::config::TableBorders;
use varanus_proto::api::read::docker::{InspectContainer, ListAllContainers};
use varanus_proto::docker::container::{ContainerListItem, ContainerStateStatusEnum};
use varanus_proto::{Error, Result};

use crate::args::{ContainerArgs, Format, InspectArgs};
use crate::list::paged;
use crate::show;

/// `km container`.
pub async fn list(
    client: &Client,
    borders: Option<TableBorders>,
    args: ContainerArgs,
) -> Result<()> {
    let all = fetch(client).await?;
    let chosen: Vec<_> = all.into_iter().filter(|item| passes(item, &args)).collect();
    let found = chosen.len();
    let shown: Vec<_> = chosen.into_iter().filter(|item| in_state(item, &args)).collect();
    let hidden = found - shown.len();
    let shown = paged(shown, args.reverse, args.page);
    if args.format == Format::Json {
        return show::print_json(&shown);
    }
    let mut header = vec!["NAME", "SERVER", "STATE", "STATUS", "IMAGE", "NETWORKS"];
    if args.links {
        header.push("LINK");
    }
    let row = |item: &ContainerListItem| {
        let mut row = vec![
            item.name.clone(),
            text(&item.server_name),
            item.state.to_string(),
            text(&item.status),
            text(&item.image),
            item.networks.join(","),
        ];
        if args.links {
            row.push(format!("{}/servers/{}", client.host(), text(&item.server_id)));
        }
        row
    };
    show::print(&show::table(borders, &header, shown.iter().map(row).collect()));
    if hidden > 0 && !args.down {
        show::notice(&format!("{hidden} more do not run: --all shows them"));
    }
    Ok(())
}

async fn fetch(client: &Client) -> Result<Vec<ContainerListItem>> {
    // A limit of 0 means all.
    client.request(ListAllContainers { limit: Some(0), ..Default::default() }).await
}

fn text(value: &Option<String>) -> String {
    value.clone().unwrap_or_default()
}

fn passes(item: &ContainerListItem, args: &ContainerArgs) -> bool {
    on_server(item, &args.server)
        && show::matches(&args.container, &item.name)
        && show::matches(&args.image, &text(&item.image))
        && (args.network.is_empty()
            || item.networks.iter().any(|network| show::matches(&args.network, network)))
}

fn in_state(item: &ContainerListItem, args: &ContainerArgs) -> bool {
    let running = item.state == ContainerStateStatusEnum::Running;
    if args.down { !running } else { running || args.all }
}

fn on_server(item: &ContainerListItem, servers: &[String]) -> bool {
    show::matches(servers, &text(&item.server_name))
        || item.server_id.as_ref().is_some_and(|id| servers.contains(id))
}

/// `km inspect`: what Docker says of a container, or the parts that are asked.
pub async fn inspect(client: &Client, args: InspectArgs) -> Result<()> {
    let all = fetch(client).await?;
    let found: Vec<_> = all
        .iter()
        .filter(|item| item.name == args.container || item.id.as_ref() == Some(&args.container))
        .filter(|item| on_server(item, &args.server))
        .collect();
    let item = match found.as_slice() {
        [one] => *one,
        [] => {
            return Err(Error::not_found(format!(
                "no server has a container {:?}; `km container --all` lists them",
                args.container
            )));
        }
        many => {
            let servers: Vec<_> = many.iter().map(|item| text(&item.server_name)).collect();
            return Err(Error::invalid(format!(
                "several servers have a container {:?}: choose one with --server ({})",
                args.container,
                servers.join(", ")
            )));
        }
    };
    let request = InspectContainer { server: text(&item.server_id), container: item.name.clone() };
    let container = client.request(request).await?;
    let container = serde_json::to_value(container)
        .map_err(|error| Error::internal("the answer cannot be shown").cause(error))?;
    show::print_json(&parts(container, &args))
}

/// One part alone, several under their names, or all of it.
fn parts(mut container: Value, args: &InspectArgs) -> Value {
    let wanted: Vec<_> = [
        (args.state, "State"),
        (args.mounts, "Mounts"),
        (args.host_config, "HostConfig"),
        (args.config, "Config"),
        (args.network_settings, "NetworkSettings"),
    ]
    .into_iter()
    .filter_map(|(wanted, name)| wanted.then_some(name))
    .collect();
    match wanted.as_slice() {
        [] => container,
        [one] => container[*one].take(),
        many => {
            let mut out = json!({});
            for name in many {
                out[*name] = container[*name].take();
            }
            out
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Cli, Command};

    fn args(line: &str) -> ContainerArgs {
        match Cli::try_parse_from(line.split_whitespace()).unwrap().command {
            Command::Container(args) => args,
            other => panic!("{other:?}"),
        }
    }

    fn item(name: &str, state: ContainerStateStatusEnum) -> ContainerListItem {
        ContainerListItem {
            name: name.into(),
            state,
            server_name: Some("big".into()),
            image: Some("nginx:1".into()),
            networks: vec!["front".into()],
            ..Default::default()
        }
    }

    #[test]
    fn containers_are_filtered() {
        use ContainerStateStatusEnum::{Exited, Running};
        let web = item("web", Running);
        assert!(passes(&web, &args("km ps -s b* -c web -i nginx* -n front")));
        assert!(!passes(&web, &args("km ps -n back")));
        assert!(in_state(&web, &args("km ps")) && !in_state(&web, &args("km ps -d")));
        let dead = item("dead", Exited);
        assert!(!in_state(&dead, &args("km ps")) && in_state(&dead, &args("km ps -a")));
        assert!(in_state(&dead, &args("km containers --down")));
    }

    #[test]
    fn parts_of_a_container_are_chosen() {
        let inspect = |line: &str| match Cli::try_parse_from(line.split(' ')).unwrap().command {
            Command::Inspect(args) => args,
            other => panic!("{other:?}"),
        };
        let container = || json!({ "State": { "Status": "running" }, "Mounts": [], "Name": "web" });
        assert_eq!(parts(container(), &inspect("km i web"))["Name"], "web");
        assert_eq!(parts(container(), &inspect("km i web -u")), json!({ "Status": "running" }));
        let two = parts(container(), &inspect("km i web -u -m"));
        assert_eq!(two, json!({ "State": { "Status": "running" }, "Mounts": [] }));
    }
}
