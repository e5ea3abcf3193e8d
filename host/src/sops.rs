//! Names of SOPS files and of what is decrypted from them, as the agent's hook
//! `sops-decrypt.sh` has them: `app.sops.env` stands beside `app.env`.

/// Endings of encrypted files.
const ENDINGS: [&str; 4] = ["env", "json", "yaml", "yml"];

/// `app.sops.env` → `app.env`, `.sops.env` → `.env`.
pub fn plain_name(name: &str) -> Option<String> {
    let (rest, ending) = name.rsplit_once('.')?;
    let stem = rest.strip_suffix(".sops")?;
    ENDINGS.contains(&ending).then(|| format!("{stem}.{ending}"))
}

/// `app.env` → `app.sops.env`; also of a path.
pub fn encrypted_name(plain: &str) -> Option<String> {
    let (stem, ending) = plain.rsplit_once('.')?;
    let fits = ENDINGS.contains(&ending) && !stem.ends_with(".sops");
    fits.then(|| format!("{stem}.sops.{ending}"))
}

/// What is kept and shown in place of a decrypted file, by the name of the
/// encrypted one.
pub fn in_place_of(encrypted: &str) -> String {
    format!("# decrypted from {encrypted}, and not shown\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decrypted_files_lose_sops_from_their_name() {
        for (from, to) in [
            (".sops.env", Some(".env")),
            ("app.sops.env", Some("app.env")),
            ("a.b.sops.yaml", Some("a.b.yaml")),
            ("sops.env", None),
            (".env", None),
            ("app.env", None),
            ("app.sops.txt", None),
        ] {
            assert_eq!(plain_name(from).as_deref(), to, "{from}");
        }
    }

    #[test]
    fn an_encrypted_name_is_the_plain_one_the_other_way_round() {
        for plain in [".env", "app.env", "a.b.yaml", "folder.d/x.json"] {
            let encrypted = encrypted_name(plain).unwrap();
            assert_eq!(plain_name(&encrypted).as_deref(), Some(plain));
            assert_eq!(encrypted_name(&encrypted), None);
        }
        assert_eq!(encrypted_name("folder.env/x"), None);
        assert_eq!(encrypted_name("x.txt"), None);
    }
}
