//! The agent on each host: git, secrets, compose, logs.
