//! Where an alerter's alerts go: its endpoint with every `[[NAME]]` filled in.

use url::Url;
use varanus_proto::entity::alerter::AlerterEndpoint;
use varanus_proto::{Error, Result};

use super::post::Service;
use crate::Core;
use crate::interpolate::Interpolator;

/// Parts of an address that are shorter are no secret, and ordinary text.
const SHORTEST: usize = 6;

/// A place that alerts are sent to. It holds secrets.
pub(super) struct Address {
    pub to: To,
    /// What is hidden in errors, and what is shown instead.
    hidden: Vec<(String, String)>,
}

/// How it is spoken to.
pub(super) enum To {
    /// A request to a URL.
    Http(Service, Url),
    /// An e-mail.
    Mail(Mailbox),
}

/// A mail server, who writes, and to whom.
#[derive(Default, Clone, PartialEq, Eq)]
pub(super) struct Mailbox {
    pub host: String,
    pub port: Option<u16>,
    pub encryption: Encryption,
    /// A name and a password, where the server wants them.
    pub login: Option<(String, String)>,
    pub from: String,
    pub to: Vec<String>,
}

/// How a connection to a mail server is kept secret.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encryption {
    /// TLS from the first byte (`smtps://`).
    #[default]
    Tls,
    /// TLS after a greeting, and nothing without it (`smtp://`).
    StartTls,
    /// None, for a server on the same machine (`smtp://…?tls=none`).
    None,
}

impl Address {
    /// The address of an endpoint.
    ///
    /// Errors: a name that Core does not know, and what is no address. They hold
    /// nothing of the address, which may be a secret as a whole.
    pub(super) fn of(core: &Core, endpoint: &AlerterEndpoint) -> Result<Self> {
        let (service, url) = match endpoint {
            AlerterEndpoint::Custom(endpoint) => (Service::Custom, &endpoint.url),
            AlerterEndpoint::Slack(endpoint) => (Service::Slack, &endpoint.url),
            AlerterEndpoint::Discord(endpoint) => (Service::Discord, &endpoint.url),
            AlerterEndpoint::Ntfy(endpoint) => {
                (Service::Ntfy { email: endpoint.email.clone() }, &endpoint.url)
            }
            AlerterEndpoint::Pushover(endpoint) => (Service::Pushover, &endpoint.url),
        };
        let mut names = Interpolator::new(core);
        let mut fill = |text: String| {
            let mut text = text.trim().to_owned();
            names.fill("endpoint.url", &mut text)?;
            match text.find("[[").and_then(|from| text[from..].split_inclusive("]]").next()) {
                Some(name) if name.ends_with("]]") => Err(Error::invalid(format!(
                    "{name} in the url of the alerter is no variable or secret of Core"
                ))),
                _ => Ok(text),
            }
        };
        // Of an e-mail's address the parts are filled in, so that a password may
        // have any letters. Where the address as a whole has a name, it is as written.
        let text = match is_mail(url) {
            true => url.trim().to_owned(),
            false => fill(url.clone())?,
        };
        let (to, parts) = match (&service, is_mail(&text)) {
            (Service::Custom, true) => {
                let mailbox = mailbox(&text, &mut fill)?;
                let password = mailbox.login.iter().map(|(_, password)| password.clone());
                let parts = password.collect::<Vec<_>>();
                (To::Mail(mailbox), parts)
            }
            (_, true) => {
                return Err(Error::invalid("e-mail is sent by an alerter of the type Custom"));
            }
            (_, false) => {
                let url = web(&text)?;
                let parts = secret_parts(&url);
                (To::Http(service, url), parts)
            }
        };
        let mut names = names.into_secrets();
        let mut parts: Vec<_> =
            parts.into_iter().map(|part| (part, "a part of the url".to_owned())).collect();
        // What has a name is shown by it; and a longer one may hold a shorter one.
        names.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        parts.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        let mut hidden = [names, parts].concat();
        hidden.retain(|(value, _)| value.len() >= SHORTEST);
        Ok(Self { to, hidden })
    }

    /// A text that somebody else wrote, with none of the address's secrets.
    pub(super) fn without_secrets(&self, text: &str) -> String {
        let hide = |text: String, (value, name): &(String, String)| {
            text.replace(value, &format!("<{name}>"))
        };
        self.hidden.iter().fold(text.to_owned(), hide)
    }
}

fn is_mail(url: &str) -> bool {
    let url = url.trim().to_ascii_lowercase();
    url.starts_with("smtp://") || url.starts_with("smtps://")
}

fn web(text: &str) -> Result<Url> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        _ => Err(Error::invalid(
            "the url of the alerter is no address: it begins with https:// or http://, or with \
             smtps:// or smtp:// for e-mail",
        )),
    }
}

/// What of a web address lets somebody in: the services put it into the path
/// and the query.
fn secret_parts(url: &Url) -> Vec<String> {
    let path = url.path_segments().into_iter().flatten().map(str::to_owned);
    let query = url.query_pairs().map(|(_, value)| value.into_owned());
    let whole = [url.path().to_owned(), url.query().unwrap_or_default().to_owned()];
    let password = url.password().map(str::to_owned);
    path.chain(query).chain(whole).chain(password).collect()
}

