//! Memory that is free is shared by all threads, and goes back to the system.
//!
//! What comes in bursts, like a hundred deploys or long lists of containers, is freed
//! between what stays, and glibc keeps such pages for ever, for each thread apart.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

/// How often: it takes less than a millisecond.
const EVERY: Duration = Duration::from_secs(30);

/// Lets all threads share one arena. To be called before there is more than one.
///
/// Each thread would get its own, with pages of its own that are free: the agent has few
/// threads that work at the same time, and none of them allocates much.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "a function of the C library that no crate wraps")]
pub fn share() {
    // SAFETY: it takes no pointer, and sets a number that is read when a thread
    // allocates for the first time (mallopt(3)). Where it is not taken, nothing changes.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

/// Other C libraries have no arenas.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn share() {}

/// Gives back what is free, again and again.
pub async fn stay_small() {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        give_back();
    }
}

/// Gives back what is free. Returns whether there was any.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "a function of the C library that no crate wraps")]
fn give_back() -> bool {
    // SAFETY: it takes no pointer, may be called by any thread at any time, and
    // touches only pages that nobody has allocated (malloc_trim(3)).
    unsafe { libc::malloc_trim(0) == 1 }
}

/// Other C libraries give back by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_back() -> bool {
    false
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    #[test]
    fn what_a_burst_left_between_what_stays_is_given_back() {
        let burst: Vec<Vec<u8>> = (0..10_000).map(|_| vec![1; 2_000]).collect();
        let kept: Vec<_> = burst.into_iter().step_by(100).collect();
        assert!(super::give_back());
        assert!(kept.iter().all(|kept| kept.iter().all(|byte| *byte == 1)));
    }
}
