//! The arguments all programs have.

use std::path::PathBuf;

use crate::load::Overrides;

/// `--config-path` and its companions, to be flattened into a program's own.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ConfigArgs {
    /// A configuration file, or a directory of them; may be repeated
    #[arg(long, short = 'c')]
    pub config_path: Vec<PathBuf>,
    /// A wildcard for the names of configuration files in directories; may be repeated
    #[arg(long, short = 'm')]
    pub config_keyword: Vec<String>,
    /// Merge tables of several files key by key
    #[arg(long)]
    pub merge_nested_config: Option<bool>,
    /// Join lists of several files
    #[arg(long)]
    pub extend_config_arrays: Option<bool>,
}

impl ConfigArgs {
    /// The overrides these arguments stand for.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            paths: self.config_path.clone(),
            keywords: self.config_keyword.clone(),
            merge_nested: self.merge_nested_config,
            extend_arrays: self.extend_config_arrays,
            values: Vec::new(),
        }
    }
}
