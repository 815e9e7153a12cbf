//! The usual slips, in our words. The parser's own words for them are its grammar's.

use crate::plan::ConditionError;
use crate::source::{Finding, Span, Spanned};

/// What is wrong with a text that does not parse.
pub(super) fn explain(text: &str, error: &ConditionError) -> Spanned<Finding> {
    let finding = |why: &str, hint: &str| Finding::ConditionDoesNotParse { why: why.to_owned(), hint: hint.to_owned() };
    let whole = Span::new(0, text.len());
    if text.trim().is_empty() {
        return Spanned::new(finding("it is empty", "write a condition, for example `result.status == 0`"), whole);
    }
    let (code, open_quote) = without_strings(text);
    if let Some(start) = code.find("{{") {
        let end = code[start..].find("}}").map_or(code.len(), |end| start + end + 2);
        let name = text[start..end].trim_matches(['{', '}', ' ']);
        let hint = format!("write the bare name: `{name}`");
        return Spanned::new(finding("there are no braces in a condition", &hint), Span::new(start, end));
    }
    if let Some(start) = open_quote {
        let hint = "close the quotes; inside them write `\\'` or use the other kind";
        return Spanned::new(finding("a text is not closed", hint), Span::new(start, text.len()));
    }
    if let Some(start) = code.find('$') {
        let end = start + 1 + code[start + 1..].bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let hint =
            "conditions do not see the shell's variables: let the command print the value and use `result.stdout`";
        return Spanned::new(finding("there are no shell variables here", hint), Span::new(start, end));
    }
    if let Some(start) = single_equals(&code) {
        return Spanned::new(finding("`=` does not compare", "compare with `==`"), Span::new(start, start + 1));
    }
    for (word, hint) in [("and", "write `&&`"), ("or", "write `||`"), ("not", "write `!`, for example `!(a == b)`")] {
        if let Some(start) = word_at(&code, word) {
            let why = format!("`{word}` is no operator");
            return Spanned::new(finding(&why, hint), Span::new(start, start + word.len()));
        }
    }
    for word in ["contains", "startsWith", "endsWith", "matches"] {
        if let Some(start) = word_at(&code, word).filter(|start| code[..*start].ends_with(' ')) {
            let before = code[..start].trim_end().rsplit(' ').next().unwrap_or("x");
            let hint = format!("write `{before}.{word}('…')`");
            return Spanned::new(
                finding(&format!("`{word}` is a function"), &hint),
                Span::new(start, start + word.len()),
            );
        }
    }
    let why = match error {
        ConditionError::Parse { why } => grammar(why),
        other => other.to_string(),
    };
    let hint = "a condition is CEL, for example `int(result.stdout) == 0 && result.status == 0`";
    Spanned::new(finding(&why, hint), whole)
}

/// The parser's words without the list of everything that could have stood there.
fn grammar(why: &str) -> String {
    let why = why.strip_prefix("Syntax error: ").unwrap_or(why);
    let why = why.split(" expecting ").next().unwrap_or(why);
    match why.strip_prefix("mismatched input ").or_else(|| why.strip_prefix("extraneous input ")) {
        Some("'<EOF>'") => "something is missing at its end".to_owned(),
        Some(input) => format!("`{}` cannot stand where it does", input.trim_matches('\'')),
        None => why.to_owned(),
    }
}

/// The text with blanks in place of its string literals, and where a literal begins that does not end.
fn without_strings(text: &str) -> (String, Option<usize>) {
    let mut code = String::with_capacity(text.len());
    let mut open: Option<(usize, char)> = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        let inside = open.is_some();
        match open {
            None if matches!(c, '\'' | '"') => open = Some((at, c)),
            Some((_, quote)) if c == quote && !escaped => open = None,
            _ => {}
        }
        escaped = inside && c == '\\' && !escaped;
        if inside || open.is_some() {
            code.extend(std::iter::repeat_n(' ', c.len_utf8()));
        } else {
            code.push(c);
        }
    }
    (code, open.map(|(at, _)| at))
}

fn single_equals(code: &str) -> Option<usize> {
    let bytes = code.as_bytes();
    let near = |at: Option<usize>| at.and_then(|at| bytes.get(at)).copied().unwrap_or(b' ');
    (0..bytes.len()).find(|at| {
        bytes[*at] == b'='
            && near(Some(at + 1)) != b'='
            && !matches!(near(at.checked_sub(1)), b'=' | b'!' | b'<' | b'>')
    })
}

fn word_at(code: &str, word: &str) -> Option<usize> {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    code.match_indices(word)
        .map(|(at, _)| at)
        .find(|at| !part(code[..*at].chars().next_back()) && !part(code[at + word.len()..].chars().next()))
}
