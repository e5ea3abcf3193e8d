//! Sections of `name = value` lines, read and written as `sops` does: names of a section
//! are padded to one width, a value with a line break stands in `"""`, and one with a
//! comment sign in backticks. What stands before any section is the section `DEFAULT`.
//! In the tree a comment stands after the line it was written above, and at the start of
//! a section if it was written above its name.

use zeroize::Zeroizing;

use super::{Document, dotenv};
use crate::error::{Error, Result};
use crate::flat;
use crate::metadata;
use crate::value::{Branch, Item, Value};

const DEFAULT: &str = "DEFAULT";

pub(super) fn read(text: &[u8]) -> Result<Document> {
    let text = std::str::from_utf8(text).map_err(|_| Error::not_sops("it is not text"))?;
    let mut sections: Vec<(String, Branch)> = vec![(DEFAULT.to_owned(), Branch::new())];
    let mut comment = Comment::default();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        if line.starts_with([';', '#']) {
            comment.add(line);
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            let (name, _) = name.rsplit_once(']').ok_or_else(|| bad(number, "has no `]`"))?;
            sections.push((name.trim().to_owned(), comment.take().into_iter().collect()));
            continue;
        }
        let (name, value) = pair(line).ok_or_else(|| bad(number, "has no `=`"))?;
        let value = match value.strip_prefix("\"\"\"") {
            Some(start) => {
                long(start, &mut lines).ok_or_else(|| bad(number, "opens an endless value"))?
            }
            None => Zeroizing::new(short(value).to_owned()),
        };
        let (_, branch) = sections.last_mut().expect("it starts with one section");
        branch.push(Item::Pair(name.to_owned(), Value::str(value.as_str())));
        branch.extend(comment.take());
    }
    let mut metadata = None;
    let mut root = Branch::new();
    for (name, branch) in sections {
        if name == metadata::KEY {
            metadata = Some(flat::unflatten(branch.iter().filter_map(text_pair))?);
        } else if name != DEFAULT || !branch.is_empty() {
            root.push(Item::Pair(name, Value::Map(branch)));
        }
    }
    Ok(Document { branches: vec![root], metadata })
}

/// Reads a plain file, and refuses what would be another value when it is written
/// after its decryption and read again: INI cannot quote everything.
pub(super) fn read_plain(text: &[u8]) -> Result<Document> {
    let document = read(text)?;
    for item in document.branches.iter().flatten() {
        let Item::Pair(_, Value::Map(pairs)) = item else { continue };
        for (name, value) in pairs.iter().filter_map(text_pair) {
            let mark = quote(value.as_bytes());
            let line = Zeroizing::new([b"x=", mark, value.as_bytes(), mark].concat());
            let again = read(&line).ok().and_then(|again| again.branches.into_iter().next());
            let same = match again.as_deref() {
                Some([Item::Pair(_, Value::Map(pairs))]) => {
                    pairs.iter().filter_map(text_pair).map(|pair| pair.1).eq([value])
                }
                _ => false,
            };
            if !same {
                return Err(Error::bad_plain(format!(
                    "the value of {name:?} cannot be written in INI so that it is read again; \
                     take the quotes within it out, or choose another format"
                )));
            }
        }
    }
    Ok(document)
}

/// Comment lines that wait for what they are written above.
#[derive(Default)]
struct Comment(Zeroizing<String>);

impl Comment {
    fn add(&mut self, line: &str) {
        if self.0.is_empty() {
            let sign = &line[..1];
            self.0.push_str(line.trim_start_matches([sign.as_bytes()[0] as char, ' ']));
        } else {
            self.0.push('\n');
            self.0.push_str(line);
        }
    }

    fn take(&mut self) -> Option<Item> {
        let text = std::mem::take(&mut self.0);
        (!text.is_empty()).then_some(Item::Comment(text))
    }
}

fn text_pair(item: &Item) -> Option<(&str, &str)> {
    match item {
        Item::Pair(name, value) => Some((name, value.as_str()?)),
        Item::Comment(_) => None,
    }
}

fn pair(line: &str) -> Option<(&str, &str)> {
    // As the library of `sops` reads names: a quote at the beginning counts.
    for quote in ["\"\"\"", "\"", "`"] {
        let Some(quoted) = line.strip_prefix(quote) else { continue };
        let (name, rest) = quoted.split_once(quote)?;
        let rest = rest.trim_start().strip_prefix(['=', ':'])?;
        return Some((name.trim(), rest.trim()));
    }
    let (name, value) = line.split_once(['=', ':'])?;
    Some((name.trim(), value.trim()))
}

