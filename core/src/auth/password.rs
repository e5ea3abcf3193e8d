//! Passwords: hashing and verifying, off the threads that answer requests.

use std::sync::Arc;

use tokio::sync::Semaphore;
use varanus_proto::{Error, Result, Secret};

/// The cost that Komodo 2.3 uses, so that its hashes and ours are alike.
const COST: u32 = 10;

/// A hash of nothing anybody knows: a login with an unknown name is checked
/// against it, so that it takes as long as one with a wrong password.
const NOBODY: &str = "$2b$10$abcdefghijklmnopqrstuuKQ1yGbEl3mZ9sBpyVq7xV5V5r7mJr2a";

/// Bounds how much of the machine passwords may use at once.
pub struct Passwords {
    places: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(2)) }
    }
}

impl Passwords {
    /// A hash to store.
    pub async fn hash(&self, password: &str) -> Result<String> {
        let password = Secret::from(password);
        self.off_thread(move || {
            // bcrypt reads the first 72 bytes; the hashes of existing databases
            // were made that way.
            bcrypt::hash(password.expose(), COST)
                .map_err(|error| Error::internal("the password cannot be hashed").cause(error))
        })
        .await?
    }

    /// Whether a password is the one of a hash; with `None` it is not, in the
    /// same time.
    pub async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool> {
        let password = Secret::from(password);
        let known = hash.is_some();
        let hash = hash.unwrap_or(NOBODY).to_owned();
        let same = self
            .off_thread(move || bcrypt::verify(password.expose(), &hash).unwrap_or(false))
            .await?;
        Ok(same && known)
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let closed = |_| Error::internal("password checks have ended");
        let place = self.places.clone().acquire_owned().await.map_err(closed)?;
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(place);
            result
        })
        .await
        .map_err(|error| Error::internal("the password check ended early").cause(error))
    }
}
