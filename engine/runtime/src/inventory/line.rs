//! One line of an ssh configuration, and the patterns in it, as ssh reads them.

/// Blanks between words.
const BLANKS: &[char] = &[' ', '\t', '\r', '\n'];

/// What a line says that matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// `Host` and its patterns.
    Host(Vec<String>),
    /// `Match`; what decides it is known only when ssh connects. `true`: it is `Match all`.
    Match(bool),
    /// `Include` and its paths.
    Include(Vec<String>),
    /// Anything else, nothing among it.
    Other,
}

/// Reads a line without its end.
///
/// # Errors
/// What ssh would refuse about it.
pub(super) fn read(line: &str) -> Result<Line, &'static str> {
    let line = line.trim_end_matches(['\u{c}', ' ', '\t', '\r', '\n']).trim_start_matches(BLANKS);
    if line.is_empty() || line.starts_with('#') {
        return Ok(Line::Other);
    }
    let (keyword, rest) = keyword(line);
    let make: fn(Vec<String>) -> Line = match keyword.to_ascii_lowercase().as_str() {
        "host" => Line::Host,
        "match" => |words| Line::Match(words.len() == 1 && words[0].eq_ignore_ascii_case("all")),
        "include" => Line::Include,
        _ => return Ok(Line::Other),
    };
    let words = words(rest)?;
    if words.is_empty() || words.iter().any(String::is_empty) {
        return Err("an argument is missing or empty");
    }
    Ok(make(words))
}

/// The first word, and what follows it: blanks or one `=` with blanks around it stand between the two.
fn keyword(line: &str) -> (&str, &str) {
    // A quoted keyword is legal and ends at its quote.
    if let Some(rest) = line.strip_prefix('"') {
        return rest.split_once('"').map_or((rest, ""), |(word, rest)| (word, rest.trim_start_matches(BLANKS)));
    }
    let end = line.find([' ', '\t', '\r', '\n', '=', '"']).unwrap_or(line.len());
    let (word, rest) = line.split_at(end);
    let rest = rest.trim_start_matches(BLANKS);
    (word, rest.strip_prefix('=').unwrap_or(rest).trim_start_matches(BLANKS))
}

/// Words as ssh divides them: quotes of both kinds, a backslash before a quote, a backslash or (outside quotes) a
/// blank, and a comment where a word would begin with `#`.
fn words(text: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|c| matches!(c, ' ' | '\t')).is_some() {}
        if matches!(chars.peek(), None | Some('#')) {
            return Ok(words);
        }
        let mut word = String::new();
        let mut quote = None;
        while let Some(c) = chars.next() {
            match (c, quote) {
                ('\\', _) => {
                    let escaped = chars.next_if(|c| matches!(c, '\'' | '"' | '\\') || (quote.is_none() && *c == ' '));
                    word.push(escaped.unwrap_or('\\'));
                }
                (' ' | '\t', None) => break,
                ('"' | '\'', None) => quote = Some(c),
                (c, Some(open)) if c == open => quote = None,
                (c, _) => word.push(c),
            }
        }
        if quote.is_some() {
            return Err("a quote is not closed");
        }
        words.push(word);
    }
}

/// Whether a text is one literal name, not a pattern or a negation.
pub(super) fn is_literal(pattern: &str) -> bool {
    !pattern.contains(['*', '?', '!'])
}

/// Whether `*` (any number) and `?` (one) let a pattern match the whole of a text; with `sets` also `[a-z]`.
pub(super) fn matches(pattern: &str, text: &str, sets: bool) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    // Where to go on after a `*` that took too little: one place is enough, a later `*` takes over from an earlier.
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        let here = pattern.get(p).and_then(|c| match c {
            '*' => {
                star = Some((p + 1, t));
                Some((p + 1, t))
            }
            '?' => Some((p + 1, t + 1)),
            '[' if sets => set(&pattern, p, text[t]).map(|end| (end, t + 1)),
            c => (*c == text[t]).then_some((p + 1, t + 1)),
        });
        (p, t) = match (here, &mut star) {
            (Some(next), _) => next,
            (None, Some((after, from))) => {
                *from += 1;
                (*after, *from)
            }
            (None, None) => return false,
        };
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// Where a set that begins at `at` ends, if it takes the character. One that never closes is an ordinary `[`.
fn set(pattern: &[char], at: usize, c: char) -> Option<usize> {
    let negated = matches!(pattern.get(at + 1), Some('!' | '^'));
    let first = at + 1 + usize::from(negated);
    let Some(close) = (first + 1..pattern.len()).find(|i| pattern[*i] == ']') else {
        return (c == '[').then_some(at + 1);
    };
    let (mut i, mut hit) = (first, false);
    while i < close {
        if i + 2 < close && pattern[i + 1] == '-' {
            hit |= (pattern[i]..=pattern[i + 2]).contains(&c);
            i += 3;
        } else {
            hit |= pattern[i] == c;
            i += 1;
        }
    }
    (hit != negated).then_some(close + 1)
}
