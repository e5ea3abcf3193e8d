//! How often one address may fail.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use varanus_proto::{Error, Kind, Result};

use crate::config::CoreConfig;

/// Addresses remembered at most; a flood of addresses must not fill the memory.
const ADDRESSES: usize = 100_000;

/// Counts the failures of each address within a window of time. Only failures
/// count: whoever shows who they are is never held up.
pub struct Limiter {
    attempts: Option<usize>,
    window: Duration,
    failures: Mutex<HashMap<IpAddr, Vec<Instant>>>,
}

impl Limiter {
    /// As configured.
    pub fn new(config: &CoreConfig) -> Self {
        let attempts = usize::from(config.auth_rate_limit_max_attempts);
        Self {
            attempts: (!config.auth_rate_limit_disabled).then_some(attempts),
            window: Duration::from_secs(config.auth_rate_limit_window_seconds),
            failures: Mutex::default(),
        }
    }

    /// Goes on unless the address has failed too often.
    pub fn check(&self, address: IpAddr) -> Result<()> {
        let Some(attempts) = self.attempts else { return Ok(()) };
        match self.recent(address) >= attempts {
            true => Err(Error::too_many(format!(
                "too many failed attempts from {address}; try again in {} s",
                self.window.as_secs()
            ))),
            false => Ok(()),
        }
    }

    /// Counts a failure, and says in the error how many are left.
    pub fn failed(&self, address: IpAddr, error: Error) -> Error {
        let Some(attempts) = self.attempts else { return error };
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= ADDRESSES {
            let window = self.window;
            failures.retain(|_, times| times.last().is_some_and(|last| last.elapsed() < window));
        }
        let times = failures.entry(address).or_default();
        times.retain(|time| time.elapsed() < self.window);
        times.push(Instant::now());
        let left = attempts.saturating_sub(times.len());
        drop(failures);
        let kind = if error.kind() == Kind::TooMany { Kind::TooMany } else { error.kind() };
        Error::new(kind, format!("{} | You have {left} attempts remaining", error.message()))
    }

    fn recent(&self, address: IpAddr) -> usize {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let times = failures.get(&address).map(Vec::as_slice).unwrap_or_default();
        times.iter().filter(|time| time.elapsed() < self.window).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_failed_too_often_waits_and_others_do_not() {
        let config = CoreConfig { auth_rate_limit_max_attempts: 2, ..CoreConfig::default() };
        let limiter = Limiter::new(&config);
        let (bad, good) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let error = limiter.failed(bad, Error::unauthorized("Invalid login credentials"));
        assert_eq!(error.message(), "Invalid login credentials | You have 1 attempts remaining");
        assert!(limiter.check(bad).is_ok());
        let _ = limiter.failed(bad, Error::unauthorized("Invalid login credentials"));
        assert_eq!(limiter.check(bad).unwrap_err().kind(), Kind::TooMany);
        assert!(limiter.check(good).is_ok());
    }
}
