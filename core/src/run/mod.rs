//! A run's life: accepted → queued → in progress → complete.
//!
//! Every execution is a run with an update under the same id. It is stored
//! before its caller is answered, waits until its resource is free, works within
//! its deadline, and completes whatever happens. What a run does is the business
//! of its kind's room (`perform`); this room knows when and for how long.

mod audit;
pub mod batch;
mod cancel;
mod engine;
mod handle;
pub mod parts;
mod patience;
pub mod pattern;
mod perform;
pub mod plan;
mod queue;
mod read;
pub mod record;
mod recover;
mod room;
mod write;
#[cfg(test)]
mod write_tests;

pub use audit::{Audit, error_log, simple_log};
pub use cancel::on_resource as cancel_on;
pub use engine::{INTERRUPTED, Origin, Runs, begin_ready, submit, wait, was_interrupted};
pub use handle::{Run, Stream};
pub use patience::try_again;
pub use read::{api, link, username, visible};
pub use recover::recover;
pub use room::join_waiting;
pub use write::commit;

/// Answers execute requests by submitting them as runs.
macro_rules! executions {
    ($api:expr, $($request:ident),* $(,)?) => {$(
        $api.on(|call: $crate::http::Call, request: $request| async move {
            let execution = varanus_proto::entity::execution::Execution::$request(request);
            $crate::run::submit(&call.core, &call.caller, execution, Default::default()).await
        });
    )*};
}
pub(crate) use executions;
