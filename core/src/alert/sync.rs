//! What is said of resource syncs: that what is declared is not what there is.

use std::sync::Arc;

use varanus_proto::entity::alert::{AlertData, AlertDataVariant, SeverityLevel};
use varanus_proto::entity::resource::ResourceTarget;

use super::open::{self, Subject};
use crate::Core;

/// A sync was looked at, and has changes to apply or none. The alert is sent when
/// the sync wants that (`pending_alert`), and ends without a word (Komodo 2.3).
pub async fn sync_pending(core: &Arc<Core>, id: &str, name: &str, pending: bool, told: bool) {
    let target = ResourceTarget::ResourceSync(id.to_owned());
    let kind = AlertDataVariant::ResourceSyncPendingUpdates;
    let about = Subject { target, kind, part: String::new() };
    let done = match pending {
        true if open::is_open(core, &about) => return,
        true => {
            let data =
                AlertData::ResourceSyncPendingUpdates { id: id.to_owned(), name: name.to_owned() };
            open::begin(core, about, SeverityLevel::Ok, data, told).await
        }
        false => open::over(core, about, false).await,
    };
    if let Err(error) = done {
        tracing::warn!(%error, "an alert could not be kept; the next look at the sync tries again");
    }
}
