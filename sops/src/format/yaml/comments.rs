//! Where the comments of a YAML text stand. The parser leaves them out; what is not
//! inside a scalar and starts with `#` after a blank is one.

use std::collections::VecDeque;

use saphyr_parser::{Event, ScalarStyle, Span};
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
        .filter_map(|(event, span)| match event {
            Event::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded, ..) => {
                Some((span.start.index(), span.end.index(), true))
            }
            Event::Scalar(..) => Some((span.start.index(), span.end.index(), false)),
            _ => None,
        })
        .peekable();
    let mut found = VecDeque::new();
    let mut index = 0;
    for (number, line) in text.split('\n').enumerate() {
        let length = line.chars().count();
        let mut blank_before = true;
        for (column, (at, c)) in line.char_indices().enumerate() {
            let here = index + column;
            while scalars.peek().is_some_and(|(_, end, _)| *end <= here) {
                scalars.next();
            }
            let inside = scalars.peek().is_some_and(|(start, _, _)| *start <= here);
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
