//! From a deployment to how docker is called.
//!
//! Values of variables are never arguments, which every user of the host sees:
//! docker reads them from a file, or those of several lines, which such a file
//! cannot hold, from its own environment. Labels that hold a secret are in a file
//! too.

use varanus_proto::entity::deployment::{Deployment, RestartMode};
use varanus_proto::environment::parse_environment;
use varanus_proto::lenient::EnvironmentVar;
use varanus_proto::{Context as _, Error, Result};

use crate::fill::Filler;
use crate::redact::Redactor;
use crate::repo::is_named_secret;

/// Docker reads lines up to 64 KiB from a file.
const LONGEST_LINE: usize = 60_000;

/// What docker is given.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// Options of `docker run`, before the image.
    pub options: Vec<String>,
    /// The lines of a file of variables.
    pub env_file: String,
    /// Variables of docker's own process, which it passes on by name.
    pub variables: Vec<(String, String)>,
    /// The lines of a file of labels.
    pub label_file: String,
    /// The container's own command.
    pub command: Vec<String>,
}

/// How docker is called for a deployment. Secrets that are found on the way are
/// hidden from then on.
pub fn arguments(
    deployment: &Deployment,
    name: &str,
    filler: &Filler<'_>,
    redactor: &Redactor,
) -> Result<Arguments> {
    let config = &deployment.config;
    let mut found = Arguments::default();
    let option = |found: &mut Arguments, words: &[&str]| {
        found.options.extend(words.iter().map(|word| (*word).to_owned()));
    };
    option(&mut found, &["--name", name]);
    if !config.network.is_empty() {
        option(&mut found, &["--network", &config.network]);
    }
    for (flag, field, text) in
        [("-p", "ports", &config.ports.0), ("-v", "volumes", &config.volumes.0)]
    {
        for pair in parse_environment(text).context(field)? {
            // The first part may hold a colon too, and the space is behind its own.
            let value = filler.fill(&pair.value).context(field)?.replace(": ", ":");
            option(&mut found, &[flag, &format!("{}:{value}", pair.variable)]);
        }
    }
    for variable in parse_environment(&config.environment).context("environment")? {
        let what = || format!("the variable {}", variable.variable);
        let value = literal(&filler.fill(&variable.value).with_context(what)?);
        if is_named_secret(&variable.variable) && value.len() >= 6 {
            redactor.add(&value, &variable.variable);
        }
        found.variable(&variable, value).with_context(what)?;
    }
    let restart = match config.restart {
        RestartMode::OnFailure => "on-failure:10".to_owned(),
        mode => mode.to_string(),
    };
    option(&mut found, &["--restart", &restart]);
    for label in parse_environment(&config.labels).context("labels")? {
        let value = literal(&filler.fill(&label.value).context("labels")?);
        let line = format!("{}={value}", label.variable);
        if redactor.redact(&line) == line {
            option(&mut found, &["--label", &line]);
        } else if value.contains(['\n', '\r']) {
            return Err(Error::invalid(format!(
                "the label {} holds a secret of several lines, which docker takes as an argument \
                 only, where everybody sees it",
                label.variable
            )));
        } else {
            found.label_file.push_str(&format!("{line}\n"));
        }
    }
    for argument in &config.extra_args {
        let words = filler.fill(argument).context("extra_args")?;
        found.options.extend(split("the extra argument", &words)?);
    }
    found.command = split("the command", &filler.fill(&config.command).context("command")?)?;
    Ok(found)
}

impl Arguments {
    fn variable(&mut self, variable: &EnvironmentVar, value: String) -> Result<()> {
        let name = &variable.variable;
        if name.contains(char::is_whitespace) {
            return Err(Error::invalid("there is a space in its name"));
        }
        if !value.contains(['\n', '\r']) && name.len() + value.len() < LONGEST_LINE {
            self.env_file.push_str(&format!("{name}={value}\n"));
            return Ok(());
        }
        if is_read_by_docker(name) {
            return Err(Error::invalid(
                "its value has several lines or is very long, and docker reads a variable of this \
                 name itself; give it another name",
            ));
        }
        self.options.extend(["--env".to_owned(), name.clone()]);
        self.variables.push((name.clone(), value));
        Ok(())
    }

    /// Whether what others may see of the call holds something that is hidden.
    pub fn shows_a_secret(&self, redactor: &Redactor) -> bool {
        let hidden = |word: &String| redactor.redact(word) != *word;
        self.options.iter().chain(&self.command).any(hidden)
    }
}

