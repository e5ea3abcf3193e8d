//! One look at docker, kept as the text that is told of it.
//!
//! A hundred containers are a tenth of the size as JSON that they are as values, and
//! nearly nobody asks for the values: what is told goes out as it is kept, and what
//! changed is what has another text.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use varanus_proto::docker::container::{ContainerListItem, ContainerStateStatusEnum};
use varanus_proto::docker::lists::DockerLists;
use varanus_proto::{Error, Result};

use crate::docker::Sections;

/// A section as JSON. One that did not change is the same value as before.
type Text = Option<Arc<RawValue>>;

/// What is told to whoever watches: a [`StateNews`] on the wire.
///
/// [`StateNews`]: varanus_proto::agent::state::StateNews
#[derive(Debug, Clone, Default, Serialize)]
pub struct News {
    number: u64,
    version: u64,
    docker_connected: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    containers: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    networks: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    images: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    volumes: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    projects: Text,
}

impl News {
    /// The same, as one of the news of a request.
    pub(super) fn numbered(self, number: u64) -> Self {
        Self { number, ..self }
    }
}

/// What is on this host, as last seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Everything, if docker answers; no sections without it.
    all: News,
    /// Whether a container runs of which it is not known what it uses.
    unmeasured: bool,
}

impl Seen {
    /// What lists say, with the sections of an earlier look where they are equal.
    ///
    /// Errors: `Internal`, for what cannot be written as JSON.
    pub(super) fn new(lists: &DockerLists, earlier: Option<&Self>) -> Result<Self> {
        let old = earlier.map(|earlier| &earlier.all);
        let unmeasured = |container: &ContainerListItem| {
            container.state == ContainerStateStatusEnum::Running && container.stats.is_none()
        };
        let all = News {
            number: 0,
            version: next_version(earlier),
            docker_connected: true,
            containers: text(&lists.containers, old.map(|old| &old.containers))?,
            networks: text(&lists.networks, old.map(|old| &old.networks))?,
            images: text(&lists.images, old.map(|old| &old.images))?,
            volumes: text(&lists.volumes, old.map(|old| &old.volumes))?,
            projects: text(&lists.projects, old.map(|old| &old.projects))?,
        };
        Ok(Self { all, unmeasured: lists.containers.iter().any(unmeasured) })
    }

    /// Docker does not answer any more.
    pub(super) fn away(earlier: Option<&Self>) -> Self {
        let all = News { version: next_version(earlier), ..News::default() };
        Self { all, unmeasured: false }
    }

    /// Whether docker answers.
    pub(super) fn connected(&self) -> bool {
        self.all.docker_connected
    }

    /// Counts the looks that saw something new.
    pub(super) fn version(&self) -> u64 {
        self.all.version
    }

    /// Whether a container runs of which it is not known what it uses.
    pub(super) fn unmeasured(&self) -> bool {
        self.unmeasured
    }

    /// As lists, without the sections that are read anew.
    pub(super) fn lists(&self, anew: Sections) -> DockerLists {
        let all = &self.all;
        DockerLists {
            containers: items(anew.containers, &all.containers),
            networks: items(anew.networks, &all.networks),
            images: items(anew.images, &all.images),
            volumes: items(anew.volumes, &all.volumes),
            projects: items(anew.any(), &all.projects),
        }
    }

    /// What is new since an earlier look; `None` where nothing is.
    pub(super) fn since(&self, earlier: Option<&Self>) -> Option<News> {
        let old = earlier.map(|earlier| &earlier.all);
        let mut any = earlier.is_none_or(|earlier| earlier.connected() != self.connected());
        let mut new = |now: &Text, old: Option<&Text>| {
            let same = match (now, old) {
                (Some(now), Some(Some(old))) => Arc::ptr_eq(now, old),
                (None, _) => true,
                _ => false,
            };
            any |= !same;
            now.clone().filter(|_| !same)
        };
        let news = News {
            number: 0,
            version: self.all.version,
            docker_connected: self.connected(),
            containers: new(&self.all.containers, old.map(|old| &old.containers)),
            networks: new(&self.all.networks, old.map(|old| &old.networks)),
            images: new(&self.all.images, old.map(|old| &old.images)),
            volumes: new(&self.all.volumes, old.map(|old| &old.volumes)),
            projects: new(&self.all.projects, old.map(|old| &old.projects)),
        };
        any.then_some(news)
    }
}

fn next_version(earlier: Option<&Seen>) -> u64 {
    earlier.map_or(1, |earlier| earlier.version() + 1)
}

fn text<T: Serialize>(items: &[T], old: Option<&Text>) -> Result<Text> {
    let text = serde_json::value::to_raw_value(items)
        .map_err(|error| Error::internal("what docker has cannot be told").cause(error))?;
    Ok(match old {
        Some(Some(old)) if old.get() == text.get() => Some(old.clone()),
        _ => Some(text.into()),
    })
}

/// The items of a section. It is our own text, which can be read.
fn items<T: DeserializeOwned>(anew: bool, text: &Text) -> Vec<T> {
    let text = text.as_ref().filter(|_| !anew);
    text.and_then(|text| serde_json::from_str(text.get()).ok()).unwrap_or_default()
}
