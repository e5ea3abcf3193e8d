//! Questions that fetch nothing: where branches are, and what differs.

use std::collections::BTreeMap;
use std::path::Path;

use varanus_proto::{Error, Result};

use super::{Git, Remote};
use crate::apart::exists;
use crate::work::Work;

impl Git {
    /// The commits at which branches of a remote are, by their names, in one
    /// request. A branch that is not there is not in the answer.
    pub async fn heads(
        &self,
        work: &Work,
        remote: &Remote,
        branches: &[String],
    ) -> Result<BTreeMap<String, String>> {
        self.hide_token(work, remote);
        let wanted: Vec<_> = branches.iter().map(|branch| format!("refs/heads/{branch}")).collect();
        let mut arguments = vec!["ls-remote", "--heads", "--", &remote.url];
        arguments.extend(wanted.iter().map(String::as_str));
        // In no repository: what somebody set in one is none of this one's.
        let listed = self.must(work, remote, Path::new("/"), &arguments).await?;
        let line = |line: &str| {
            let (hash, name) = line.split_once('\t')?;
            Some((name.strip_prefix("refs/heads/")?.to_owned(), hash.to_owned()))
        };
        let found = listed.stdout.lines().filter_map(line);
        Ok(found.filter(|(name, _)| branches.is_empty() || branches.contains(name)).collect())
    }

    /// The short hash and the message of the newest commit of a remote's branch. No
    /// file is fetched, where the host can leave them out; `path` is a bare
    /// repository of its own.
    pub async fn newest(
        &self,
        work: &Work,
        remote: &Remote,
        path: &Path,
    ) -> Result<(String, String)> {
        const HERE: &str = "refs/heads/newest";
        let folder = self.folder(path);
        let _busy = folder.lock(work, path, self.deadline).await?;
        self.hide_token(work, remote);
        tokio::fs::create_dir_all(path).await.map_err(|error| {
            Error::failed(format!("the folder {} cannot be made", path.display())).cause(error)
        })?;
        if !exists(&path.join("HEAD")).await {
            self.must(work, remote, path, &["init", "-q", "--bare"]).await?;
        }
        let _ = tokio::fs::remove_file(path.join("shallow.lock")).await;
        let refspec = format!("+refs/heads/{}:{HERE}", remote.branch);
        let fetch = ["fetch", "--no-tags", "--force", "--depth=1", "--filter=tree:0", "--"];
        let arguments = [&fetch[..], &[&remote.url, &refspec]].concat();
        self.must(work, remote, path, &arguments).await?;
        self.told_of(work, path, HERE).await
    }

    /// The paths that differ between two commits of a clone. `None` when one of
    /// the two is not there, as after a history was rewritten, or when not every path
    /// could be read.
    pub async fn differing(
        &self,
        work: &Work,
        path: &Path,
        from: &str,
        to: &str,
    ) -> Result<Option<Vec<String>>> {
        for commit in [from, to] {
            if commit.len() < 4 || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(Error::invalid(format!("{commit:?} is no commit hash")));
            }
        }
        let here = Remote::here(path);
        let plain = "core.quotePath=false";
        let diff = ["-c", plain, "diff", "--name-only", "--no-renames", from, to, "--"];
        let output = self.git(work, &here, path, &diff).await?;
        let unknown = ["unknown revision", "bad revision", "bad object", "ambiguous argument"];
        match output.success {
            // A name with a line's end in it is quoted: no name to compare with.
            true if output.stdout.lines().any(|path| path.starts_with('"')) => Ok(None),
            true => Ok(Some(output.stdout.lines().map(str::to_owned).collect())),
            false if unknown.iter().any(|words| output.stderr.contains(words)) => Ok(None),
            false => Err(here.explain(&output)),
        }
    }
}
