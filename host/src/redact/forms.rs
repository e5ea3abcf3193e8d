//! How a value may appear in what programs write.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Secrets shorter than this are too likely to be ordinary text.
const SHORTEST: usize = 3;

/// Shorter codes of a secret are too likely to be something else.
const SHORTEST_CODE: usize = 5;

/// Lines of a longer secret that are shorter than this are ordinary text.
const SHORTEST_LINE: usize = 8;

/// Every form of a value, none twice; none if it is too short to be hidden.
pub(super) fn of(value: &str) -> Vec<String> {
    let mut forms = Vec::new();
    if value.len() < SHORTEST {
        return forms;
    }
    let mut add = |form: String| {
        if !forms.contains(&form) {
            forms.push(form);
        }
    };
    // Without the end of a line that a block of YAML or a file brings along.
    for value in [value, value.trim()] {
        if value.len() < SHORTEST {
            continue;
        }
        written(value).into_iter().for_each(&mut add);
        let codes = base64(value.as_bytes()).into_iter().chain(percent(value)).chain(hex(value));
        codes.filter(|code| code.len() >= SHORTEST_CODE).for_each(&mut add);
    }
    // A key of several lines is printed line by line.
    if value.contains(['\n', '\r']) {
        let lines = value.split(['\n', '\r']).map(str::trim);
        for line in lines.filter(|line| line.len() >= SHORTEST_LINE) {
            written(line).into_iter().for_each(&mut add);
        }
    }
    forms
}

/// As it is, and as languages escape and quote it.
fn written(value: &str) -> Vec<String> {
    let mut forms = vec![value.to_owned()];
    if let Ok(json) = serde_json::to_string(value) {
        // One quote at either end; the value may have quotes of its own there.
        let json = json[1..json.len() - 1].to_owned();
        // What docker and compose write: Go escapes what HTML could take amiss.
        let go = json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
        forms.extend([go, json]);
    }
    forms.push(value.replace('\'', "''"));
    forms.push(value.replace('\'', r"'\''"));
    if let Ok(quoted) = shlex::try_quote(value) {
        let inner =
            quoted.strip_prefix(['\'', '"']).and_then(|text| text.strip_suffix(['\'', '"']));
        forms.extend(inner.map(str::to_owned));
        forms.push(quoted.into_owned());
    }
    forms
}

/// What of its base64 code is the same whatever stands before and after it, in
/// each of the three places that it can have in a group.
fn base64(value: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    for (before, changed) in [(0, 0), (1, 2), (2, 3)] {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(value);
        // The last letter may hold bits of what comes after.
        let whole = bytes.len() * 8 / 6;
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let code = engine.encode(&bytes);
            forms.extend(code.get(changed..whole).map(str::to_owned));
        }
    }
    forms
}

/// As a part of an address, in the ways that libraries do it.
fn percent(value: &str) -> Vec<String> {
    let form: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let spaces = form.replace('+', "%20");
    // Each leaves other signs as they are.
    let open = spaces.replace("%7E", "~").replace('*', "%2A");
    let component = ["%21!", "%27'", "%28(", "%29)", "%2A*"]
        .iter()
        .fold(open.clone(), |text, pair| text.replace(&pair[..3], &pair[3..]));
    let path = ["%24$", "%26&", "%2B+", "%2C,", "%2F/", "%3A:", "%3B;", "%3D=", "%40@"]
        .iter()
        .fold(open.clone(), |text, pair| text.replace(&pair[..3], &pair[3..]));
    let mut forms = vec![form, spaces, open, component, path];
    let lower: Vec<_> = forms.iter().map(|form| in_lower_case(form)).collect();
    forms.extend(lower);
    forms
}

/// `%3C` → `%3c`.
fn in_lower_case(text: &str) -> String {
    let mut letters = 0;
    let lower = |letter: char| {
        if letter == '%' {
            letters = 2;
        } else if letters > 0 {
            letters -= 1;
            return letter.to_ascii_lowercase();
        }
        letter
    };
    text.chars().map(lower).collect()
}

fn hex(value: &str) -> [String; 2] {
    let lower: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
    [lower.to_ascii_uppercase(), lower]
}
