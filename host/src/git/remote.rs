//! What is at a remote: its address, who may read it, and what git says when that fails.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use varanus_proto::entity::git::RepoExecutionArgs;
use varanus_proto::{Error, Kind, Result, Secret};

use crate::process::Output;

/// What is at a remote, and who may read it.
#[derive(Clone)]
pub struct Remote {
    /// The address, without credentials.
    pub url: String,
    /// The branch.
    pub branch: String,
    /// A commit to stay at; empty for the newest of the branch.
    pub commit: String,
    /// Whether a new clone gets the whole history of the branch, and not its
    /// newest commit alone.
    pub history: bool,
    /// The header that shows who one is.
    pub(super) authorization: Option<Secret<String>>,
    /// How people name it.
    pub(super) name: String,
}

impl Remote {
    /// From what Core sends. A token `user:password` is both; otherwise the user
    /// is the account, or `token`.
    pub fn new(args: &RepoExecutionArgs, token: Option<&str>) -> Result<Self> {
        let repo = args.repo.as_deref().unwrap_or_default();
        if repo.is_empty() {
            return Err(Error::invalid(format!("{:?} has no repository configured", args.name)));
        }
        let given = [
            ("repository", repo),
            ("branch", &args.branch),
            ("address of a git host", &args.provider),
        ];
        for (what, text) in given {
            if text.starts_with('-') || text.chars().any(|c| c.is_control() || c == ' ') {
                return Err(Error::invalid(format!("{text:?} is no {what}")));
            }
        }
        check_branch(&args.branch)?;
        let commit = args.commit.clone().unwrap_or_default();
        if !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Error::invalid(format!("{commit:?} is no commit hash")));
        }
        let scheme = if args.https { "https" } else { "http" };
        let url = match args.provider.contains("://") || args.provider.starts_with('/') {
            true => format!("{}/{repo}", args.provider.trim_end_matches('/')),
            false => format!("{scheme}://{}/{repo}", args.provider.trim_end_matches('/')),
        };
        let authorization = token.filter(|token| !token.is_empty()).map(|token| {
            let account = args.account.as_deref().filter(|a| !a.is_empty()).unwrap_or("token");
            let pair = match token.contains(':') {
                true => token.to_owned(),
                false => format!("{account}:{token}"),
            };
            Secret::new(format!("Authorization: Basic {}", STANDARD.encode(pair)))
        });
        let name = format!("{}/{repo}", args.provider);
        Ok(Self { url, branch: args.branch.clone(), commit, history: false, authorization, name })
    }
}

/// What git takes as the name of a branch, and nothing that means more to it.
fn check_branch(branch: &str) -> Result<()> {
    let bad = branch.is_empty()
        || branch.contains(['~', '^', ':', '?', '*', '[', '\\'])
        || ["..", "@{", "//"].iter().any(|part| branch.contains(part));
    match bad {
        true => Err(Error::invalid(format!("{branch:?} is no branch"))),
        false => Ok(()),
    }
}

impl Remote {
    /// None: what is asked of a clone alone.
    pub(super) fn here(path: &std::path::Path) -> Self {
        Self {
            url: String::new(),
            branch: String::new(),
            commit: String::new(),
            history: false,
            authorization: None,
            name: path.display().to_string(),
        }
    }

    /// What git's words mean, and what to do about it.
    pub(super) fn explain(&self, output: &Output) -> Error {
        let text = output.stderr.trim();
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let name = &self.name;
        let error = if says(&[
            "could not read Username",
            "Authentication failed",
            "401",
            "403",
            "terminal prompts disabled",
            "Permission denied",
            "permission denied",
        ]) {
            Error::new(
                Kind::Failed,
                format!(
                    "{name}: not authorised; check the git account and its token, and that it may read the repository"
                ),
            )
        } else if says(&["couldn't find remote ref", "Remote branch"]) {
            Error::new(
                Kind::Failed,
                format!("{name} has no branch {:?}; check the branch's name", self.branch),
            )
        } else if says(&[
            "not found",
            "does not exist",
            "does not appear to be a git repository",
            "404",
        ]) {
            Error::new(
                Kind::Failed,
                format!("{name}: there is no such repository, or the account may not see it"),
            )
        } else if says(&[
            "Could not resolve host",
            "Failed to connect",
            "Connection refused",
            "timed out",
            "Couldn't connect",
            "unable to access",
        ]) {
            Error::new(
                Kind::Unreachable,
                format!("{name}: the git host cannot be reached from this server"),
            )
        } else if says(&["No space left"]) {
            Error::new(Kind::Failed, "the disk is full")
        } else {
            Error::new(Kind::Failed, format!("{name}: git failed"))
        };
        error.cause(text)
    }
}
