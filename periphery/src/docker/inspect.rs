//! One thing on this host, in full.

use bollard::query_parameters::{
    InspectContainerOptions, InspectNetworkOptions, StatsOptionsBuilder,
};
use futures_util::StreamExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use varanus_proto::agent::image::GetLatestImageDigestResponse;
use varanus_proto::docker::container::Container;
use varanus_proto::docker::image::{Image, ImageHistoryResponseItem};
use varanus_proto::docker::network::Network;
use varanus_proto::docker::stats::FullContainerStats;
use varanus_proto::docker::volume::Volume;
use varanus_proto::{Error, Kind, Result};

use super::{Docker, checked};

impl Docker {
    /// A container.
    pub async fn container(&self, name: &str) -> Result<Container> {
        let name = checked("a container", name)?;
        let found =
            self.ask(|api| async move {
                api.inspect_container(name, None::<InspectContainerOptions>).await
            })
            .await?;
        full(found)
    }

    /// A network.
    pub async fn network(&self, name: &str) -> Result<Network> {
        let name = checked("a network", name)?;
        let found = self
            .ask(
                |api| async move { api.inspect_network(name, None::<InspectNetworkOptions>).await },
            )
            .await?;
        full(found)
    }

    /// A volume.
    pub async fn volume(&self, name: &str) -> Result<Volume> {
        let name = checked("a volume", name)?;
        full(self.ask(|api| async move { api.inspect_volume(name).await }).await?)
    }

    /// An image.
    pub async fn image(&self, name: &str) -> Result<Image> {
        let name = checked("an image", name)?;
        full(self.ask(|api| async move { api.inspect_image(name).await }).await?)
    }

    /// Whether an image is on this host.
    pub async fn has_image(&self, name: &str) -> Result<bool> {
        let name = checked("an image", name)?;
        there(self.ask(|api| async move { api.inspect_image(name).await }).await)
    }

    /// Whether there is a container of a name.
    pub async fn has_container(&self, name: &str) -> Result<bool> {
        let name = checked("a container", name)?;
        let options = None::<InspectContainerOptions>;
        there(self.ask(|api| async move { api.inspect_container(name, options).await }).await)
    }

    /// The layers of an image.
    pub async fn history(&self, name: &str) -> Result<Vec<ImageHistoryResponseItem>> {
        let name = checked("an image", name)?;
        let found = self.ask(|api| async move { api.image_history(name).await }).await?;
        found.into_iter().map(full).collect()
    }

    /// The digest that a registry has for an image now.
    pub async fn latest_digest(
        &self,
        name: &str,
        account: Option<String>,
        token: Option<String>,
    ) -> Result<GetLatestImageDigestResponse> {
        let name = checked("an image", name)?;
        let credentials =
            account.zip(token).map(|(username, password)| bollard::auth::DockerCredentials {
                username: Some(username),
                password: Some(password),
                ..Default::default()
            });
        let found = self
            .ask(|api| async move { api.inspect_registry_image(name, credentials).await })
            .await?;
        let digest = found.descriptor.digest.unwrap_or_default();
        match digest.is_empty() {
            true => Err(Error::failed(format!("the registry gives no digest for {name}"))),
            false => Ok(GetLatestImageDigestResponse { digest }),
        }
    }

    /// One measurement of a container by the engine.
    pub async fn full_stats(&self, name: &str) -> Result<FullContainerStats> {
        let name = checked("a container", name)?;
        let options = StatsOptionsBuilder::new().stream(false).build();
        let first = self
            .ask(|api| async move {
                let stream = api.stats(name, Some(options));
                tokio::pin!(stream);
                stream.next().await.transpose()
            })
            .await?;
        let mut first =
            first.ok_or_else(|| Error::not_found(format!("container {name:?} has no stats")))?;
        first.name.get_or_insert_with(|| name.to_owned());
        full(first)
    }
}

fn there<T>(found: Result<T>) -> Result<bool> {
    match found {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == Kind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// A value of the engine's API in our own type of the same names on the wire.
pub(super) fn full<T: DeserializeOwned>(value: impl Serialize) -> Result<T> {
    serde_json::to_value(value).and_then(serde_json::from_value).map_err(|error| {
        Error::internal("docker answered what this agent cannot read").cause(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the engine answers for an image that nobody's build system made.
    const IMAGE: &str = r#"{"Id":"sha256:08","RepoTags":["busybox:local"],"RepoDigests":["a@sha256:64"],
        "Parent":"","Comment":"","Created":"1970-01-01T00:00:00Z","DockerVersion":"","Author":"",
        "Config":{"User":"","Env":["PATH=/bin"],"Cmd":["sh"],"Volumes":null,"WorkingDir":"",
        "Entrypoint":null,"OnBuild":null,"Labels":null},"Architecture":"amd64","Os":"linux","Size":2026613,
        "GraphDriver":{"Data":{"MergedDir":"/m"},"Name":"overlay2"},
        "RootFS":{"Type":"layers","Layers":["sha256:be"]},
        "Metadata":{"LastTagTime":"2026-11-21T16:00:00.123456789Z"}}"#;

    #[test]
    fn an_image_is_read_as_the_engine_gives_it() {
        let given: bollard::models::ImageInspect = serde_json::from_str(IMAGE).unwrap();
        let value = serde_json::to_value(given).unwrap();
        let image: Result<Image, _> = serde_json::from_value(value.clone());
        assert!(image.is_ok(), "{image:?} of {value}");
    }
}
