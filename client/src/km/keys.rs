//! `km key`: pairs of keys, made here without a Core.

use varanus_link::key::PrivateKey;
use varanus_proto::Result;

use crate::args::{Key, KeyFormat};
use crate::show;

/// `km key`.
pub fn key(command: Key) -> Result<()> {
    let (private, format) = match command {
        Key::Generate { format } => (PrivateKey::generate()?, format),
        Key::Compute { private_key, format } => (PrivateKey::load(&private_key.into())?, format),
    };
    show::print(&text(&private, format));
    Ok(())
}

fn text(private: &PrivateKey, format: KeyFormat) -> String {
    let (secret, public) = (private.to_base64(), private.public().to_string());
    let json = serde_json::json!({ "private_key": secret.expose(), "public_key": public });
    match format {
        KeyFormat::Standard => {
            format!("Private Key: {}\nPublic Key: {public}", secret.expose())
        }
        KeyFormat::Json => json.to_string(),
        KeyFormat::JsonPretty => format!("{json:#}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_printed_with_its_public_key() {
        let private = PrivateKey::parse("0123456789").unwrap();
        let json: serde_json::Value =
            serde_json::from_str(&text(&private, KeyFormat::Json)).unwrap();
        assert_eq!(json["public_key"], private.public().to_string());
        let again = PrivateKey::parse(json["private_key"].as_str().unwrap()).unwrap();
        assert_eq!(again.public(), private.public());
        assert!(text(&private, KeyFormat::Standard).contains("Public Key: MCowBQYDK2VuAyEA"));
    }
}
