//! How long the link waits for what.

use std::time::Duration;

/// The protocol's times; tests make them shorter.
#[derive(Debug, Clone)]
pub struct Timings {
    /// For each message of a login.
    pub login: Duration,
    /// Without outgoing traffic for this long, a ping is sent.
    pub ping: Duration,
    /// Without anything from the other side for this long, the socket is dropped.
    pub silent: Duration,
    /// How often a side that works on a request says so.
    pub pending: Duration,
    /// Without a word about a request for this long, it is given up.
    pub answer: Duration,
    /// How long a request waits for a socket before it fails as unreachable.
    pub connect: Duration,
    /// For opening a websocket, TLS included.
    pub dial: Duration,
    /// The first pause after a failed dial, at most.
    pub retry_first: Duration,
    /// The longest pause.
    pub retry_longest: Duration,
    /// For those who come by HTTP.
    pub http: Patience,
}

/// How long a server of HTTP waits for its clients.
#[derive(Debug, Clone)]
pub struct Patience {
    /// For the headers of the first request, from the connection's beginning.
    pub first: Duration,
    /// For the headers of each request after another. Longer than reverse proxies
    /// keep a connection that they do not use, so that it is they who close it.
    pub idle: Duration,
    /// For taking anything of what they are sent.
    pub taking: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { first: seconds(20), idle: seconds(100), taking: seconds(60) }
    }
}

impl Default for Timings {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            login: seconds(2),
            ping: seconds(5),
            silent: seconds(10),
            pending: seconds(4),
            answer: seconds(10),
            connect: seconds(3),
            dial: seconds(10),
            retry_first: seconds(1),
            // All agents shall be back within 15 s of the return of their Core.
            retry_longest: seconds(10),
            http: Patience::default(),
        }
    }
}

/// Pauses between attempts: exponential, with full jitter so that a thousand
/// agents do not return in the same moment, and for ever.
#[derive(Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    attempts: u32,
}

impl Backoff {
    /// As the timings say.
    pub fn new(timings: &Timings) -> Self {
        Self { first: timings.retry_first, longest: timings.retry_longest, attempts: 0 }
    }

    /// The next attempt is a first one again.
    pub fn reset(&mut self) {
        self.attempts = 0;
    }

    /// The pause before the next attempt.
    pub fn pause(&mut self) -> Duration {
        let ceiling = self.first.saturating_mul(1 << self.attempts.min(16)).min(self.longest);
        self.attempts += 1;
        let mut random = [0; 4];
        // Without random numbers the longest pause is the safe one.
        if getrandom::fill(&mut random).is_err() {
            return ceiling;
        }
        ceiling.mul_f64(f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_begin_anew_after_success() {
        let timings = Timings::default();
        let mut backoff = Backoff::new(&timings);
        assert!(backoff.pause() <= timings.retry_first);
        for _ in 0..100 {
            assert!(backoff.pause() <= timings.retry_longest);
        }
        backoff.reset();
        assert!(backoff.pause() <= timings.retry_first);
    }
}
