//! What people and scripts see: tables, JSON, questions. Results go to standard
//! output, notices to standard error.

use std::io::{BufRead, IsTerminal as _, Write as _};

use comfy_table::{Table, presets};
use serde::Serialize;
use varanus_client::config::TableBorders;
use varanus_proto::{Error, Result};

/// A table as text, each row a line. Without a choice of borders there are no
/// lines between cells: what people can copy and `awk` can read.
pub fn table(borders: Option<TableBorders>, header: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(match borders {
        None => presets::NOTHING,
        Some(TableBorders::Horizontal) => presets::UTF8_HORIZONTAL_ONLY,
        Some(TableBorders::Outside) => presets::UTF8_BORDERS_ONLY,
        Some(TableBorders::Vertical | TableBorders::Inside) => presets::UTF8_NO_BORDERS,
        Some(TableBorders::All) => presets::UTF8_FULL_CONDENSED,
    });
    table.set_header(header.to_vec());
    table.add_rows(rows);
    // What `cut` and `awk` take for the first column is the first column.
    if borders.is_none()
        && let Some(column) = table.column_mut(0)
    {
        column.set_padding((0, 1));
    }
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// Prints a text as a result.
pub fn print(text: &str) {
    // Who reads may have gone, as with `km list | head`: that is no failure.
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end_matches('\n'));
}

/// Prints a value as JSON over several lines.
pub fn print_json(value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Error::internal("the answer cannot be shown").cause(error))?;
    print(&text);
    Ok(())
}

/// Says something beside the result.
pub fn notice(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Asks for ENTER, unless `yes`. The end of the input means no.
pub fn confirm(what: &str, yes: bool) -> Result<()> {
    if yes {
        return Ok(());
    }
    let mut stderr = std::io::stderr();
    let _ = write!(stderr, "{what}\nPress ENTER to go on, Ctrl-C to leave it. ");
    let _ = stderr.flush();
    let mut answer = String::new();
    let stdin = std::io::stdin();
    let asked = stdin.is_terminal();
    match stdin.lock().read_line(&mut answer) {
        Ok(read) if read > 0 => Ok(()),
        _ if asked => Err(Error::cancelled("nothing was done")),
        _ => Err(Error::invalid("nobody is there to confirm it: give --yes")),
    }
}

/// Whether a name matches one of the patterns, in which `*` stands for any text
/// and `?` for one character; no pattern at all matches every name.
pub fn matches(patterns: &[String], name: &str) -> bool {
    patterns.is_empty()
        || patterns.iter().any(|pattern| wildcard(pattern.as_bytes(), name.as_bytes()))
}

fn wildcard(pattern: &[u8], name: &[u8]) -> bool {
    // Where to go on when what follows the last `*` does not fit.
    let (mut at, mut in_name, mut retry) = (0, 0, None);
    while in_name < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                retry = Some((at, in_name));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == name[in_name] => {
                at += 1;
                in_name += 1;
            }
            _ => match retry {
                Some((star, start)) => {
                    retry = Some((star, start + 1));
                    at = star + 1;
                    in_name = start + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// A time of Core (Unix milliseconds) in UTC; nothing for none.
pub fn time(ms: i64) -> String {
    match jiff::Timestamp::from_millisecond(ms) {
        Ok(time) if ms > 0 => time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_as_in_a_shell() {
        let matched = |pattern: &str, name| matches(&[pattern.to_owned()], name);
        assert!(matched("web*", "web-1") && matched("*-1", "web-1") && matched("w?b-*", "web-1"));
        assert!(matched("*b*1", "web-1") && matched("*", ""));
        assert!(!matched("web", "web-1") && !matched("w?", "web") && !matched("*2", "web-1"));
        assert!(matches(&[], "anything"));
    }

    #[test]
    fn a_table_has_a_line_for_each_row() {
        let rows =
            || vec![vec!["web".into(), "running".into()], vec!["database".into(), "down".into()]];
        let text = table(None, &["NAME", "STATE"], rows());
        assert_eq!(text.lines().count(), 3);
        let words: Vec<Vec<_>> =
            text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(words, [["NAME", "STATE"], ["web", "running"], ["database", "down"]]);
        assert!(table(Some(TableBorders::All), &["NAME", "STATE"], rows()).contains("┌"));
    }

    #[test]
    fn times_are_told_in_utc() {
        assert_eq!(time(1_700_000_000_123), "2023-11-14 22:13:20");
        assert_eq!(time(0), "");
    }
}
