//! How Core, the agent and `km` come to their settings.
//!
//! A program describes its settings once, with [`settings!`]: key, type,
//! default, environment names, documentation. From that come the struct, the
//! reading of files, the environment overlay, the
//! `--help` text and the reference page. Every value knows where it came from,
//! so a bad one is reported by file and line or by variable, and all problems
//! are reported at once. The files, names and the order of precedence are
//! those of Komodo 2.3.
//!
//! This crate knows nothing of what the settings mean. It touches the process
//! environment in one function only, [`Environment::of_process`] (and, for the
//! tests of others, in [`reference::check_page`]).

mod arguments;
mod environment;
mod files;
mod format;
mod interpolate;
mod load;
mod merge;
mod node;
pub mod reference;
mod report;
mod schema;
mod setting;
mod shapes;
mod values;

pub use arguments::ConfigArgs;
pub use environment::Environment;
pub use load::{Check, Given, Loaded, Overrides, Program, Tree, gather, load};
pub use merge::merge;
pub use node::{Data, Node, Source};
pub use report::{At, Invalid, Report};
pub use schema::{Field, Kind, Schema, TableReader, defaults};
pub use setting::Setting;
pub use shapes::{
    AwsCredentials, DatabaseConfig, DatabaseEngine, GitProvider, ImageRegistry, LogConfig,
    LogLevel, OauthConfig, ProviderAccount, StdioLogMode,
};
pub use values::{Network, Size, Span, Timelength};
