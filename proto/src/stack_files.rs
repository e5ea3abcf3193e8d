//! The files of a stack by its configuration alone: what Core compares and the agent
//! reads must be the same (contract §6).

use crate::entity::stack::{Stack, StackFileDependency, StackFileRequires};

/// The compose files, in order.
pub fn compose_files(stack: &Stack) -> Vec<String> {
    match stack.config.file_paths.is_empty() {
        true => vec!["compose.yaml".into()],
        false => stack.config.file_paths.0.clone(),
    }
}

/// Every file that a deploy depends on, the compose files first, with what a change
/// of each asks for.
pub fn tracked(stack: &Stack) -> Vec<StackFileDependency> {
    let redeploy = |path: String| StackFileDependency {
        path,
        services: Vec::new(),
        requires: StackFileRequires::Redeploy,
    };
    let mut files: Vec<_> = compose_files(stack).into_iter().map(redeploy).collect();
    let env = stack.config.additional_env_files.iter().filter(|file| file.track);
    files.extend(env.map(|file| redeploy(file.path.clone())));
    files.extend(stack.config.config_files.iter().cloned());
    files
}

/// The file that an environment is written to: `.env` where nothing is configured.
pub fn default_env(path: &str) -> &str {
    if path.is_empty() { ".env" } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_without_file_paths_has_compose_yaml() {
        let mut stack = Stack::default();
        assert_eq!(compose_files(&stack), ["compose.yaml"]);
        stack.config.file_paths = vec!["a.yaml".to_owned(), "b.yaml".to_owned()].into();
        stack.config.config_files =
            vec![StackFileDependency { path: "app.conf".into(), ..Default::default() }];
        let tracked: Vec<_> = tracked(&stack).into_iter().map(|file| file.path).collect();
        assert_eq!(tracked, ["a.yaml", "b.yaml", "app.conf"]);
    }
}
