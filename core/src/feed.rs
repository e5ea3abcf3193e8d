//! What is pushed to everybody who listens at `/ws/update`: changes of updates,
//! and the lines of running ones.

use serde::Serialize;
use tokio::sync::broadcast;
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::update::UpdateListItem;

/// How many events a listener may lag behind before it misses some; a listener
/// that missed any reads the update again.
const LAG: usize = 4096;

/// One thing to tell listeners.
#[derive(Debug, Clone)]
pub enum Event {
    /// An update began, changed its status or ended.
    Update(Box<UpdateListItem>),
    /// A running update wrote a line.
    Line(Line),
}

impl Event {
    /// What it is about: whoever may not see that must not hear of it.
    pub fn target(&self) -> &ResourceTarget {
        match self {
            Self::Update(item) => &item.target,
            Self::Line(line) => &line.target,
        }
    }
}

/// A line of a running update, as pushed (an extension: `type` tells it from
/// the list items that Komodo clients expect, and only listeners that asked for
/// lines get it).
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// The update's id.
    pub update_id: String,
    /// What the update is about.
    pub target: ResourceTarget,
    /// The stage of the log.
    pub stage: String,
    /// Which stream it came from: `stdout` or `stderr`.
    pub stream: &'static str,
    /// The line, without its end.
    pub line: String,
    /// Unix milliseconds.
    pub ts: i64,
}

/// The events' way out.
#[derive(Clone)]
pub struct Feed {
    sender: broadcast::Sender<Event>,
}

impl Default for Feed {
    fn default() -> Self {
        Self { sender: broadcast::channel(LAG).0 }
    }
}

impl Feed {
    /// Tells everybody who listens.
    pub fn send(&self, event: Event) {
        // Nobody listening is not an error.
        let _ = self.sender.send(event);
    }

    /// Listens from now on.
    pub fn listen(&self) -> broadcast::Receiver<Event> {
        self.sender.subscribe()
    }
}
