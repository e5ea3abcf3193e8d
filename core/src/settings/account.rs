//! Accounts at git hosts and image registries, found by domain and username.
//! Admins alone see and change them. A token goes in and never comes out:
//! answers carry an empty one, and an empty one in an update leaves the token.

use std::sync::Arc;

use varanus_proto::api::read::provider::*;
use varanus_proto::api::write::provider::*;
use varanus_proto::entity::provider::{
    GitProviderAccount, ImageRegistryAccount, PartialGitProviderAccount,
    PartialImageRegistryAccount,
};
use varanus_proto::entity::update::Operation;
use varanus_proto::{Error, Result};

use super::record;
use crate::http::{Api, Call};
use crate::{Catalog, Commit, Row, Table};

/// What both sorts of accounts share.
trait Account: Row + Default + PartialEq {
    type Partial: Send;
    const WHAT: &'static str;
    const OPERATIONS: [Operation; 3];
    fn table(catalog: &Catalog) -> &Arc<Table<Self>>;
    fn apply(&mut self, partial: Self::Partial);
    fn names(&self) -> (&str, &str);
    fn token(&mut self) -> &mut String;
}

fn set(place: &mut String, value: Option<String>) {
    if let Some(value) = value {
        value.trim().clone_into(place);
    }
}

fn set_token(place: &mut String, value: Option<String>) {
    if let Some(value) = value.filter(|token| !token.is_empty()) {
        *place = value;
    }
}

impl Account for GitProviderAccount {
    type Partial = PartialGitProviderAccount;
    const WHAT: &'static str = "git account";
    const OPERATIONS: [Operation; 3] = [
        Operation::CreateGitProviderAccount,
        Operation::UpdateGitProviderAccount,
        Operation::DeleteGitProviderAccount,
    ];

    fn table(catalog: &Catalog) -> &Arc<Table<Self>> {
        &catalog.git_accounts
    }

    fn apply(&mut self, partial: Self::Partial) {
        set(&mut self.domain, partial.domain);
        self.https = partial.https.unwrap_or(self.https);
        set(&mut self.username, partial.username);
        set_token(&mut self.token, partial.token);
    }

    fn names(&self) -> (&str, &str) {
        (&self.domain, &self.username)
    }

    fn token(&mut self) -> &mut String {
        &mut self.token
    }
}

impl Account for ImageRegistryAccount {
    type Partial = PartialImageRegistryAccount;
    const WHAT: &'static str = "image registry account";
    // The records keep the name they had when registries were Docker's alone.
    const OPERATIONS: [Operation; 3] = [
        Operation::CreateDockerRegistryAccount,
        Operation::UpdateDockerRegistryAccount,
        Operation::DeleteDockerRegistryAccount,
    ];

    fn table(catalog: &Catalog) -> &Arc<Table<Self>> {
        &catalog.registry_accounts
    }

    fn apply(&mut self, partial: Self::Partial) {
        set(&mut self.domain, partial.domain);
        set(&mut self.username, partial.username);
        set_token(&mut self.token, partial.token);
    }

    fn names(&self) -> (&str, &str) {
        (&self.domain, &self.username)
    }

    fn token(&mut self) -> &mut String {
        &mut self.token
    }
}

pub(super) fn api(api: &mut Api) {
    api.on(|call: Call, request: GetGitProviderAccount| async move {
        get::<GitProviderAccount>(&call, &request.id)
    });
    api.on(|call: Call, request: ListGitProviderAccounts| async move {
        list::<GitProviderAccount>(&call, request.domain, request.username)
    });
    api.on(|call: Call, request: CreateGitProviderAccount| async move {
        create::<GitProviderAccount>(&call, request.account).await
    });
    api.on(|call: Call, request: UpdateGitProviderAccount| async move {
        update::<GitProviderAccount>(&call, &request.id, request.account).await
    });
    api.on(|call: Call, request: DeleteGitProviderAccount| async move {
        delete::<GitProviderAccount>(&call, &request.id).await
    });
    api.on(|call: Call, request: GetImageRegistryAccount| async move {
        get::<ImageRegistryAccount>(&call, &request.id)
    });
    api.on(|call: Call, request: ListImageRegistryAccounts| async move {
        list::<ImageRegistryAccount>(&call, request.domain, request.username)
    });
    api.on(|call: Call, request: CreateImageRegistryAccount| async move {
        create::<ImageRegistryAccount>(&call, request.account).await
    });
    api.on(|call: Call, request: UpdateImageRegistryAccount| async move {
        update::<ImageRegistryAccount>(&call, &request.id, request.account).await
    });
    api.on(|call: Call, request: DeleteImageRegistryAccount| async move {
        delete::<ImageRegistryAccount>(&call, &request.id).await
    });
}

