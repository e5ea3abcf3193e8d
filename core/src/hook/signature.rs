//! Whether a delivery comes from somebody who knows the secret.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::{Incoming, Provider};

/// Where a signature may be, in the order they are looked for: GitHub's own,
/// which Forgejo and Gitea send too, then those of older ones.
const SIGNATURES: [&str; 4] =
    ["x-hub-signature-256", "x-forgejo-signature", "x-gitea-signature", "x-gogs-signature"];

/// Goes on when the delivery shows that its sender knows the secret; the error
/// says what is wrong. Compares in constant time, over the body as it came.
pub fn verify(incoming: &Incoming, secret: &str) -> Result<(), String> {
    match incoming.provider {
        Provider::Github => signed(incoming, secret),
        Provider::Gitlab => {
            let Some(token) = incoming.header("x-gitlab-token") else {
                return Err("the header X-Gitlab-Token is missing; other hosts than GitLab \
                            deliver to /listener/github/…"
                    .into());
            };
            match bool::from(token.as_bytes().ct_eq(secret.as_bytes())) {
                true => Ok(()),
                false => Err("the token is not the webhook's secret".into()),
            }
        }
    }
}

fn signed(incoming: &Incoming, secret: &str) -> Result<(), String> {
    let Some(given) = SIGNATURES.iter().find_map(|name| incoming.header(name)) else {
        let hint = match incoming.header("x-gitlab-token") {
            Some(_) => "GitLab delivers to /listener/gitlab/…",
            None => "set the secret in the settings of the webhook at the git host",
        };
        return Err(format!("the header X-Hub-Signature-256 is missing; {hint}"));
    };
    let given = given.strip_prefix("sha256=").unwrap_or(given);
    let Ok(given) = hex::decode(given) else {
        return Err("the signature is not hexadecimal".into());
    };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return Err("the secret cannot be a key".into());
    };
    mac.update(&incoming.body);
    mac.verify_slice(&given).map_err(|_| {
        "the signature does not fit the body: the webhook's secret at the git host is another one"
            .into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incoming(provider: Provider, header: (&str, &str), body: &[u8]) -> Incoming {
        Incoming {
            provider,
            headers: [(header.0.to_owned(), header.1.to_owned())].into(),
            body: body.to_vec(),
            ..Incoming::default()
        }
    }

    // The example of GitHub's documentation on validating deliveries.
    const BODY: &[u8] = b"Hello, World!";
    const SECRET: &str = "It's a Secret to Everybody";
    const HEX: &str = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    #[test]
    fn every_form_of_signature_is_taken() {
        let with_prefix = format!("sha256={HEX}");
        for header in [
            ("x-hub-signature-256", with_prefix.as_str()),
            ("x-hub-signature-256", HEX),
            ("x-gitea-signature", HEX),
            ("x-forgejo-signature", HEX),
            ("x-gogs-signature", HEX),
        ] {
            assert_eq!(verify(&incoming(Provider::Github, header, BODY), SECRET), Ok(()));
        }
        let token = ("x-gitlab-token", SECRET);
        assert_eq!(verify(&incoming(Provider::Gitlab, token, BODY), SECRET), Ok(()));
    }

    #[test]
    fn a_wrong_one_is_refused_with_the_reason() {
        let signature = ("x-hub-signature-256", HEX);
        let cases = [
            (incoming(Provider::Github, signature, b"Hello, World"), "does not fit"),
            (incoming(Provider::Github, ("x-hub-signature-256", "sha256="), BODY), "does not fit"),
            (incoming(Provider::Github, ("x-hub-signature-256", "xyz"), BODY), "hexadecimal"),
            (incoming(Provider::Github, ("x-other", HEX), BODY), "is missing"),
            (incoming(Provider::Github, ("x-gitlab-token", SECRET), BODY), "/listener/gitlab"),
            (incoming(Provider::Gitlab, ("x-gitlab-token", "It"), BODY), "not the webhook's"),
            (incoming(Provider::Gitlab, signature, BODY), "/listener/github"),
        ];
        for (delivery, reason) in cases {
            let error = verify(&delivery, SECRET).unwrap_err();
            assert!(error.contains(reason), "{error}");
            assert!(!error.contains(SECRET) && !error.contains(HEX), "{error}");
        }
    }
}
