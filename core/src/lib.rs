//! The server: state, decisions, API, webhooks and UI.
