//! Writing YAML byte for byte as `sops` does: maps and lists always as blocks, lists
//! indented under their key, comments on lines of their own.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::scalar::{self, Meaning};
use super::style::{self, Style};
use crate::number;
use crate::value::{Branch, Item, Value};

/// Longer keys are written with a `?` before them.
const LONGEST_SIMPLE_KEY: usize = 128;
const BINARY_LINE: usize = 70;

/// Where a node stands; it decides how far what is inside it is indented.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    InMap,
    InList,
}

pub(super) struct Emitter {
    pub(super) out: Zeroizing<Vec<u8>>,
    /// Spaces a level of maps is indented by.
    step: usize,
    /// Whether the text is for a person who expects what `sops` prints, faults included,
    /// or for a reader who needs to understand it.
    as_sops: bool,
    /// Of the map or list that is being written; `None` outside of all.
    indent: Option<usize>,
    column: usize,
    /// Whether the last thing written separates words.
    spaced: bool,
    /// Whether only indentation and indicators stand in the line so far.
    at_indentation: bool,
    /// Comment lines to be written before the next node.
    head: Vec<Zeroizing<String>>,
}

impl Emitter {
    pub(super) fn new(step: usize, as_sops: bool) -> Self {
        Self {
            out: Zeroizing::new(Vec::new()),
            step,
            as_sops,
            indent: None,
            column: 0,
            spaced: true,
            at_indentation: true,
            head: Vec::new(),
        }
    }

    /// Writes one document.
    pub(super) fn document(&mut self, branch: &Branch) {
        if !self.out.is_empty() {
            self.line();
            self.indicator("---", true, false);
        }
        self.head = leading(branch);
        if self.head.len() == branch.len() {
            self.comments();
            self.line();
        }
        self.map(branch, Place::InMap);
        self.line();
    }

    fn map(&mut self, branch: &Branch, place: Place) {
        let mut items = branch.iter().skip(leading(branch).len()).peekable();
        if items.peek().is_none() {
            return self.plain("{}");
        }
        let outside = self.increase(place);
        for item in items {
            match item {
                Item::Comment(text) => self.head.push(text.clone()),
                Item::Pair(key, value) => {
                    self.comments();
                    self.line();
                    self.key(key);
                    self.head.extend(leading_of(value));
                    self.node(value, Place::InMap);
                }
            }
        }
        self.comments();
        self.indent = outside;
    }

    fn list(&mut self, list: &[Value], place: Place) {
        let start = leading_of_list(list).len();
        if start == list.len() {
            // Comments of a list that is otherwise empty come behind it.
            return self.plain("[]");
        }
        let outside = self.increase(place);
        for value in &list[start..] {
            if let Value::Comment(text) = value {
                self.head.push(text.clone());
                continue;
            }
            // What a map or list begins with would stand between the dash and its first
            // line, so it is written before the dash.
            self.head.extend(leading_of(value));
            self.comments();
            self.line();
            self.indicator("-", true, true);
            self.node(value, Place::InList);
        }
        self.comments();
        self.indent = outside;
    }