/// `smtps://NAME:PASSWORD@HOST:PORT?from=A&to=B,C`.
fn mailbox(text: &str, mut fill: impl FnMut(String) -> Result<String>) -> Result<Mailbox> {
    let wrong = |what: &str| {
        Error::invalid(format!(
            "the url of the alerter {what}; an e-mail is sent to \
             smtps://NAME:PASSWORD@HOST:PORT?from=ADDRESS&to=ADDRESS,ADDRESS"
        ))
    };
    let url = Url::parse(text).map_err(|_| wrong("is no address"))?;
    let host =
        url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| wrong("has no host"))?;
    let mut mailbox = Mailbox { host: host.to_owned(), port: url.port(), ..Mailbox::default() };
    let decode = |text: &str| decoded(text).ok_or_else(|| wrong("is not UTF-8"));
    if !url.username().is_empty() {
        let name = fill(decode(url.username())?)?;
        let password = fill(decode(url.password().unwrap_or_default())?)?;
        mailbox.login = Some((name, password));
    }
    if url.scheme() == "smtp" {
        mailbox.encryption = Encryption::StartTls;
    }
    for pair in url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = fill(decode(value)?)?;
        match name {
            "from" => mailbox.from = value,
            "to" => {
                let each = value.split(',').map(str::trim).filter(|to| !to.is_empty());
                mailbox.to.extend(each.map(str::to_owned));
            }
            "tls" if value == "none" && url.scheme() == "smtp" => {
                mailbox.encryption = Encryption::None;
            }
            other => return Err(wrong(&format!("has a setting {other:?} that means nothing"))),
        }
    }
    match (mailbox.from.is_empty(), mailbox.to.is_empty()) {
        (true, _) => Err(wrong("does not say who writes (from)")),
        (_, true) => Err(wrong("does not say to whom (to)")),
        _ => Ok(mailbox),
    }
}

/// `a%40b` → `a@b`; a `+` is a plus.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let code = (*first == b'%').then(|| after.get(..2)).flatten();
        let byte =
            code.and_then(|code| hex::decode(code).ok()).and_then(|code| code.first().copied());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use varanus_proto::entity::alerter::{CustomAlerterEndpoint, SlackAlerterEndpoint};
    use varanus_proto::entity::variable::Variable;

    use super::*;
    use crate::Commit;
    use crate::testing::Tester;

    fn custom(url: &str) -> AlerterEndpoint {
        AlerterEndpoint::Custom(CustomAlerterEndpoint { url: url.into() })
    }

    async fn tester() -> Tester {
        let tester = Tester::new().await;
        let mut commit = Commit::new();
        for (name, value) in [("PASSWORD", "p@ss/word?&:"), ("HOOK", "T00/B00/abcdef")] {
            let variable = Variable {
                name: name.into(),
                value: value.into(),
                is_secret: true,
                ..Variable::default()
            };
            commit.insert(&tester.core.catalog.variables, variable).unwrap();
        }
        commit.commit(&*tester.core.store).await.unwrap();
        tester
    }

    #[tokio::test]
    async fn an_e_mail_has_an_address_whose_password_may_have_any_letters() {
        let tester = tester().await;
        let url = "smtp://robot%40example.com:[[PASSWORD]]@mail.example.com:2525\
                   ?from=v+a@example.com&to=ann@example.com,%20bob@example.com&tls=none";
        let To::Mail(mailbox) = Address::of(&tester.core, &custom(url)).unwrap().to else {
            panic!("no e-mail")
        };
        assert_eq!((mailbox.host.as_str(), mailbox.port), ("mail.example.com", Some(2525)));
        assert_eq!(mailbox.login, Some(("robot@example.com".into(), "p@ss/word?&:".into())));
        assert_eq!(mailbox.from, "v+a@example.com");
        assert_eq!(mailbox.to, ["ann@example.com", "bob@example.com"]);
        assert_eq!(mailbox.encryption, Encryption::None);
    }

    #[tokio::test]
    async fn a_wrong_address_is_told_without_its_secrets() {
        let tester = tester().await;
        for (url, expected) in [
            ("smtps://mail.example.com?to=a@example.com", "who writes"),
            ("smtps://mail.example.com?from=a@example.com", "to whom"),
            ("smtps://mail.example.com?from=a@b.c&to=a@b.c&tls=none", "\"tls\""),
            ("ftp://hunter2hunter2", "smtps://"),
            ("hunter2hunter2", "https://"),
            ("https://hooks.example.com/[[NOBODY]]/hunter2hunter2", "[[NOBODY]]"),
        ] {
            let error = Address::of(&tester.core, &custom(url)).err().unwrap().to_string();
            assert!(error.contains(expected) && !error.contains("hunter2"), "{url}: {error}");
        }
    }

    #[tokio::test]
    async fn what_an_endpoint_answers_is_shown_without_the_address() {
        let tester = tester().await;
        let url = "https://hooks.slack.com/services/[[HOOK]]?token=123456789".to_owned();
        let endpoint = AlerterEndpoint::Slack(SlackAlerterEndpoint { url });
        let address = Address::of(&tester.core, &endpoint).unwrap();
        let shown = address.without_secrets("no hook abcdef of T00/B00/abcdef for 123456789");
        assert_eq!(shown, "no hook <a part of the url> of <HOOK> for <a part of the url>");
    }
}
