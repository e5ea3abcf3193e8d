//! Where alerts leave Core: to every alerter that wants them, each with a queue
//! and a task of its own, so that one whose endpoint is dead delays nobody.
//!
//! [`wants`] decides who gets an alert, [`address`] where it goes, [`text`] what
//! it says; [`post`] and [`mail`] send it. This room must not know why there is
//! an alert. What cannot be sent is tried again a few times and is in the log
//! then: alerts are no runs, and nobody waits for them.

mod address;
mod mail;
mod post;
mod text;
pub(super) mod wants;

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use varanus_proto::Result;
use varanus_proto::entity::alert::Alert;
use varanus_proto::entity::alerter::AlerterEndpoint;

use crate::Core;
use address::{Address, To};

/// Alerts that wait for one alerter, at most. Older ones make way.
const WAITING: usize = 100;

/// A failure that repeats itself is sent again after so long.
const REPEATED: Duration = Duration::from_secs(60 * 60);

/// So many failures are remembered, at most.
const REMEMBERED: usize = 10_000;

/// Pauses before it is tried again, where trying again may help.
const AGAIN: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(20)];

/// What is on its way to alerters.
#[derive(Default)]
pub(super) struct Outbox {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// By the id of the alerter; there while a task works for it.
    queues: HashMap<String, VecDeque<Arc<Alert>>>,
    /// Failures that were sent, by alerter and contents, and when.
    sent: HashMap<(String, u64), Instant>,
}

impl Outbox {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an alert into an alerter's queue. Whether the alerter needs a task.
    fn put(&self, alerter: &str, name: &str, alert: Arc<Alert>, now: Instant) -> bool {
        let mut inner = self.lock();
        if wants::is_failure(&alert) && inner.is_repeated(alerter, &alert, now) {
            tracing::debug!(
                alerter = name,
                "a failure that was sent within the hour is not sent again"
            );
            return false;
        }
        let idle = !inner.queues.contains_key(alerter);
        let queue = inner.queues.entry(alerter.to_owned()).or_default();
        if queue.len() >= WAITING {
            queue.pop_front();
            tracing::warn!(alerter = name, "an alert was not sent: {WAITING} others wait already");
        }
        queue.push_back(alert);
        idle
    }

    /// The next alert of an alerter. Without one its task ends.
    fn next(&self, alerter: &str) -> Option<Arc<Alert>> {
        let mut inner = self.lock();
        let next = inner.queues.get_mut(alerter).and_then(VecDeque::pop_front);
        if next.is_none() {
            inner.queues.remove(alerter);
        }
        next
    }

    /// What failed works again: if it fails once more, that is news.
    pub(super) fn forget(&self, alert: &Alert) {
        let contents = contents(alert);
        self.lock().sent.retain(|(_, known), _| *known != contents);
    }
}

impl Inner {
    /// Whether the same was sent within the hour; else it is noted.
    fn is_repeated(&mut self, alerter: &str, alert: &Alert, now: Instant) -> bool {
        self.sent.retain(|_, at| now.duration_since(*at) < REPEATED);
        let key = (alerter.to_owned(), contents(alert));
        if self.sent.contains_key(&key) {
            return true;
        }
        if self.sent.len() < REMEMBERED {
            self.sent.insert(key, now);
        }
        false
    }
}

/// What an alert is about, in short: its target and kind, and what is said
/// where that is a person's text.
fn contents(alert: &Alert) -> u64 {
    use varanus_proto::entity::alert::AlertData;
    let mut hasher = DefaultHasher::new();
    alert.target.parts().1.hash(&mut hasher);
    wants::kind_of(&alert.data).map(|kind| kind.as_str()).hash(&mut hasher);
    if let AlertData::Custom { message, .. } = &alert.data {
        // The details are a log, in which times and ids differ.
        message.hash(&mut hasher);
    }
    hasher.finish()
}

