//! A repository of resource files as a person has it: `client/fixtures/homeops`
//! (public, MIT, with its licence beside it), served by a git host of our own.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::{Api, GitHost};

/// The repository's path at its host, and the name of the sync that it declares.
pub const REPO: &str = "mohitsharma44/homeops";

/// Where its resource files are.
pub const FOLDER: &str = "docker/komodo-resources/";

/// The resource files: names and contents. Those that name the repository say
/// that its host is this one; nothing else is another.
pub fn files(domain: &str) -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../client/fixtures/homeops");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the fixture is there")
        .map(|entry| {
            let path = entry.expect("a file").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).expect("a text");
            (name, here(&text, domain))
        })
        .collect();
    // What else is TOML there belongs to one of its services.
    files.retain(|(name, _)| name.ends_with(".toml") && name != "garage.toml");
    files.sort();
    files
}

fn here(text: &str, domain: &str) -> String {
    let own = format!("repo = {REPO:?}");
    let line = |line: &str| match line == own {
        true => format!("{line}\ngit_provider = {domain:?}\ngit_https = false\n"),
        false => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// Serves the repository, and creates the sync that its files declare, as its
/// owner did by hand once.
pub async fn begin(api: &Api) -> GitHost {
    let git = GitHost::public(REPO).await;
    for (name, text) in files(&git.domain) {
        git.write(&format!("{FOLDER}{name}"), &text);
    }
    let account = json!({ "account": {
        "domain": git.domain, "https": false, "username": "mohitsharma44", "token": "tok-of-homeops",
    } });
    api.write("CreateGitProviderAccount", account).await;
    let config = json!({
        "git_provider": git.domain, "git_https": false, "git_account": "mohitsharma44",
        "repo": REPO, "resource_path": [FOLDER], "managed": true, "delete": true,
        "include_variables": true, "webhook_enabled": false,
    });
    api.write("CreateResourceSync", json!({ "name": REPO, "config": config })).await;
    git
}

/// What the sync finds to be done, all of it.
pub async fn pending(api: &Api) -> Value {
    let sync = api.write("RefreshResourceSyncPending", json!({ "sync": REPO })).await;
    let info = &sync["info"];
    for wrong in ["pending_error", "pending_deploy_error"] {
        assert!(info[wrong].is_null(), "{wrong}: {}", info[wrong]);
    }
    let parts = ["resource_updates", "variable_updates", "user_group_updates", "pending_deploys"];
    parts.iter().map(|part| ((*part).to_owned(), info[part].clone())).collect()
}

/// Whether a plan is empty.
pub fn is_empty(plan: &Value) -> bool {
    let mut parts = plan.as_object().into_iter().flatten();
    parts.all(|(_, part)| part.as_array().is_none_or(Vec::is_empty))
}
