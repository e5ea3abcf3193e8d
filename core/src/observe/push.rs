//! What an agent tells by itself: changes of what is on its host.
//!
//! One request a link, whose progress the news are; it ends with the link. The
//! watch ([`super::poll`]) asks for the rest.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;
use varanus_link::{Link, RequestOptions};
use varanus_proto::Error;
use varanus_proto::agent::state::{StateNews, WatchState};
use varanus_proto::docker::lists::DockerLists;
use varanus_proto::request::AgentRequest as _;

use crate::Core;
use crate::core::now;

/// Before an agent that ended the stream is asked again.
const AGAIN: Duration = Duration::from_secs(5);

/// The stream of a link; what it said is no longer kept up to date when it ends.
struct Stream {
    core: Weak<Core>,
    server_id: String,
    number: u64,
}

impl Drop for Stream {
    fn drop(&mut self) {
        let Some(core) = self.core.upgrade() else { return };
        // A deleted server is not remembered for this.
        if core.observed.server(&self.server_id).stream == Some(self.number) {
            core.observed.note(&self.server_id, |status| {
                if status.stream == Some(self.number) {
                    status.stream = None;
                }
            });
        }
    }
}

/// Listens to what an agent tells, for as long as the future lives. Only for
/// agents that have said they can.
pub async fn listen(core: Weak<Core>, server_id: &str, link: Link) {
    loop {
        let Some(number) =
            core.upgrade().map(|core| core.observed.streams.fetch_add(1, Ordering::Relaxed))
        else {
            return;
        };
        let stream = Stream { core: core.clone(), server_id: server_id.to_owned(), number };
        let (sender, mut news) = RequestOptions::progress();
        let mut expected = 0;
        let request = json!({ "type": WatchState::NAME, "params": WatchState {} });
        // As long as the link, whose own silence ends it.
        let options = RequestOptions { progress: Some(sender), ..RequestOptions::default() };
        let asking = link.request(request.to_string().into_bytes(), options);
        tokio::pin!(asking);
        let ended = loop {
            tokio::select! {
                biased;
                Some(news) = news.recv() => match serde_json::from_slice::<StateNews>(&news) {
                    Ok(news) if news.number == expected => {
                        expected += 1;
                        let Some(core) = core.upgrade() else { return };
                        take(&core, server_id, number, news);
                    }
                    Ok(_) => break Error::failed("some of its news were lost"),
                    Err(error) => break Error::failed("its news are not readable").cause(error),
                },
                ended = &mut asking => break ended.err().unwrap_or_else(|| {
                    Error::failed("it ended by itself")
                }),
            }
        };
        drop(stream);
        tracing::debug!(server = server_id, error = %ended, "the agent tells no more what changes");
        sleep(AGAIN).await;
    }
}

fn take(core: &Arc<Core>, server_id: &str, number: u64, news: StateNews) {
    if core.catalog.servers.get(server_id).is_none() {
        return;
    }
    let version = news.version;
    core.observed.note(server_id, |status| {
        let first = status.stream.replace(number) != Some(number);
        status.at = now();
        if let Some(agent) = &mut status.agent {
            agent.docker_connected = news.docker_connected;
        }
        if !news.docker_connected {
            status.docker = None;
            return;
        }
        let known = status.docker.take().filter(|_| !first);
        let mut lists = known.map_or_else(DockerLists::default, Arc::unwrap_or_clone);
        fn renew<T: Clone>(section: &mut Vec<T>, news: Option<Arc<Vec<T>>>) {
            if let Some(news) = news {
                *section = Arc::unwrap_or_clone(news);
            }
        }
        renew(&mut lists.containers, news.containers);
        renew(&mut lists.networks, news.networks);
        renew(&mut lists.images, news.images);
        renew(&mut lists.volumes, news.volumes);
        renew(&mut lists.projects, news.projects);
        status.docker = Some(Arc::new(lists));
    });
    if let Some(watched) = core.observed.watched(server_id) {
        watched.told.send_replace((number, version));
    }
}
