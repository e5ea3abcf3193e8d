//! `km create`: keys. These are the only secrets that `km` prints, once, to
//! standard output.

use jiff::Timestamp;
use serde_json::json;
use varanus_client::Client;
use varanus_proto::api::auth::manage::CreateApiKey;
use varanus_proto::api::read::user::FindUser;
use varanus_proto::api::write::api_key::CreateApiKeyForServiceUser;
use varanus_proto::api::write::onboarding::CreateOnboardingKey;
use varanus_proto::{Context as _, Error, Result};

use crate::args::Create;
use crate::show;

/// `km create api-key`.
pub async fn api_key(client: &Client, command: Create) -> Result<()> {
    let Create::ApiKey { name, r#for, expires, use_api: _, json } = command else { return Ok(()) };
    let expires = expiry(expires.as_deref(), Timestamp::now())?;
    let created = match r#for {
        Some(user) => {
            let user = client.request(FindUser { user }).await?;
            let user_id = user.id.to_string();
            client.request(CreateApiKeyForServiceUser { user_id, name, expires }).await
        }
        None => {
            let expires = u64::try_from(expires).unwrap_or_default();
            client.request(CreateApiKey { name, expires }).await
        }
    };
    let created = created.context("the API key was not created")?;
    if json {
        return show::print_json(&created);
    }
    show::print(&format!("Key: {}\nSecret: {}", created.key, created.secret));
    show::notice("The secret is not shown again.");
    Ok(())
}

/// `km create onboarding-key`.
pub async fn onboarding_key(client: &Client, command: Create) -> Result<()> {
    let Create::OnboardingKey {
        name,
        expires,
        private_key,
        tag,
        privileged,
        copy_server,
        create_builder,
        json,
    } = command
    else {
        return Ok(());
    };
    let created = client
        .request(CreateOnboardingKey {
            name,
            expires: expiry(expires.as_deref(), Timestamp::now())?,
            private_key,
            tags: tag,
            privileged,
            copy_server: copy_server.unwrap_or_default(),
            create_builder,
        })
        .await
        .context("the onboarding key was not created")?;
    if json {
        return show::print_json(&json!({
            "private_key": created.private_key,
            "public_key": created.created.public_key,
        }));
    }
    show::print(&format!(
        "Onboarding Key: {}\nPublic Key: {}",
        created.private_key, created.created.public_key
    ));
    show::notice("The key is not shown again. Agents take it as PERIPHERY_ONBOARDING_KEY.");
    Ok(())
}

/// Unix milliseconds of an end; 0 is never.
fn expiry(text: Option<&str>, now: Timestamp) -> Result<i64> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty() && *text != "0") else {
        return Ok(0);
    };
    let wrong = || {
        Error::invalid(format!(
            "--expires {text:?} is neither days (30), nor a span (12h, 5d, 2w), nor a date to come (2030-01-31)"
        ))
    };
    if let Ok(date) = text.parse::<jiff::civil::Date>() {
        let end = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| wrong())?.timestamp();
        return if end > now { Ok(end.as_millisecond()) } else { Err(wrong()) };
    }
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let count: i64 = digits.trim_end_matches('-').parse().map_err(|_| wrong())?;
    let hours = match &text[digits.len()..] {
        "h" | "hr" => 1,
        "" | "d" | "day" | "days" => 24,
        "w" | "wk" => 7 * 24,
        _ => return Err(wrong()),
    };
    let hours = count.checked_mul(hours).filter(|hours| *hours > 0).ok_or_else(wrong)?;
    let span = jiff::Span::new().try_hours(hours).map_err(|_| wrong())?;
    // A time zone is not needed: hours are all of one length.
    let end = now.checked_add(span).map_err(|_| wrong())?;
    Ok(end.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_days_a_span_or_a_date() {
        let now = Timestamp::from_millisecond(1_700_000_000_000).unwrap();
        let end = |text: &str| expiry(Some(text), now);
        let day = 24 * 60 * 60 * 1000;
        assert_eq!(end("30").unwrap(), 1_700_000_000_000 + 30 * day);
        assert_eq!(end("2w").unwrap(), 1_700_000_000_000 + 14 * day);
        assert_eq!(end("12h").unwrap(), 1_700_000_000_000 + day / 2);
        assert_eq!(end("30-day").unwrap(), end("30d").unwrap());
        assert_eq!(end("2030-01-31").unwrap(), 1_896_048_000_000);
        assert_eq!(expiry(None, now).unwrap(), 0);
        for wrong in ["soon", "-1", "5x", "2020-01-01", "99999999999999"] {
            assert!(end(wrong).unwrap_err().to_string().contains("--expires"), "{wrong}");
        }
    }
}