fn split(what: &str, text: &str) -> Result<Vec<String>> {
    shlex::split(text).ok_or_else(|| Error::invalid(format!("{what} has an open quote")))
}

/// Whether a variable would change what docker itself does.
pub fn is_read_by_docker(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let alone = ["PATH", "HOME", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "TMPDIR"];
    let begins = ["DOCKER_", "BUILDKIT_", "BUILDX_", "LD_", "GO", "SSL_CERT", "XDG_", "OTEL_"];
    alone.contains(&name.as_str()) || begins.iter().any(|begin| name.starts_with(begin))
}

/// A value as Komodo's shell would read it, without what else a shell does:
/// quotes around the whole of it go, and in double ones the escapes of quotes.
pub fn literal(value: &str) -> String {
    let inner = |quote: char| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    if let Some(inner) = inner('\'').filter(|inner| !inner.contains('\'')) {
        return inner.to_owned();
    }
    let Some(inner) = inner('"') else { return value.to_owned() };
    let mut text = String::with_capacity(inner.len());
    let mut characters = inner.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('\\', Some('"' | '\\' | '$' | '`')) => text.extend(characters.next()),
            // Two quoted parts, or one that ends with an escape: not one text.
            ('"', _) => return value.to_owned(),
            ('\\', None) => return value.to_owned(),
            _ => text.push(character),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use varanus_proto::lenient::StringList;

    use super::*;

    fn deployment() -> Deployment {
        let mut deployment = Deployment { name: "web".into(), ..Default::default() };
        let config = &mut deployment.config;
        config.network = "front".into();
        config.restart = RestartMode::OnFailure;
        config.ports.0 = "  127.0.0.1:8080: 80\n  - 53:53/udp # names".into();
        config.volumes.0 = "  /data: /var/lib:ro".into();
        config.environment.0 =
            "PASSWORD = s3cr3t-value\nGREETING = \"hello \\\"you\\\"\"\nCERT = [[CERT]]\nEMPTY =\n"
                .into();
        config.labels.0 = "rule: Host(`a.example`)\nauth: s3cr3t-value".into();
        config.extra_args = StringList(vec!["--ulimit nofile=10:20".into(), "--init".into()]);
        config.command = "sh -c \"echo a && b\"".into();
        deployment
    }

    fn filler(secrets: &BTreeMap<String, String>) -> Filler<'_> {
        Filler::of(secrets)
    }

    #[test]
    fn no_value_of_a_variable_is_an_argument() {
        let secrets = BTreeMap::from([("CERT".to_owned(), "-----BEGIN\nabc\n-----END".to_owned())]);
        let redactor = Redactor::default();
        let found = arguments(&deployment(), "web", &filler(&secrets), &redactor).unwrap();
        assert_eq!(
            found.options.join(" "),
            "--name web --network front -p 127.0.0.1:8080:80 -p 53:53/udp -v /data:/var/lib:ro \
             --env CERT --restart on-failure:10 --label rule=Host(`a.example`) --ulimit \
             nofile=10:20 --init"
        );
        assert_eq!(found.env_file, "PASSWORD=s3cr3t-value\nGREETING=hello \"you\"\nEMPTY=\n");
        assert_eq!(found.variables, [("CERT".to_owned(), "-----BEGIN\nabc\n-----END".to_owned())]);
        assert_eq!(found.label_file, "auth=s3cr3t-value\n");
        assert_eq!(found.command, ["sh", "-c", "echo a && b"]);
        assert!(!found.shows_a_secret(&redactor));
    }

    #[test]
    fn what_cannot_be_passed_on_is_refused_with_its_name() {
        let secrets = BTreeMap::from([("LINES".to_owned(), "a\nb".to_owned())]);
        for (text, says) in [
            ("PATH = [[LINES]]", "the variable PATH"),
            ("A B = c", "the variable A B"),
            ("nothing", "environment"),
        ] {
            let mut deployment = deployment();
            deployment.config.environment.0 = text.into();
            let error = arguments(&deployment, "web", &filler(&secrets), &Redactor::default());
            let error = error.unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
        }
    }

    #[test]
    fn quotes_around_a_value_are_no_part_of_it() {
        for (written, meant) in [
            ("plain $HOME `x`", "plain $HOME `x`"),
            ("'a $b'", "a $b"),
            (r#""a \"b\" \$c \n""#, r#"a "b" $c \n"#),
            (r#""a" "b""#, r#""a" "b""#),
            (r#"{"a":"b"}"#, r#"{"a":"b"}"#),
            ("\"", "\""),
            ("", ""),
        ] {
            assert_eq!(literal(written), meant, "{written}");
        }
    }
}
