//! How many projects come up at this moment: what is left to do for those that are
//! up gives way to the others, whose containers somebody waits for.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long the rest of a deploy gives way at most: where there is always one that
/// comes up, all come to their end too.
const PATIENCE: Duration = Duration::from_millis(500);

/// Counts the projects that come up.
#[derive(Default)]
pub struct Raising(watch::Sender<usize>);

/// One that comes up, as long as this lives.
pub struct One<'a>(&'a Raising);

impl Raising {
    /// One more begins.
    pub fn begin(&self) -> One<'_> {
        self.0.send_modify(|count| *count += 1);
        One(self)
    }

    /// Waits until none comes up, for a moment at most.
    pub async fn calm(&self, cancel: &CancellationToken) {
        let mut count = self.0.subscribe();
        tokio::select! {
            _ = timeout(PATIENCE, count.wait_for(|count| *count == 0)) => {}
            () = cancel.cancelled() => {}
        }
    }
}

impl Drop for One<'_> {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_rest_of_a_deploy_waits_for_those_that_come_up_but_not_for_ever() {
        let (raising, never) = (Raising::default(), CancellationToken::new());
        raising.calm(&never).await;
        let (one, other) = (raising.begin(), raising.begin());
        let calm = raising.calm(&never);
        tokio::pin!(calm);
        drop(one);
        assert!(futures_util::poll!(&mut calm).is_pending());
        drop(other);
        assert!(futures_util::poll!(&mut calm).is_ready());
        let _slow = raising.begin();
        raising.calm(&never).await;
        never.cancel();
        raising.calm(&never).await;
    }
}