/// A value over several lines, up to the next `"""`.
fn long<'a>(
    start: &str,
    lines: &mut impl Iterator<Item = (usize, &'a str)>,
) -> Option<Zeroizing<String>> {
    let mut value = Zeroizing::new(start.to_owned());
    loop {
        if let Some(end) = value.find("\"\"\"") {
            value.truncate(end);
            return Some(value);
        }
        let (_, line) = lines.next()?;
        value.push('\n');
        value.push_str(line);
    }
}

/// A value of one line without its quotes or the comment after it.
fn short(value: &str) -> &str {
    for quote in ['`', '"', '\''] {
        if let Some((inner, _)) = value.strip_prefix(quote).and_then(|rest| rest.rsplit_once(quote))
        {
            return inner;
        }
    }
    let comment = [" #", " ;"].iter().filter_map(|sign| value.find(sign)).min();
    value[..comment.unwrap_or(value.len())].trim_end()
}

pub(super) fn write(root: &Branch, metadata: Option<&Branch>) -> Result<Zeroizing<Vec<u8>>> {
    let mut out = Zeroizing::new(Vec::new());
    for item in root {
        let Item::Pair(name, value) = item else { continue };
        let branch = value
            .as_map()
            .ok_or_else(|| Error::damaged(std::slice::from_ref(name), "a section holds lines"))?;
        section(&mut out, name, branch)?;
    }
    if let Some(metadata) = metadata {
        let lines = flat::flatten(metadata)
            .into_iter()
            .map(|(name, value)| Item::Pair(name, Value::str(value.replace('\n', "\\n"))));
        section(&mut out, metadata::KEY, &lines.collect())?;
    }
    Ok(out)
}

fn section(out: &mut Zeroizing<Vec<u8>>, name: &str, branch: &Branch) -> Result<()> {
    if !out.is_empty() {
        out.push(b'\n');
    }
    if let Some(Item::Comment(text)) = branch.first() {
        comment(out, text);
    }
    if name != DEFAULT {
        out.extend_from_slice(format!("[{name}]\n").as_bytes());
    }
    let names = branch.iter().filter_map(|item| match item {
        Item::Pair(name, _) => Some(quoted_name(name).len()),
        Item::Comment(_) => None,
    });
    let width = names.max().unwrap_or(0);
    for (at, item) in branch.iter().enumerate() {
        if let Some(Item::Comment(text)) = branch.get(at + 1) {
            comment(out, text);
        }
        match item {
            Item::Comment(_) => {}
            Item::Pair(name, Value::Map(_) | Value::List(_)) => {
                return Err(Error::damaged(std::slice::from_ref(name), "a line holds one value"));
            }
            Item::Pair(name, value) => {
                let plain = name;
                let name = quoted_name(plain);
                if pair(&format!("{name}=")) != Some((plain, "")) {
                    return Err(Error::damaged(
                        std::slice::from_ref(plain),
                        "a name with these signs cannot be written so that it is read again",
                    ));
                }
                out.extend_from_slice(format!("{name:width$} = ").as_bytes());
                let value = dotenv::plain(value);
                let quote = quote(&value);
                out.extend_from_slice(quote);
                out.extend_from_slice(&value);
                out.extend_from_slice(quote);
                out.push(b'\n');
            }
        }
    }
    Ok(())
}

fn comment(out: &mut Vec<u8>, text: &str) {
    for line in text.lines() {
        let (sign, text) = match line.strip_prefix(['#', ';']) {
            Some(text) => (&line[..1], text),
            None => (";", line),
        };
        out.extend_from_slice(sign.as_bytes());
        out.push(b' ');
        out.extend_from_slice(text.trim().as_bytes());
        out.push(b'\n');
    }
}

fn quoted_name(name: &str) -> String {
    if name.contains('`') {
        format!("\"\"\"{name}\"\"\"")
    } else if name.contains(['"', '=', ':']) || name.starts_with([';', '#', '[']) {
        format!("`{name}`")
    } else {
        name.to_owned()
    }
}

fn quote(value: &[u8]) -> &'static [u8] {
    if value.iter().any(|byte| matches!(byte, b'\n' | b'`')) {
        b"\"\"\""
    } else if value.iter().any(|byte| matches!(byte, b'#' | b';')) {
        b"`"
    } else if value.trim_ascii().len() != value.len() {
        b"\""
    } else {
        b""
    }
}

fn bad(line: usize, what: &str) -> Error {
    Error::not_sops(format!("line {} {what}", line + 1))
}
