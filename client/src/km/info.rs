//! What `km` and Core say about themselves.

use varanus_client::Client;
use varanus_client::config::{CliConfig, TableBorders};
use varanus_config::Loaded;
use varanus_proto::api::read::core::{GetCoreInfo, GetVersion};
use varanus_proto::{Error, Result};

use crate::args::{ConfigArgs, Format};
use crate::show;

/// `km get version`: Core's version, and `km`'s beside it.
pub async fn version(client: &Client) -> Result<()> {
    let core = client.request(GetVersion {}).await?;
    show::print(&core.version);
    show::notice(&format!("km {}, {}", env!("CARGO_PKG_VERSION"), client.host()));
    Ok(())
}

/// `km core-info`.
pub async fn core_info(
    client: &Client,
    borders: Option<TableBorders>,
    format: Format,
) -> Result<()> {
    let version = client.request(GetVersion {}).await?.version;
    let info = client.request(GetCoreInfo {}).await?;
    let mut info = serde_json::to_value(info)
        .map_err(|error| Error::internal("the answer cannot be shown").cause(error))?;
    info["version"] = version.into();
    if format == Format::Json {
        return show::print_json(&info);
    }
    let rows = info.as_object().into_iter().flatten();
    let rows = rows.map(|(key, value)| {
        vec![key.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)]
    });
    show::print(&show::table(borders, &["SETTING", "VALUE"], rows.collect()));
    Ok(())
}

/// `km config`: every setting that somebody gave, and where.
pub fn config(loaded: &Loaded<CliConfig>, args: &ConfigArgs) {
    for file in &loaded.files {
        show::notice(&format!("read {}", file.display()));
    }
    let config = &loaded.value;
    let mut rows: Vec<_> = loaded
        .given
        .iter()
        .filter(|given| !given.key.starts_with("profile"))
        .map(|given| vec![given.key.clone(), given.shown.clone(), given.source.clone()])
        .collect();
    if args.unsanitized
        && let Some(secret) = &config.cli_secret
        && let Some(row) = rows.iter_mut().find(|row| row[0] == "cli_secret")
    {
        row[1] = secret.expose().clone();
    }
    if rows.is_empty() {
        show::notice(
            "nothing is configured: set KOMODO_CLI_HOST, KOMODO_CLI_KEY and KOMODO_CLI_SECRET",
        );
    } else {
        show::print(&show::table(config.table_borders, &["SETTING", "VALUE", "FROM"], rows));
    }
    if args.all_profiles {
        for name in &config.profile.0 {
            let chosen = if *name == config.config_profile { " (chosen)" } else { "" };
            show::print(&format!("profile {name}{chosen}"));
        }
    }
}