/// Sends an alert to the alerters that want it. Waits for nothing.
pub(super) fn send(core: &Arc<Core>, alert: &Alert) {
    let alert = Arc::new(alert.clone());
    for (id, alerter) in core.catalog.alerters.entries() {
        if !alerter.template
            && wants::wants(core, &alerter.config, &alert)
            && core.alerts.outbox.put(&id, &alerter.name, alert.clone(), Instant::now())
        {
            let core = Arc::downgrade(core);
            tokio::spawn(async move {
                // Core may stop while an endpoint is waited for.
                while let Some(core) = core.upgrade()
                    && let Some(alert) = core.alerts.outbox.next(&id)
                {
                    drop_off(core, &id, &alert).await;
                }
            });
        }
    }
}

/// Brings one alert to an alerter as it is configured now.
async fn drop_off(core: Arc<Core>, id: &str, alert: &Alert) {
    let Some(alerter) = core.catalog.alerters.get(id) else { return };
    let letter = Letter::new(&core, &alerter.config.endpoint, alert);
    drop(core);
    let mut pauses = AGAIN.into_iter();
    let error = loop {
        let error = match &letter {
            Ok(letter) => match letter.send().await {
                Ok(()) => return,
                Err(error) => error,
            },
            Err(error) => break error.to_string(),
        };
        match pauses.next().filter(|_| error.kind().retry_helps()) {
            Some(pause) => sleep(pause).await,
            None => break error.to_string(),
        }
    };
    tracing::warn!(alerter = alerter.name, error, "an alert was not sent");
}

/// An alert on its way to one place.
pub(super) struct Letter {
    address: Address,
    alert: Alert,
    words: text::Words,
}

impl Letter {
    /// For an endpoint.
    ///
    /// Errors: the endpoint's address is none.
    pub(super) fn new(core: &Core, endpoint: &AlerterEndpoint, alert: &Alert) -> Result<Self> {
        let address = Address::of(core, endpoint)?;
        Ok(Self { address, alert: alert.clone(), words: text::words(alert) })
    }

    /// Sends it, within a deadline.
    ///
    /// Errors say what the endpoint answered; no part of a secret is in them.
    pub(super) async fn send(&self) -> Result<()> {
        match &self.address.to {
            To::Http(service, url) => {
                post::post(&self.address, (service, url), &self.alert, &self.words).await
            }
            To::Mail(mailbox) => mail::mail(&self.address, mailbox, &self.words).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use varanus_proto::entity::alert::{AlertData, SeverityLevel};
    use varanus_proto::entity::resource::ResourceTarget;

    use super::*;

    fn failed(name: &str) -> Arc<Alert> {
        let data = AlertData::ProcedureFailed { id: name.into(), name: name.into() };
        Arc::new(Alert {
            id: Default::default(),
            ts: crate::core::now(),
            resolved: true,
            level: SeverityLevel::Warning,
            target: ResourceTarget::Procedure(name.into()),
            data,
            resolved_ts: None,
        })
    }

    #[test]
    fn a_failure_that_repeats_itself_is_sent_once_an_hour() {
        let outbox = Outbox::default();
        let (begin, hour) = (Instant::now(), REPEATED);
        let put = |alerter, name, at| outbox.put(alerter, alerter, failed(name), at);
        assert!(put("a", "nightly", begin));
        assert!(!put("a", "nightly", begin + hour / 2));
        // Another failure, and another alerter, have their own hour.
        put("a", "backup", begin);
        assert!(put("b", "nightly", begin));
        let take = |alerter| std::iter::from_fn(|| outbox.next(alerter)).count();
        assert_eq!((take("a"), take("b")), (2, 1));
        assert!(put("a", "nightly", begin + hour));
        // When it worked in between, it is news at once.
        outbox.forget(&failed("nightly"));
        put("a", "nightly", begin + hour);
        assert_eq!(take("a"), 2);
    }

    #[test]
    fn the_oldest_make_way_when_too_many_wait() {
        let outbox = Outbox::default();
        for n in 0..WAITING + 5 {
            let idle = outbox.put("a", "a", failed(&n.to_string()), Instant::now());
            assert_eq!(idle, n == 0);
        }
        let all: Vec<_> = std::iter::from_fn(|| outbox.next("a")).collect();
        assert_eq!(all.len(), WAITING);
        assert_eq!(all[0].target.id(), "5");
    }
}
