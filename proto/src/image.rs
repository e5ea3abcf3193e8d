//! The names and tags of a build's images (contract §6).

use crate::entity::build::{Build, BuildConfig, ImageRegistryConfig};
use crate::{Error, Result, Version};

/// The registries that an image is for. One with a domain needs an account.
pub fn registries(build: &Build) -> Result<Vec<&ImageRegistryConfig>> {
    let wanted = build.config.image_registry.iter().filter(|one| !one.domain.is_empty());
    wanted
        .map(|registry| match registry.account.is_empty() {
            false => Ok(registry),
            true => Err(Error::invalid(format!(
                "build {:?} has the registry {} without an account; set the account to push with",
                build.name, registry.domain
            ))),
        })
        .collect()
}

/// The names of the image, without tags: one for each registry, or the bare one.
pub fn names(build: &Build) -> Result<Vec<String>> {
    let own = match build.config.image_name.is_empty() {
        true => &build.name,
        false => &build.config.image_name,
    };
    let registries = registries(build)?;
    if registries.is_empty() {
        return Ok(vec![own.clone()]);
    }
    let within = |registry: &ImageRegistryConfig| {
        let organization = match registry.organization.is_empty() {
            true => &registry.account,
            false => &registry.organization,
        };
        format!("{}/{}/{own}", registry.domain, organization.to_lowercase())
    };
    Ok(registries.into_iter().map(within).collect())
}

/// The tags of an image: the version's, the commit's and the build's own.
pub fn tags(config: &BuildConfig, commit: Option<&str>, additional: &[String]) -> Vec<String> {
    let Version { major, minor, patch } = config.version;
    let mut tags = Vec::new();
    if config.include_latest_tag {
        tags.push(with_own(config, "latest"));
    }
    if config.include_version_tags && !config.version.is_none() {
        let of_version =
            [format!("{major}.{minor}.{patch}"), format!("{major}.{minor}"), format!("{major}")];
        tags.extend(of_version.iter().map(|tag| with_own(config, tag)));
    }
    if let Some(commit) = commit.filter(|_| config.include_commit_tag) {
        tags.push(with_own(config, commit));
    }
    tags.extend(Some(config.image_tag.clone()).filter(|tag| !tag.is_empty()));
    tags.extend_from_slice(additional);
    tags
}

fn with_own(config: &BuildConfig, tag: &str) -> String {
    match config.image_tag.is_empty() {
        true => tag.to_owned(),
        false => format!("{tag}-{}", config.image_tag),
    }
}

/// Whether the files to build come from a repository.
pub fn is_of_git(config: &BuildConfig) -> bool {
    let named = !config.linked_repo.is_empty() || !config.repo.is_empty();
    named && !config.files_on_host
}

/// The image of a build that a deployment runs, the account to pull it with, and
/// its version. No version is the latest.
pub fn deployed(build: &Build, wanted: Version) -> Result<(String, String, Version)> {
    let config = &build.config;
    let name = names(build)?.into_iter().next().unwrap_or_default();
    let account = registries(build)?.first().map(|registry| registry.account.clone());
    let version = if wanted.is_none() { config.version } else { wanted };
    let hash = build.info.built_hash.as_ref();
    let tag = if config.include_version_tags && !version.is_none() {
        with_own(config, &version.to_string())
    } else if let Some(hash) = hash.filter(|_| config.include_commit_tag && is_of_git(config)) {
        with_own(config, hash)
    } else if !config.include_latest_tag && !config.image_tag.is_empty() {
        config.image_tag.clone()
    } else {
        with_own(config, "latest")
    };
    Ok((format!("{name}:{tag}"), account.unwrap_or_default(), version))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build() -> Build {
        let mut build = Build { name: "app".into(), ..Default::default() };
        build.config.version = Version { major: 1, minor: 2, patch: 3 };
        build
    }

    #[test]
    fn an_image_has_a_name_for_each_registry() {
        let mut build = build();
        assert_eq!(names(&build).unwrap(), ["app"]);
        build.config.image_name = "other".into();
        let registry = |domain: &str, account: &str, organization: &str| ImageRegistryConfig {
            domain: domain.into(),
            account: account.into(),
            organization: organization.into(),
        };
        build.config.image_registry.0 =
            vec![registry("ghcr.io", "Ann", ""), registry("r.example", "bob", "team")];
        assert_eq!(names(&build).unwrap(), ["ghcr.io/ann/other", "r.example/team/other"]);
        build.config.image_registry.0.push(registry("x.example", "", ""));
        assert!(names(&build).unwrap_err().to_string().contains("x.example without an account"));
    }

    #[test]
    fn an_image_has_the_tags_that_are_wanted() {
        let mut config = build().config;
        assert_eq!(tags(&config, Some("abc1234"), &[]), ["latest", "1.2.3", "1.2", "1", "abc1234"]);
        config.image_tag = "arm".into();
        config.include_version_tags = false;
        assert_eq!(tags(&config, None, &["x".into()]), ["latest-arm", "arm", "x"]);
        config.include_latest_tag = false;
        config.include_commit_tag = false;
        assert_eq!(tags(&config, Some("abc1234"), &[]), ["arm"]);
    }

    #[test]
    fn a_deployment_runs_the_most_exact_tag() {
        let mut build = build();
        let of = |build: &Build, wanted| deployed(build, wanted).unwrap().0;
        let none = Version::default();
        assert_eq!(of(&build, none), "app:1.2.3");
        assert_eq!(of(&build, Version { major: 1, minor: 0, patch: 0 }), "app:1.0.0");
        build.config.image_tag = "arm".into();
        assert_eq!(of(&build, none), "app:1.2.3-arm");
        build.config.include_version_tags = false;
        build.info.built_hash = Some("abc1234".into());
        assert_eq!(of(&build, none), "app:latest-arm", "a hash of nothing that git knows");
        build.config.repo = "ann/app".into();
        assert_eq!(of(&build, none), "app:abc1234-arm");
        build.config.include_commit_tag = false;
        assert_eq!(of(&build, none), "app:latest-arm");
        build.config.include_latest_tag = false;
        assert_eq!(of(&build, none), "app:arm");
    }
}
