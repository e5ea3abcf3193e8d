//! E-mail, by the SMTP server of a person's own.

use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox as Person, MessageBuilder};
use lettre::transport::smtp::AsyncSmtpTransportBuilder;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::Tls;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use varanus_proto::{Error, Result};

use super::address::{Address, Encryption, Mailbox};
use super::text::Words;

/// How long a server may take: greeting spam with a pause is usual.
const DEADLINE: Duration = Duration::from_secs(40);

/// Sends an alert as a mail.
///
/// Errors say what the server answered, without the secrets of its address.
pub(super) async fn mail(address: &Address, mailbox: &Mailbox, words: &Words) -> Result<()> {
    let message = message(mailbox, words)?;
    let transport = transport(mailbox).map_err(|error| refused(address, &error))?.build();
    match tokio::time::timeout(DEADLINE, transport.send(message)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(refused(address, &error)),
        Err(_) => Err(Error::deadline(format!(
            "the mail server {} did not take the mail within {DEADLINE:?}",
            mailbox.host
        ))),
    }
}

fn transport(
    mailbox: &Mailbox,
) -> std::result::Result<AsyncSmtpTransportBuilder, lettre::transport::smtp::Error> {
    type Transport = AsyncSmtpTransport<Tokio1Executor>;
    let host = mailbox.host.as_str();
    let mut builder = match mailbox.encryption {
        Encryption::Tls => Transport::relay(host)?,
        Encryption::StartTls => Transport::starttls_relay(host)?,
        Encryption::None => Transport::builder_dangerous(host).tls(Tls::None),
    };
    if let Some(port) = mailbox.port {
        builder = builder.port(port);
    }
    if let Some((name, password)) = &mailbox.login {
        builder = builder.credentials(Credentials::new(name.clone(), password.clone()));
    }
    Ok(builder.timeout(Some(DEADLINE)))
}

fn message(mailbox: &Mailbox, words: &Words) -> Result<Message> {
    let person = |text: &str| {
        text.parse::<Person>()
            .map_err(|error| Error::invalid(format!("{text:?} is no e-mail address")).cause(error))
    };
    let from = person(&mailbox.from)?;
    let id = format!("<{}@{}>", uuid::Uuid::new_v4(), from.email.domain());
    let message: MessageBuilder = Message::builder()
        .from(from)
        .message_id(Some(id))
        .subject(&words.title)
        .header(ContentType::TEXT_PLAIN);
    let to = mailbox.to.iter().map(|to| person(to));
    let message = to.into_iter().try_fold(message, |message, to| to.map(|to| message.to(to)))?;
    let body = match words.details.is_empty() {
        true => words.title.clone(),
        false => words.details.clone(),
    };
    message.body(body).map_err(|error| Error::invalid("a mail cannot be written").cause(error))
}

fn refused(address: &Address, error: &lettre::transport::smtp::Error) -> Error {
    let said = address.without_secrets(&error.to_string());
    match error.is_transient() || error.is_permanent() || error.is_client() {
        true => Error::failed("the mail server did not take the mail").cause(said),
        false => Error::unreachable("the mail server cannot be reached").cause(said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_has_a_subject_and_a_body_of_any_letters() {
        let mailbox = Mailbox {
            from: "Varanus <v@example.com>".into(),
            to: vec!["ann@example.com".into(), "bob@example.com".into()],
            ..Mailbox::default()
        };
        let words =
            Words { title: "🔴 CRITICAL: dämlich\r\nBcc: x@y.z".into(), details: "ü".into() };
        let mail = String::from_utf8(message(&mailbox, &words).unwrap().formatted()).unwrap();
        assert!(mail.contains("To: ann@example.com, bob@example.com\r\n"), "{mail}");
        // A line of its own would be a header of somebody else's making.
        assert!(!mail.contains("\r\nBcc:"), "{mail}");
        let wrong = Mailbox { to: vec!["nobody".into()], ..mailbox };
        assert!(message(&wrong, &words).unwrap_err().to_string().contains("\"nobody\""));
    }
}
