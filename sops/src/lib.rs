//! SOPS files with age keys: read, verify, write. Knows nothing of Varanus.
