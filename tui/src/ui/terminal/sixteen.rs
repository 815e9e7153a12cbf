//! The sixteen colours in the words that every terminal knows.
//!
//! The library asks for them as places in the table of 256 (`38;5;N`). A terminal without that table reads three
//! attributes there, of which 5 is *blink*; and 59, the colour of underlines, means nothing to it. `30` to `37` and `90`
//! to `97` are the same colours (ECMA-48 8.3.117, and what aixterm added).

/// A frame with the table's first sixteen colours as themselves, and nothing said about underlines. All sequences in it
/// are the library's: what hosts printed is visible characters only.
pub(crate) fn sixteen(frame: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(frame.len());
    let mut rest = frame;
    while let Some(at) = rest.windows(2).position(|two| two == b"\x1b[") {
        let (before, sequence) = rest.split_at(at);
        out.extend_from_slice(before);
        let parameters = sequence.get(2..).unwrap_or_default();
        let Some(end) = parameters.iter().position(|byte| (0x40..=0x7e).contains(byte)) else {
            rest = sequence;
            break;
        };
        let (whole, after) = sequence.split_at(end + 3);
        match parameters.get(..end).map(std::str::from_utf8) {
            Some(Ok(text)) if whole.ends_with(b"m") && !text.is_empty() => attributes(text, &mut out),
            _ => out.extend_from_slice(whole),
        }
        rest = after;
    }
    out.extend_from_slice(rest);
    out
}

/// One sequence of attributes; none where nothing is left of it.
fn attributes(text: &str, out: &mut Vec<u8>) {
    let mut said: Vec<String> = Vec::new();
    let mut left = text.split(';');
    while let Some(word) = left.next() {
        let plane = match word {
            "38" => (30, 90),
            "48" => (40, 100),
            "59" => continue,
            _ => {
                said.push(word.to_owned());
                continue;
            }
        };
        let (table, place) = (left.next().unwrap_or_default(), left.next().unwrap_or_default());
        match (table, place.parse::<u8>()) {
            ("5", Ok(place @ 0..8)) => said.push((plane.0 + u16::from(place)).to_string()),
            ("5", Ok(place @ 8..16)) => said.push((plane.1 + u16::from(place) - 8).to_string()),
            _ => said.push(format!("{word};{table};{place}")),
        }
    }
    if !said.is_empty() {
        out.extend_from_slice(format!("\x1b[{}m", said.join(";")).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_of_the_sixteen_is_its_own_word_and_all_else_stays() {
        let check = |frame: &str, expect: &str| {
            assert_eq!(String::from_utf8_lossy(&sixteen(frame.as_bytes())), expect, "{frame:?}");
        };
        check("\x1b[38;5;1mFAIL\x1b[39m", "\x1b[31mFAIL\x1b[39m");
        check("\x1b[38;5;8;48;5;15m.\x1b[1;38;5;14;49mb", "\x1b[90;107m.\x1b[1;96;49mb");
        check("\x1b[59m\x1b[0mplain \u{2502} text\x1b[2;3H", "\x1b[0mplain \u{2502} text\x1b[2;3H");
        // Not of the sixteen, or no attribute at all.
        check("\x1b[38;5;200m\x1b[m\x1b[?25l", "\x1b[38;5;200m\x1b[m\x1b[?25l");
        check("\x1b]0;a title\x07\x1b[38;5", "\x1b]0;a title\x07\x1b[38;5");
    }
}