fn shown<A: Account>(account: &A) -> A {
    let mut account = account.clone();
    account.token().clear();
    account
}

fn find<A: Account>(call: &Call, id: &str) -> Result<Arc<A>> {
    call.caller.require_admin(&format!("see or change a {}", A::WHAT))?;
    let missing = || Error::not_found(format!("there is no {} {id:?}", A::WHAT));
    A::table(&call.core.catalog).get(id).ok_or_else(missing)
}

fn get<A: Account>(call: &Call, id: &str) -> Result<A> {
    find::<A>(call, id).map(|account| shown(&*account))
}

fn list<A: Account>(
    call: &Call,
    domain: Option<String>,
    username: Option<String>,
) -> Result<Vec<A>> {
    call.caller.require_admin(&format!("see a {}", A::WHAT))?;
    let wanted = |want: &Option<String>, is: &str| want.as_deref().is_none_or(|want| want == is);
    let mut accounts = A::table(&call.core.catalog).all();
    accounts.retain(|account| {
        wanted(&domain, account.names().0) && wanted(&username, account.names().1)
    });
    accounts.sort_by(|a, b| a.names().cmp(&b.names()));
    Ok(accounts.iter().map(|account| shown(&**account)).collect())
}

/// Goes on with an account that has both names, which no other one has.
fn check<A: Account>(call: &Call, id: &str, account: &A) -> Result<()> {
    let (domain, username) = account.names();
    if domain.is_empty() || username.is_empty() {
        return Err(Error::invalid(format!("a {} needs a domain and a username", A::WHAT)));
    }
    let others = A::table(&call.core.catalog).entries();
    match others.iter().any(|(other, row)| other != id && row.names() == account.names()) {
        true => Err(Error::conflict(format!(
            "there is a {} {username:?} at {domain:?} already",
            A::WHAT
        ))),
        false => Ok(()),
    }
}

async fn keep<A: Account>(
    call: &Call,
    commit: Commit,
    which: usize,
    verb: &str,
    account: &A,
) -> Result<()> {
    let (domain, username) = account.names();
    let text = format!("{verb}d the {} {username:?} at {domain:?}", A::WHAT);
    let mut stage = format!("{verb} {}", A::WHAT);
    stage[..1].make_ascii_uppercase();
    record(call, commit, A::OPERATIONS[which], &stage, text).await
}

async fn create<A: Account>(call: &Call, partial: A::Partial) -> Result<A> {
    call.caller.require_admin(&format!("create a {}", A::WHAT))?;
    let mut account = A::default();
    account.apply(partial);
    let _edit = call.core.edit().await;
    check(call, "", &account)?;
    let mut commit = Commit::new();
    let id = commit.insert(A::table(&call.core.catalog), account.clone())?;
    keep(call, commit, 0, "create", &account).await?;
    get(call, &id)
}

async fn update<A: Account>(call: &Call, id: &str, partial: A::Partial) -> Result<A> {
    call.caller.require_admin(&format!("change a {}", A::WHAT))?;
    let _edit = call.core.edit().await;
    let before = find::<A>(call, id)?;
    let mut account = (*before).clone();
    account.apply(partial);
    check(call, id, &account)?;
    if account != *before {
        let mut commit = Commit::new();
        commit.put(A::table(&call.core.catalog), id, account.clone())?;
        keep(call, commit, 1, "update", &account).await?;
    }
    Ok(shown(&account))
}

async fn delete<A: Account>(call: &Call, id: &str) -> Result<A> {
    let _edit = call.core.edit().await;
    let account = find::<A>(call, id)?;
    let mut commit = Commit::new();
    commit.delete(A::table(&call.core.catalog), id);
    keep(call, commit, 2, "delete", &*account).await?;
    Ok(shown(&*account))
}
