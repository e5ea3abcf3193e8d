//! One target of the library, driven by libFuzzer. `VARANUS_FUZZ` says which.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let name = std::env::var("VARANUS_FUZZ").unwrap_or_default();
    let Some(target) = varanus_fuzz::find(&name) else {
        let names: Vec<_> = varanus_fuzz::TARGETS.iter().map(|target| target.0).collect();
        panic!("VARANUS_FUZZ says which target: {}", names.join(", "));
    };
    target(data);
});
