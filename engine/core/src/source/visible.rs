//! The one way by which text of hosts and people reaches a display.
//!
//! It does not shorten, wrap or colour: it only makes sure that what is seen is what is there.

use std::borrow::Cow;
use std::fmt::Write as _;

/// What a character is called that does something other than being seen: a control, one that turns the direction of
/// writing, or one without a width. `None` for the rest; tab and line feed are controls here.
#[must_use]
pub fn hidden(c: char) -> Option<&'static str> {
    match c {
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => Some("control"),
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some("bidirectional")
        }
        // Among them what joins several characters into one and what fills a place with nothing: terminals do not agree
        // on their widths, and a row that is wider than it was measured is drawn over the next.
        '\u{ad}'
        | '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200d}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => Some("invisible"),
        _ => None,
    }
}

/// Makes a text safe to show on one line: hidden characters become `\n`, `\r`, `\x1b`, `\u{202e}`. A tab stays, it
/// moves nothing but the next word. Borrows where nothing is hidden.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| c != '\t' && hidden(c).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        push(&mut shown, c);
    }
    Cow::Owned(shown)
}

/// The same for bytes: what is not UTF-8 becomes `\xff`.
#[must_use]
pub fn visible_bytes(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return visible(text);
    }
    let mut shown = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|c| push(&mut shown, c));
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(shown, "\\x{byte:02x}");
        }
    }
    Cow::Owned(shown)
}

fn push(shown: &mut String, c: char) {
    // Writing to a string cannot fail.
    let _ = match c {
        '\t' => shown.write_char(c),
        '\n' => shown.write_str("\\n"),
        '\r' => shown.write_str("\\r"),
        _ if hidden(c).is_none() => shown.write_char(c),
        _ if c.is_ascii() => write!(shown, "\\x{:02x}", c as u32),
        _ => write!(shown, "\\u{{{:x}}}", c as u32),
    };
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_hidden_is_shown_and_the_rest_stays() {
        for (text, shown) in [
            ("plain, Grüße, 日本", "plain, Grüße, 日本"),
            ("a\tb", "a\tb"),
            ("two\nlines\r", "two\\nlines\\r"),
            ("\u{1b}[31mred\u{7}", "\\x1b[31mred\\x07"),
            ("\u{9b}2J", "\\u{9b}2J"),
            ("ab\u{202e}dc", "ab\\u{202e}dc"),
            ("\u{feff}x\u{200b}y", "\\u{feff}x\\u{200b}y"),
            ("a\u{200d}b\u{ad}c\u{fe0f}d\u{3164}e", "a\\u{200d}b\\u{ad}c\\u{fe0f}d\\u{3164}e"),
        ] {
            assert_eq!(visible(text), shown);
        }
        assert_eq!(visible_bytes(b"ok \xff\xfe \x1b[0m"), "ok \\xff\\xfe \\x1b[0m");
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_left_whatever_comes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let shown = visible_bytes(&bytes);
            prop_assert!(shown.chars().all(|c| c == '\t' || hidden(c).is_none()), "{shown:?}");
        }

        #[test]
        fn what_is_visible_stays_as_it_is(text in any::<String>()) {
            let once = visible(&text).into_owned();
            let again = visible(&once);
            prop_assert_eq!(again.as_ref(), once.as_str());
        }
    }
}
