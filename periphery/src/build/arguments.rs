//! From a build to how docker is called.
//!
//! Values of build arguments come to docker in its environment, and secret
//! arguments as files that are gone with the build: none is an argument, which
//! every user of the host sees.

use varanus_proto::entity::build::Build;
use varanus_proto::environment::parse_environment;
use varanus_proto::image::{names, tags};
use varanus_proto::lenient::EnvironmentVar;
use varanus_proto::{Context as _, Error, Result};

use crate::deployment::{is_read_by_docker, literal};
use crate::fill::Filler;
use crate::redact::Redactor;

/// What docker is given.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// Options of `docker build`, without secrets, images and the Dockerfile.
    pub options: Vec<String>,
    /// Variables of docker's own process: build arguments.
    pub variables: Vec<(String, String)>,
    /// Secret arguments, by id.
    pub secrets: Vec<(String, String)>,
    /// What is built, with its tags.
    pub images: Vec<String>,
}

/// How docker is called. Secrets that are found on the way are hidden from then
/// on.
pub fn arguments(
    build: &Build,
    commit: Option<&str>,
    additional: &[String],
    filler: &Filler<'_>,
    redactor: &Redactor,
) -> Result<Arguments> {
    let config = &build.config;
    let mut found = Arguments::default();
    for secret in parse_environment(&config.secret_args).context("secret_args")? {
        let EnvironmentVar { variable: id, value } = secret;
        let good = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        if !id.chars().all(good) {
            return Err(Error::invalid(format!("{id:?} cannot be the id of a secret argument")));
        }
        let value = literal(&filler.fill(&value).with_context(|| format!("secret_args: {id}"))?);
        redactor.add(&value, &id);
        found.secrets.push((id, value));
    }
    let mut arguments = parse_environment(&config.build_args).context("build_args")?;
    if !arguments.iter().any(|argument| argument.variable == "VERSION") {
        let version = config.version.to_string();
        arguments.push(EnvironmentVar { variable: "VERSION".into(), value: version });
    }
    for argument in arguments {
        let EnvironmentVar { variable: name, value } = argument;
        let value = literal(&filler.fill(&value).with_context(|| format!("build_args: {name}"))?);
        if !is_read_by_docker(&name) {
            found.options.extend(["--build-arg".into(), name.clone()]);
            found.variables.push((name, value));
        } else if redactor.redact(&value) == value {
            found.options.extend(["--build-arg".into(), format!("{name}={value}")]);
        } else {
            return Err(Error::invalid(format!(
                "the build argument {name} holds a secret, and docker reads a variable of this \
                 name itself, so that it can only be given where everybody sees it; use \
                 secret_args"
            )));
        }
    }
    for argument in &config.extra_args {
        let text = filler.fill(argument).context("extra_args")?;
        let words = shlex::split(&text).ok_or_else(|| {
            Error::invalid(format!("the extra argument {argument:?} has an open quote"))
        })?;
        found.options.extend(words);
    }
    for label in parse_environment(&config.labels).context("labels")? {
        let value = literal(&filler.fill(&label.value).context("labels")?);
        if redactor.redact(&value) != value {
            return Err(Error::invalid(format!(
                "the label {} holds a secret, which everybody who has the image would see",
                label.variable
            )));
        }
        found.options.extend(["--label".into(), format!("{}={value}", label.variable)]);
    }
    let tags = tags(config, commit, additional);
    if tags.is_empty() {
        return Err(Error::invalid(format!(
            "build {:?} has no tag for its image; include the latest, version or commit tag, or set \
             one of its own",
            build.name
        )));
    }
    for name in names(build)? {
        found.images.extend(tags.iter().map(|tag| format!("{name}:{tag}")));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn build() -> Build {
        let mut build = Build { name: "app".into(), ..Default::default() };
        let config = &mut build.config;
        config.version = "1.2.3".parse().unwrap();
        config.build_args.0 = "A = \"b c\"\nHTTP_PROXY = http://proxy\nKEY = [[KEY]]".into();
        config.secret_args.0 = "npmrc = [[KEY]]".into();
        config.labels.0 = "by: ann".into();
        config.extra_args = vec!["--no-cache --progress plain".to_owned()].into();
        build
    }

    #[test]
    fn values_are_no_arguments() {
        let secrets = BTreeMap::from([("KEY".to_owned(), "line\ns3cr3t".to_owned())]);
        let redactor = Redactor::default();
        let found =
            arguments(&build(), Some("abc"), &[], &Filler::of(&secrets), &redactor).unwrap();
        assert_eq!(
            found.options.join(" "),
            "--build-arg A --build-arg HTTP_PROXY=http://proxy --build-arg KEY --build-arg VERSION \
             --no-cache --progress plain --label by=ann"
        );
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(found.secrets, [pair("npmrc", "line\ns3cr3t")]);
        let variables = [pair("A", "b c"), pair("KEY", "line\ns3cr3t"), pair("VERSION", "1.2.3")];
        assert_eq!(found.variables, variables);
        assert_eq!(found.images, ["app:latest", "app:1.2.3", "app:1.2", "app:1", "app:abc"]);
        assert_eq!(redactor.redact("a line\ns3cr3t"), "a <npmrc>");
    }

    #[test]
    fn what_would_show_a_secret_is_refused() {
        let secrets = BTreeMap::from([("KEY".to_owned(), "s3cr3t-value".to_owned())]);
        for (field, says) in [("label", "label mine"), ("argument", "build argument DOCKER_X")] {
            let mut build = build();
            match field {
                "label" => build.config.labels.0 = "mine: [[KEY]]".into(),
                _ => build.config.build_args.0 = "DOCKER_X: [[KEY]]".into(),
            }
            let found = arguments(&build, None, &[], &Filler::of(&secrets), &Redactor::default());
            let error = found.unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
