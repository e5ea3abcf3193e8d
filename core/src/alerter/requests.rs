//! The requests about alerters.

use std::cmp::Ordering;

use varanus_proto::api::read::alerter::*;
use varanus_proto::api::write::alerter::*;
use varanus_proto::entity::alerter::{AlerterListItem, AlerterSortBy};

use super::Alerters;
use crate::http::{Api, Call};
use crate::resource::{self, kind_api};

/// Every request about alerters.
pub fn api(api: &mut Api) {
    kind_api!(
        api, Alerters, alerter,
        get GetAlerter, list ListAlerters, full ListFullAlerters, copy CopyAlerter,
        delete DeleteAlerter, update UpdateAlerter, rename RenameAlerter, create CreateAlerter,
        sort order
    );
    api.on(|call: Call, _: GetAlertersSummary| async move {
        let found = resource::query::<Alerters>(&call.core, &call.caller, &Default::default())?;
        Ok(GetAlertersSummaryResponse { total: u32::try_from(found.len()).unwrap_or(u32::MAX) })
    });
}

fn order(by: AlerterSortBy, a: &AlerterListItem, b: &AlerterListItem) -> Ordering {
    match by {
        AlerterSortBy::Name => Ordering::Equal,
        AlerterSortBy::Type => a.info.endpoint_type.cmp(&b.info.endpoint_type),
        AlerterSortBy::Enabled => b.info.enabled.cmp(&a.info.enabled),
    }
}
