//! How a text is written in YAML: unquoted, quoted, or as a block, decided by the same
//! look at its characters as the YAML library of `sops` takes.

/// The ways to write a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// What a scalar's characters allow in block context.
struct Allowed {
    plain: bool,
    single: bool,
    literal: bool,
}

/// The style in which a wish can be met.
pub(super) fn possible(text: &str, wish: Style) -> Style {
    let allowed = look(text);
    match wish {
        Style::Plain if allowed.plain => Style::Plain,
        Style::Plain | Style::Single if allowed.single => Style::Single,
        Style::Literal if allowed.literal => Style::Literal,
        _ => Style::Double,
    }
}

/// Whether a character ends a line.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether a character may stand as it is. Those beyond the 16 bit plane may not.
pub(super) fn is_printable(c: char) -> bool {
    matches!(c,
        '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' if c != '\u{feff}')
}

fn look(text: &str) -> Allowed {
    if text.is_empty() {
        return Allowed { plain: true, single: true, literal: false };
    }
    let mut indicators = text.starts_with("---") || text.starts_with("...");
    let (mut special, mut tabs, mut breaks) = (false, false, false);
    let (mut break_space, mut space_break) = (false, false);
    let (mut after_space, mut after_break, mut after_blank) = (false, false, true);
    let mut characters = text.chars().peekable();
    let mut first = true;
    while let Some(c) = characters.next() {
        let before_blank =
            characters.peek().is_none_or(|next| matches!(next, ' ' | '\t') || is_break(*next));
        indicators |= match c {
            '#' => first || after_blank,
            ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
            | '`' => first,
            '?' | '-' => first && before_blank,
            ':' => before_blank,
            _ => false,
        };
        if c == '\t' {
            tabs = true;
        } else if !is_printable(c) {
            special = true;
        }
        if c == ' ' {
            break_space |= after_break;
        } else if is_break(c) {
            breaks = true;
            space_break |= after_space;
        }
        after_space = c == ' ';
        after_break = is_break(c);
        after_blank = matches!(c, ' ' | '\t') || after_break;
        first = false;
    }
    let edge = |c: Option<char>| c.is_some_and(|c| c == ' ' || is_break(c));
    let quoted_only = break_space || space_break || tabs || special;
    Allowed {
        plain: !indicators
            && !breaks
            && !quoted_only
            && !edge(text.chars().next())
            && !edge(text.chars().next_back()),
        single: !quoted_only,
        literal: !text.ends_with(' ') && !space_break && !special,
    }
}

/// The inside of a double quoted scalar.
pub(super) fn escape(text: &str, out: &mut Vec<u8>) {
    let mut buffer = [0; 4];
    for c in text.chars() {
        let short = match c {
            '\0' => '0',
            '\u{7}' => 'a',
            '\u{8}' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\u{b}' => 'v',
            '\u{c}' => 'f',
            '\r' => 'r',
            '\u{1b}' => 'e',
            '"' => '"',
            '\\' => '\\',
            '\u{85}' => 'N',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            c if is_printable(c) => {
                out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
                continue;
            }
            c => {
                let code = u32::from(c);
                let escape = match code {
                    0..=0xff => format!("\\x{code:02X}"),
                    0x100..=0xffff => format!("\\u{code:04X}"),
                    _ => format!("\\U{code:08X}"),
                };
                out.extend_from_slice(escape.as_bytes());
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', short as u8]);
    }
}

/// What follows the `|` of a literal block: the indentation if the first line could hide
/// it, and what becomes of the line breaks at the end.
pub(super) fn block_hints(text: &str, indentation: usize) -> String {
    let mut hints = String::new();
    if text.starts_with(|c| c == ' ' || is_break(c)) {
        hints.push_str(&indentation.to_string());
    }
    let mut from_end = text.chars().rev();
    match (from_end.next(), from_end.next()) {
        (Some(last), _) if !is_break(last) => hints.push('-'),
        (Some(_), None) => hints.push('+'),
        (Some(_), Some(before)) if is_break(before) => hints.push('+'),
        _ => {}
    }
    hints
}
