//! Resource files, which a repository brings along.

use varanus_proto::entity::toml::ResourcesToml;
use varanus_proto::resource_file::Files;

/// What is read of a file is written so that the same is read again. What is
/// wrong is told with a line that is there.
pub(crate) fn files(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut files = Files::default();
    files.add("a.toml", text, true);
    let lines = text.split('\n').count();
    for finding in &files.findings {
        assert!((1..=lines).contains(&finding.line), "{}: {finding}", finding.line);
    }
    let read: ResourcesToml = match toml::from_str(text) {
        Ok(read) => read,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let written = toml::to_string_pretty(&read).expect("what was read can be written");
    let again: ResourcesToml = match toml::from_str(&written) {
        Ok(again) => again,
        Err(error) => panic!("{error}\n{written}"),
    };
    // Some texts are put in order when they are read; afterwards nothing changes.
    let twice = toml::to_string_pretty(&again).expect("what was read can be written");
    let third: ResourcesToml = match toml::from_str(&twice) {
        Ok(third) => third,
        Err(error) => panic!("{error}\n{twice}"),
    };
    assert_eq!(again, third, "{written}");
}