    fn node(&mut self, value: &Value, place: Place) {
        match value {
            Value::Map(branch) => self.map(branch, place),
            Value::List(list) => self.list(list, place),
            Value::Str(bytes) | Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => self.text(text, place),
                Err(_) => self.binary(bytes, place),
            },
            Value::Null | Value::Comment(_) => self.plain("null"),
            Value::Bool(truth) => self.plain(if *truth { "true" } else { "false" }),
            Value::Int(n) => self.plain(&n.to_string()),
            Value::Float(f) => self.plain(&number::yaml(*f)),
            Value::Time(text) => self.plain(text),
        }
    }

    fn key(&mut self, key: &str) {
        if key.len() <= LONGEST_SIMPLE_KEY && !key.contains(style::is_break) {
            self.text(key, Place::InMap);
            self.indicator(":", false, false);
            return;
        }
        self.indicator("?", true, true);
        self.text(key, Place::InMap);
        self.line();
        self.indicator(":", true, true);
    }

    fn text(&mut self, text: &str, place: Place) {
        if scalar::meaning(text) == Meaning::Merge {
            self.tag("!!merge");
            return self.plain(text);
        }
        let wish = if text.contains('\n') {
            Style::Literal
        } else if scalar::is_plain_text(text) {
            Style::Plain
        } else {
            Style::Double
        };
        let style = match style::possible(text, wish) {
            // `sops` breaks these lines in a way only readers of YAML 1.1 understand.
            Style::Single | Style::Literal if !self.as_sops && has_rare_break(text) => {
                Style::Double
            }
            style => style,
        };
        match style {
            Style::Plain => self.plain(text),
            Style::Literal => self.literal(text, place),
            Style::Single => {
                self.indicator("'", true, false);
                let outside = self.increase(place);
                self.broken(&text.replace('\'', "''"), false);
                self.indent = outside;
                self.indicator("'", false, false);
            }
            Style::Double => {
                self.indicator("\"", true, false);
                let before = self.out.len();
                style::escape(text, &mut self.out);
                self.column += self.out.len() - before;
                self.indicator("\"", false, false);
            }
        }
    }

    fn binary(&mut self, bytes: &[u8], place: Place) {
        self.tag("!!binary");
        let text = Zeroizing::new(STANDARD.encode(bytes));
        if text.len() < BINARY_LINE {
            return self.plain(&text);
        }
        let mut lines =
            Zeroizing::new(String::with_capacity(text.len() + text.len() / BINARY_LINE + 1));
        for (at, c) in text.char_indices() {
            if at > 0 && at % BINARY_LINE == 0 {
                lines.push('\n');
            }
            lines.push(c);
        }
        lines.push('\n');
        self.literal(&lines, place);
    }

    fn tag(&mut self, tag: &str) {
        self.indicator(tag, true, false);
    }

    fn plain(&mut self, text: &str) {
        self.indicator(text, true, false);
    }

    fn literal(&mut self, text: &str, place: Place) {
        self.indicator("|", true, false);
        let outside = self.increase(place);
        let inside = self.indent.unwrap_or(0) - outside.unwrap_or(0);
        // `sops` always says how far maps are indented, which is wrong in lists.
        let hint = if self.as_sops { self.step } else { inside };
        self.put(&style::block_hints(text, hint));
        self.end_line();
        self.broken(text, true);
        self.indent = outside;
    }

    /// Writes a text of several lines, each indented.
    fn broken(&mut self, text: &str, mut at_start: bool) {
        let mut buffer = [0; 4];
        for c in text.chars() {
            if c == '\n' {
                self.end_line();
                at_start = true;
            } else if style::is_break(c) {
                self.put(c.encode_utf8(&mut buffer));
                self.column = 0;
                self.at_indentation = true;
                at_start = true;
            } else {
                if std::mem::replace(&mut at_start, false) {
                    self.line();
                }
                self.put(c.encode_utf8(&mut buffer));
                self.at_indentation = false;
                self.spaced = false;
            }
        }
    }

    fn comments(&mut self) {
        for text in std::mem::take(&mut self.head) {
            self.line();
            self.put("#");
            self.put(&text);
            self.end_line();
        }
    }

    /// Goes one level in and answers with the level outside.
    fn increase(&mut self, place: Place) -> Option<usize> {
        let outside = self.indent;
        self.indent = Some(match (outside, place) {
            (None, _) => 0,
            (Some(indent), Place::InList) => indent + 2,
            (Some(indent), Place::InMap) => (indent + self.step) / self.step * self.step,
        });
        outside
    }

    /// Goes to the indentation, in this line if nothing but indicators stands there.
    fn line(&mut self) {
        let indent = self.indent.unwrap_or(0);
        if !self.at_indentation || self.column > indent || (self.column == indent && !self.spaced) {
            self.end_line();
        }
        while self.column < indent {
            self.put(" ");
        }
        self.spaced = true;
    }

    fn end_line(&mut self) {
        self.out.push(b'\n');
        self.column = 0;
        self.spaced = true;
        self.at_indentation = true;
    }

    /// Writes a word; `indents` if what follows may stand in the same line as a block.
    fn indicator(&mut self, word: &str, needs_space: bool, indents: bool) {
        if needs_space && !self.spaced {
            self.put(" ");
        }
        self.put(word);
        self.spaced = false;
        self.at_indentation &= indents;
    }

    fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
        self.column += text.len();
    }
}

/// Line breaks that are ones in YAML 1.1 only.
fn has_rare_break(text: &str) -> bool {
    text.contains(|c| c != '\n' && style::is_break(c))
}

fn leading(branch: &Branch) -> Vec<Zeroizing<String>> {
    let comments = branch.iter().map_while(|item| match item {
        Item::Comment(text) => Some(text.clone()),
        Item::Pair(..) => None,
    });
    comments.collect()
}

fn leading_of_list(list: &[Value]) -> Vec<Zeroizing<String>> {
    let comments = list.iter().map_while(|value| match value {
        Value::Comment(text) => Some(text.clone()),
        _ => None,
    });
    comments.collect()
}

fn leading_of(value: &Value) -> Vec<Zeroizing<String>> {
    match value {
        Value::Map(branch) => leading(branch),
        Value::List(list) => leading_of_list(list),
        _ => Vec::new(),
    }
}
