//! Where the comments of a YAML text stand. The parser leaves them out; what is not
//! inside a scalar and starts with `#` after a blank is one.

use std::collections::VecDeque;

use saphyr_parser::{Event, Marker, ScalarStyle, Span};
use zeroize::Zeroizing;

pub(super) struct Comment {
    /// Position of the `#`, in characters from the start of the text.
    pub(super) index: usize,
    /// Counted from 1.
    pub(super) line: usize,
    /// Counted from 0.
    pub(super) column: usize,
    /// Whether nothing but blanks stands before it in its line.
    pub(super) alone: bool,
    /// Without the `#`.
    pub(super) text: Zeroizing<String>,
}

/// All comments in their order.
pub(super) fn find(text: &str, events: &[(Event<'_>, Span)]) -> VecDeque<Comment> {
    let mut scalars = events
        .iter()
        .filter(|(event, _)| matches!(event, Event::Scalar(..)))
        .map(|(_, span)| (span.start.index(), span.end.index()))
        .peekable();
    let mut found = VecDeque::new();
    let mut index = 0;
    for (number, line) in text.split('\n').enumerate() {
        let length = line.chars().count();
        let mut blank_before = true;
        for (column, (at, c)) in line.char_indices().enumerate() {
            let here = index + column;
            while scalars.peek().is_some_and(|(_, end)| *end <= here) {
                scalars.next();
            }
            let inside = scalars.peek().is_some_and(|(start, _)| *start <= here);
            if c == '#' && blank_before && !inside {
                let text = line[at + 1..].trim_end_matches('\r').to_owned();
                found.push_back(Comment {
                    index: here,
                    line: number + 1,
                    column,
                    alone: line[..at].trim().is_empty(),
                    text: Zeroizing::new(text),
                });
                break;
            }
            blank_before = c == ' ' || c == '\t';
        }
        index += length + 1;
    }
    found
}

/// Puts the end of quoted scalars at their closing quotes: for the parser they reach to
/// the next word, over the comment between.
pub(super) fn end_at_quotes(text: &str, events: &mut [(Event<'_>, Span)]) {
    let characters: Zeroizing<Vec<char>> = Zeroizing::new(text.chars().collect());
    for (event, span) in events {
        let quote = match event {
            Event::Scalar(_, ScalarStyle::SingleQuoted, ..) => '\'',
            Event::Scalar(_, ScalarStyle::DoubleQuoted, ..) => '"',
            _ => continue,
        };
        let (mut at, mut line, mut column) =
            (span.start.index(), span.start.line(), span.start.col());
        let mut opened = false;
        while let Some(c) = characters.get(at) {
            let escaped = match quote {
                '"' => *c == '\\',
                _ => *c == quote && characters.get(at + 1) == Some(&quote),
            };
            if opened && escaped && characters.get(at + 1) != Some(&'\n') {
                at += 2;
                column += 2;
                continue;
            }
            at += 1;
            column += 1;
            if *c == '\n' {
                (line, column) = (line + 1, 0);
            }
            if *c == quote && std::mem::replace(&mut opened, true) {
                span.end = Marker::new(at, line, column);
                break;
            }
        }
    }
}
