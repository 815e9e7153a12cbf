//! Text for the screen.

use std::borrow::Cow;

use banister_core::source::visible;
use ratatui::text::Span;

/// Bytes that are wider than a screen will ever show are not measured.
const MOST: usize = 4096;

/// A text of a host or a person as the screen shows it: hidden characters are spelled out, a tab is a space. Everything
/// that is drawn and was not written by us passes here.
pub(crate) fn shown(text: &str) -> String {
    let head = text.char_indices().nth(MOST).map_or(text, |(at, _)| text.get(..at).unwrap_or(text));
    visible(head).replace('\t', " ")
}

/// Cells that a text takes.
pub(crate) fn width(text: &str) -> usize {
    Span::raw(text).width()
}

/// A text in so many cells at most; `..` at the end says that there is more.
pub(crate) fn cut(text: &str, cells: usize) -> Cow<'_, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    let room = cells.saturating_sub(2);
    let (mut kept, mut used) = (String::new(), 0);
    for c in text.chars() {
        let wide = width(c.encode_utf8(&mut [0; 4]));
        if used + wide > room {
            break;
        }
        kept.push(c);
        used += wide;
    }
    kept.push_str(if cells >= 2 { ".." } else { "" });
    Cow::Owned(kept)
}

/// A text in exactly so many cells, filled with spaces.
pub(crate) fn fit(text: &str, cells: usize) -> String {
    let mut text = cut(text, cells).into_owned();
    let used = width(&text);
    text.extend(std::iter::repeat_n(' ', cells.saturating_sub(used)));
    text
}

/// The same with the text at the right.
pub(crate) fn fit_right(text: &str, cells: usize) -> String {
    let text = cut(text, cells);
    let used = width(&text);
    format!("{}{text}", " ".repeat(cells.saturating_sub(used)))
}

/// Lines of a text at a width, broken between words where that is possible.
pub(crate) fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0);
    for word in text.split(' ') {
        let mut word = Cow::Borrowed(word);
        if used > 0 && used + 1 + width(&word) > cells {
            lines.push(std::mem::take(&mut line));
            used = 0;
        } else if used > 0 {
            line.push(' ');
            used += 1;
        }
        while width(&word) > cells {
            let mut at = 0;
            let mut taken = 0;
            for (i, c) in word.char_indices() {
                let wide = width(c.encode_utf8(&mut [0; 4]));
                if taken + wide > cells - used {
                    break;
                }
                taken += wide;
                at = i + c.len_utf8();
            }
            if at == 0 {
                break;
            }
            line.push_str(word.get(..at).unwrap_or_default());
            lines.push(std::mem::take(&mut line));
            used = 0;
            word = Cow::Owned(word.get(at..).unwrap_or_default().to_owned());
        }
        line.push_str(&word);
        used += width(&word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_says_so_and_fits() {
        for (text, cells, expect) in
            [("abcdef", 6, "abcdef"), ("abcdefg", 6, "abcd.."), ("ab", 1, ""), ("日本語", 5, "日.."), ("", 3, "")]
        {
            assert_eq!(cut(text, cells), expect, "{text} in {cells}");
            assert_eq!(width(&fit(text, cells)), cells);
            assert_eq!(width(&fit_right(text, cells)), cells);
        }
    }

    #[test]
    fn lines_break_between_words_and_long_words_where_they_must() {
        assert_eq!(wrap("stop here and call", 9), ["stop here", "and call"]);
        assert_eq!(wrap("a 0123456789", 4), ["a", "0123", "4567", "89"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn nothing_of_a_host_reaches_the_screen_as_a_control() {
        assert_eq!(shown("a\x1b[2J\tb\u{202e}"), "a\\x1b[2J b\\u{202e}");
    }
}
