//! Who is calling.

use std::sync::Arc;

use varanus_proto::entity::user::{User, UserConfig, UserPasskeyConfig, UserTotpConfig};
use varanus_proto::{Error, Result};

/// Somebody whose identity is established: a person, a service user, or one of
/// the system's own.
#[derive(Clone)]
pub struct Caller {
    /// The user as stored, or as built in.
    pub user: Arc<User>,
}

/// The system's own users (Komodo 2.3: ids that are never in the database).
/// They are admins and appear as the operator of updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub enum ServiceUser {
    System,
    Procedure,
    Action,
    GitWebhook,
    AutoRedeploy,
    ResourceSync,
    StackWizard,
    BuildManager,
    RepoManager,
}

impl ServiceUser {
    const ALL: [Self; 9] = [
        Self::System,
        Self::Procedure,
        Self::Action,
        Self::GitWebhook,
        Self::AutoRedeploy,
        Self::ResourceSync,
        Self::StackWizard,
        Self::BuildManager,
        Self::RepoManager,
    ];

    /// The id: 24 digits, the last telling which.
    pub fn id(self) -> String {
        format!("{:024}", self as u8)
    }

    /// The name people see.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Procedure => "Procedure",
            Self::Action => "Action",
            Self::GitWebhook => "Git Webhook",
            Self::AutoRedeploy => "Auto Redeploy",
            Self::ResourceSync => "Resource Sync",
            Self::StackWizard => "Stack Wizard",
            Self::BuildManager => "Build Manager",
            Self::RepoManager => "Repo Manager",
        }
    }

    /// The one of an id or a name.
    pub fn find(id_or_name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|user| user.name() == id_or_name || user.id() == id_or_name)
    }

    /// The user this stands for.
    pub fn user(self) -> User {
        User {
            id: self.id().into(),
            username: self.name().into(),
            enabled: true,
            super_admin: false,
            admin: true,
            create_server_permissions: true,
            create_build_permissions: true,
            config: UserConfig::Service { description: format!("Built in: {}", self.name()) },
            linked_logins: Default::default(),
            totp: UserTotpConfig::default(),
            passkey: UserPasskeyConfig::default(),
            external_skip_2fa: false,
            last_update_view: 0,
            recents: Default::default(),
            all: Default::default(),
            updated_at: 0,
        }
    }
}

impl From<ServiceUser> for Caller {
    fn from(user: ServiceUser) -> Self {
        Self { user: Arc::new(user.user()) }
    }
}

impl Caller {
    /// A user.
    pub fn new(user: Arc<User>) -> Self {
        Self { user }
    }

    /// The user's id: the operator of what they do.
    pub fn id(&self) -> &str {
        self.user.id.as_str()
    }

    /// Whether every permission is granted.
    pub fn is_admin(&self) -> bool {
        self.user.admin || self.user.super_admin
    }

    /// Goes on for admins alone.
    pub fn require_admin(&self, to: &str) -> Result<()> {
        match self.is_admin() {
            true => Ok(()),
            false => Err(Error::forbidden(format!("only an admin may {to}"))),
        }
    }
}
