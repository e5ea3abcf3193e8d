//! What a SOPS file says about itself: who can open it, what is encrypted, and the
//! checksum. One shape for all formats; flat formats flatten it (see `flat`).

use crate::error::{Error, Result};
use crate::rules::Rule;
use crate::value::{Branch, Item, Value, get};

/// The name the metadata stands under.
pub(crate) const KEY: &str = "sops";

/// Other ways to close a data key, which this crate does not open.
const FOREIGN: [&str; 7] =
    ["kms", "gcp_kms", "azure_kv", "hc_vault", "hckms", "huaweicloud_kms", "pgp"];

pub(crate) struct Metadata {
    pub(crate) groups: Vec<Group>,
    /// How many groups must be opened.
    pub(crate) threshold: usize,
    pub(crate) last_modified: String,
    pub(crate) mac: String,
    pub(crate) rule: Rule,
    pub(crate) mac_only_encrypted: bool,
    pub(crate) version: String,
}

/// Keys of which one suffices for the group's share.
#[derive(Default)]
pub(crate) struct Group {
    pub(crate) age: Vec<AgeKey>,
    /// The kinds of foreign keys in the group.
    pub(crate) foreign: Vec<&'static str>,
}

pub(crate) struct AgeKey {
    pub(crate) recipient: String,
    /// The armoured message.
    pub(crate) message: String,
}

impl Metadata {
    /// Reads the map under `sops`.
    pub(crate) fn read(branch: &Branch) -> Result<Self> {
        let groups: Vec<Group> = match get(branch, "key_groups").and_then(Value::as_list) {
            Some(list) if !list.is_empty() => {
                list.iter().filter_map(Value::as_map).map(Group::read).collect::<Result<_>>()?
            }
            _ => vec![Group::read(branch)?],
        };
        let threshold = match get(branch, "shamir_threshold").map(whole) {
            None | Some(Some(0)) => groups.len(),
            Some(Some(n)) => n,
            Some(None) => return Err(Error::not_sops("shamir_threshold is not a number")),
        };
        let mut rules = Rule::NAMED
            .iter()
            .filter_map(|(name, rule)| Some(rule(text(branch, name).filter(|t| !t.is_empty())?)));
        let rule = rules.next().unwrap_or_default();
        if rules.next().is_some() {
            return Err(Error::not_sops(
                "its metadata has more than one rule for what is encrypted",
            ));
        }
        Ok(Self {
            groups,
            threshold,
            last_modified: text(branch, "lastmodified")
                .ok_or_else(|| Error::not_sops("its metadata has no lastmodified"))?,
            // A file without a checksum is read, and refused by comparing it.
            mac: text(branch, "mac").unwrap_or_default(),
            rule,
            mac_only_encrypted: get(branch, "mac_only_encrypted").is_some_and(truth),
            version: text(branch, "version").unwrap_or_default(),
        })
    }

    /// The map to stand under `sops`.
    pub(crate) fn write(&self) -> Branch {
        let mut branch = Branch::new();
        if self.groups.len() > 1 {
            push(&mut branch, "shamir_threshold", Value::Int(self.threshold as i64));
            let groups = self.groups.iter().map(|group| Value::Map(group.write())).collect();
            push(&mut branch, "key_groups", Value::List(groups));
        } else if let Some(group) = self.groups.first() {
            branch = group.write();
        }
        push(&mut branch, "lastmodified", Value::str(self.last_modified.as_str()));
        push(&mut branch, "mac", Value::str(self.mac.as_str()));
        let (name, text) = self.rule.entry();
        push(&mut branch, name, Value::str(text));
        if self.mac_only_encrypted {
            push(&mut branch, "mac_only_encrypted", Value::Bool(true));
        }
        push(&mut branch, "version", Value::str(self.version.as_str()));
        branch
    }

    /// The public recipients of all groups, each once.
    pub(crate) fn recipients(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for key in self.groups.iter().flat_map(|group| &group.age) {
            if !all.contains(&key.recipient) {
                all.push(key.recipient.clone());
            }
        }
        all
    }
}

impl Group {
    fn read(branch: &Branch) -> Result<Self> {
        let mut group = Self::default();
        for entry in get(branch, "age").and_then(Value::as_list).unwrap_or_default() {
            let Some(entry) = entry.as_map() else { continue };
            let (Some(recipient), Some(message)) = (text(entry, "recipient"), text(entry, "enc"))
            else {
                return Err(Error::not_sops(
                    "an age key of its metadata has no recipient or no enc",
                ));
            };
            group.age.push(AgeKey { recipient, message });
        }
        let foreign = FOREIGN.into_iter().filter(|kind| {
            get(branch, kind).and_then(Value::as_list).is_some_and(|list| !list.is_empty())
        });
        group.foreign.extend(foreign);
        Ok(group)
    }

    fn write(&self) -> Branch {
        let keys = self.age.iter().map(|key| {
            Value::Map(vec![
                Item::Pair("recipient".to_owned(), Value::str(key.recipient.as_str())),
                Item::Pair("enc".to_owned(), Value::str(key.message.as_str())),
            ])
        });
        vec![Item::Pair("age".to_owned(), Value::List(keys.collect()))]
    }
}

fn push(branch: &mut Branch, name: &str, value: Value) {
    branch.push(Item::Pair(name.to_owned(), value));
}

fn text(branch: &Branch, name: &str) -> Option<String> {
    get(branch, name)?.as_str().map(str::to_owned)
}

// Flat formats and old versions write numbers and truth as text.

fn whole(value: &Value) -> Option<usize> {
    match value {
        Value::Int(n) => usize::try_from(*n).ok(),
        Value::Float(f) if f.fract() == 0.0 && (0.0..256.0).contains(f) => Some(*f as usize),
        other => other.as_str()?.parse().ok(),
    }
}

fn truth(value: &Value) -> bool {
    matches!(value, Value::Bool(true)) || value.as_str() == Some("true")
}
