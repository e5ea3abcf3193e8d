//! What is fuzzed: for each kind of input that others write, a target that
//! takes any bytes and panics when a promise about them is broken.
//!
//! `./dev fuzz` drives each target by libFuzzer, which looks for bytes that
//! reach code it has not seen yet; it begins with `seeds/TARGET/*`. A test runs
//! every seed once, so that what was found stays found. The targets come in
//! through public doors and know no inside.

mod compose;
mod environment;
mod link;
mod logs;
mod resource;
mod sops;
mod webhook;

/// A target's name, which is also its folder of seeds, and what it does with
/// bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 8] = [
    ("compose-output", compose::output),
    ("environment", environment::texts),
    ("link", link::session),
    ("link-frames", link::frames),
    ("log-streams", logs::streams),
    ("resource-files", resource::files),
    ("sops-files", sops::files),
    ("webhooks", webhook::deliveries),
];

/// The target of a name.
pub fn find(name: &str) -> Option<fn(&[u8])> {
    TARGETS.iter().find(|target| target.0 == name).map(|target| target.1)
}

/// Cuts the bytes at newlines into this many texts; the last takes the rest.
/// What is no UTF-8 is replaced.
fn texts<const N: usize>(data: &[u8]) -> [String; N] {
    let mut parts = data.splitn(N, |byte| *byte == b'\n');
    std::array::from_fn(|_| String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned())
}

/// Runs what has to wait, with nothing beside it.
fn block<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be made").block_on(work)
}
