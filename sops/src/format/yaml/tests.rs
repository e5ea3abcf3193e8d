//! Reading and writing without encryption: what comes out is what `sops` would print.

use super::*;

fn again(text: &str) -> String {
    let document = read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    String::from_utf8(write(&document.branches, None).unwrap().to_vec()).unwrap()
}

#[test]
fn what_is_in_the_form_of_sops_stays() {
    for text in [
        "a:\n    b:\n        c: 1\n        # foot c\n    # foot b\n# foot a\n",
        "a:\n    - 1\n    # foot 1\n    - 2\n    # foot 2\nb: 1\n# end\n",
        "a:\n    # head\n    - x: 1\n    # in\n    - \"y\": 2\n    # c\n    - - 1\n      # d\n",
        "a: 1\n---\nb: |+\n    x\n\n---\n# c\nc: 2\n",
        "a:\n    - |\n      x\n    - - 1\n      - |\n        z\n    - k: |\n        q\n",
        "? |\n    a\n    b\n: 1\n\"tab\\tkey\": 2\n\"\": 3\n",
        "a: 1e+06\nb: \"\\U0001F600 smile\"\nc: 'a: b'\nd: 'x '\ne: \"2026-01-02\"\nf: \"12:30\"\n",
        "a: '# x'\nb: 'a #b'\nc: '- a'\nd: '---'\ne: \"off\"\nf: \"\\e\\x01\\N\\L\"\n",
        "a: !!binary aGVsbG//\nf: !!merge <<\n!!merge <<:\n    z: 1\n",
        "a: 1\n# one\n# two\nb: 2\n",
        "a: |\n    text # no comment\n    # nor this\n# but this\nb: 'x # y'\n",
        "{}\n---\na: 1\n",
        "# alone\n{}\n",
        "a: []\n# behind\nb: 1\n",
        "a: 1\n---\n{}\n",
    ] {
        assert_eq!(again(text), text);
    }
}

#[test]
fn other_forms_become_it() {
    assert_eq!(again("a: 1 # la\nb:\n  - 1 # l1\n"), "# la\na: 1\nb:\n    # l1\n    - 1\n");
    assert_eq!(
        again("x: {a: [1, two], b: {}}\n"),
        "x:\n    a:\n        - 1\n        - two\n    b: {}\n"
    );
    assert_eq!(again("a: &r {x: 1}\nb: *r\n"), "a:\n    x: 1\nb:\n    x: 1\n");
}

#[test]
fn what_cannot_be_a_tree_is_refused() {
    for text in ["- a\n", "1: x\n", "a: [1\n", "? {a: b}\n: c\n", "a: 18446744073709551615\n"] {
        assert!(read(text.as_bytes()).is_err(), "{text}");
    }
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..9 {
        let before = n - 1;
        bomb.push_str(&format!("a{n}: &a{n} [{}]\n", format!("*a{before}, ").repeat(10)));
    }
    assert!(read(bomb.as_bytes()).is_err());
    assert!(read("a: [".repeat(5000).as_bytes()).is_err());
}
