//! Plain scripts, whose verdict is known without the shell's grammar: most scripts of most runbooks.
//!
//! A plain script is a list of simple commands, joined by `;`, `&&`, `||`, `|` or a line's end: words of harmless
//! characters, whole quotes, plain redirects. On every script that is taken here the two readers find nothing; a
//! property test holds them against each other. Everything else is left to the readers, also what they would take:
//! this one never says that something is wrong.

use super::again::{self, Argument};
use super::marked::Marked;

/// Words that are grammar at some place of a command, and names that `sh` does not have.
const NOT_PLAIN: &[&str] = &[
    "if",
    "then",
    "else",
    "elif",
    "fi",
    "do",
    "done",
    "case",
    "esac",
    "while",
    "until",
    "for",
    "in",
    "function",
    "select",
    "time",
    "coproc",
    "source",
    "declare",
    "typeset",
    "shopt",
    "mapfile",
    "readarray",
    "pushd",
    "popd",
    "let",
];

/// What ends a command.
#[derive(PartialEq, Eq)]
enum End {
    Script,
    Pipe,
    Other,
}

struct Plain<'m> {
    marked: &'m Marked,
    text: &'m str,
    at: usize,
    words: Vec<&'m str>,
    /// A placeholder stands somewhere before the end of the last command.
    seen: bool,
}

/// Whether a script is plain: then nothing is wrong with it, whatever its placeholders hold.
pub(super) fn is_plain(marked: &Marked) -> bool {
    let mut plain = Plain { marked, text: &marked.text, at: 0, words: Vec::new(), seen: false };
    plain.blanks();
    plain.script().is_some()
}

/// A character that means itself wherever it stands in a word.
fn is_harmless(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/' | b':' | b',' | b'+' | b'@' | b'%')
}

impl<'m> Plain<'m> {
    fn peek(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(0), b' ' | b'\t') {
            self.at += 1;
        }
    }

    fn script(&mut self) -> Option<()> {
        let mut fed = false;
        loop {
            let end = self.command(fed)?;
            match end {
                End::Script => return Some(()),
                End::Pipe => fed = self.seen,
                End::Other => fed = false,
            }
        }
    }

    /// Takes one simple command and what ends it; `fed`: a placeholder may stand before it in its pipe.
    fn command(&mut self, fed: bool) -> Option<End> {
        self.words.clear();
        let end = loop {
            if let Some(end) = self.end()? {
                break end;
            }
            if self.redirect()? {
                continue;
            }
            let word = self.word(self.words.is_empty())?;
            if !matches!(self.peek(0), b' ' | b'\t' | b'\n' | b';' | b'&' | b'|') && !self.is_at_end() {
                return None;
            }
            self.words.push(word);
            self.blanks();
        };
        let marked = self.words.iter().any(|word| self.marked.has(word));
        if marked || fed {
            let arguments: Vec<Argument> = self.words.iter().map(|word| Argument::new(word, self.marked)).collect();
            let reads = marked && !again::read_again(&arguments).is_empty();
            if reads || fed && again::reads_standard_input(&arguments).is_some() {
                return None;
            }
        }
        self.seen |= marked;
        Some(end)
    }

    /// Takes what ends a command, if it ends here.
    fn end(&mut self) -> Option<Option<End>> {
        let end = match (self.peek(0), self.peek(1)) {
            _ if self.is_at_end() => End::Script,
            (b'\n', _) => {
                self.at +=
                    self.text[self.at..].len() - self.text[self.at..].trim_start_matches([' ', '\t', '\n']).len();
                if self.is_at_end() { End::Script } else { End::Other }
            }
            (b'&', b'&') | (b'|', b'|') => {
                self.at += 2;
                End::Other
            }
            (b'|', second) if second != b'&' => {
                self.at += 1;
                End::Pipe
            }
            (b';', _) => {
                self.at += 1;
                End::Other
            }
            (b'&' | b'|', _) => return None,
            _ => return Some(None),
        };
        self.blanks();
        // A command of nothing, and an operator with nothing behind it, are for the grammar.
        (!self.words.is_empty()).then_some(Some(end))
    }

    /// Takes a redirect, if one stands here: `> FILE`, `2>> FILE`, `< FILE`, `2>&1`. None comes before the command.
    fn redirect(&mut self) -> Option<bool> {
        let digits = usize::from(self.peek(0).is_ascii_digit());
        let operator = self.peek(digits);
        if !matches!(operator, b'<' | b'>') {
            return Some(false);
        }
        if self.words.is_empty() {
            return None;
        }
        self.at += digits + 1;
        match (operator, self.peek(0)) {
            (b'>', b'&') if self.peek(1).is_ascii_digit() => {
                self.at += 2;
            }
            (b'>', b'>') => {
                self.at += 1;
                self.target()?;
            }
            (_, b'<' | b'>' | b'&' | b'|' | b'(') => return None,
            _ => self.target()?,
        }
        let ends = self.is_at_end() || matches!(self.peek(0), b' ' | b'\t' | b'\n' | b';' | b'|');
        self.blanks();
        ends.then_some(true)
    }

    /// Takes the file of a redirect.
    fn target(&mut self) -> Option<()> {
        self.blanks();
        let word = self.word(false)?;
        self.seen |= self.marked.has(word);
        Some(())
    }

    /// Takes one word. A command's name is bare: no quotes, no placeholder.
    fn word(&mut self, is_name: bool) -> Option<&'m str> {
        let text = self.text;
        let start = self.at;
        // `NAME=…` would be an assignment; what begins like this is none.
        let may_equal = !is_name && matches!(self.peek(0), b'-' | b'/' | b'.');
        if self.peek(0) == if is_name { b'[' } else { b']' } {
            self.at += 1;
            return Some(&text[start..self.at]);
        }
        loop {
            match self.peek(0) {
                byte if is_harmless(byte) || may_equal && byte == b'=' => self.at += 1,
                quote @ (b'\'' | b'"') if !is_name => self.quoted(quote)?,
                _ => break,
            }
        }
        let word = &text[start..self.at];
        let bad = word.is_empty() || NOT_PLAIN.contains(&word) || is_name && self.marked.has(word);
        (!bad).then_some(word)
    }

    /// Takes a quoted part of one line, in which nothing is expanded and no placeholder stands.
    fn quoted(&mut self, quote: u8) -> Option<()> {
        let inside = &self.text[self.at + 1..];
        let length = inside.find(char::from(quote))?;
        let inside = &inside[..length];
        let opaque = !inside.contains(|c: char| c.is_control())
            && (quote == b'\'' || !inside.contains(['$', '`', '\\', '!']))
            && !self.marked.has(inside);
        self.at += length + 2;
        opaque.then_some(())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;
    use proptest::test_runner::{Config, TestRunner};

    use super::*;
    use crate::plan::Shell;
    use crate::plan::script::compile::read;
    use crate::plan::template::Draft;

    /// Whether a script is taken; if it is, both readers must find nothing in it.
    fn taken(script: &str) -> bool {
        let Ok(draft) = Draft::parse(script) else { return false };
        let marked = Marked::new(script, &draft);
        let plain = is_plain(&marked);
        if plain {
            for shell in [Shell::Sh, Shell::Bash] {
                let findings = read(script, &marked, shell);
                assert!(findings.is_empty(), "{script:?} is taken as plain, and the readers say {findings:?}");
            }
        }
        plain
    }

    #[test]
    fn ordinary_scripts_are_plain() {
        for script in [
            "true",
            "systemctl reload app-1\n",
            "mkdir -p -m 700 {{dir}}",
            "ls /var/log/{{a}}.log --x={{b}} 'it''s' \"a b\"{{c}}",
            "[ -e {{a}} ] && ls -- {{a}} || echo 'no $x'",
            "test -s {{a}}; cd {{a}}\nls | wc -l\n\nsleep 2",
            "grep -F {{pat}} /var/log/{{svc}}.log | head -n {{n}} > /tmp/out 2>&1",
            "curl -fsS http://{{host.name}}:8080/health >> {{log}} 2> /dev/null",
        ] {
            assert!(taken(script), "{script}");
        }
    }

    #[test]
    fn whatever_needs_a_grammar_is_not() {
        for script in [
            "",
            "# a comment",
            "ls # {{a}}",
            "x=1",
            "x={{a}} ls",
            "export A={{a}}",
            "{{a}} ls",
            "ls '{{a}}'",
            "ls \"{{a}}\"",
            "ls \"$x\"",
            "ls $x",
            "ls ~{{a}}",
            "ls *",
            "ls \\\n x",
            "ls &",
            "ls &&",
            "ls | | wc",
            "ls |& wc",
            "ls &> log",
            "cat <<EOF\nEOF",
            "cat <<< x",
            "> x ls",
            "if true; then ls; fi",
            "echo done",
            "source x",
            "f() { ls; }",
            "eval {{a}}",
            "sudo {{a}} x",
            "sh -c {{a}}",
            "echo {{a}} | sh",
            "echo {{a}} | cat | sudo bash -s",
            "cat < {{a}} | sh",
            "ls )",
            "echo 'x",
            "é",
        ] {
            assert!(!taken(script), "{script:?}");
        }
    }

    /// Scripts out of the pieces that plain scripts are made of, with some that they are not.
    fn scripts() -> impl Strategy<Value = String> {
        let often = prop_oneof![
            Just("ls"),
            Just("echo"),
            Just("test"),
            Just("cat"),
            Just("["),
            Just("]"),
            Just("sudo"),
            Just("env"),
            Just("sh"),
            Just("-c"),
            Just("-e"),
            Just("sed"),
            Just("{{a}}"),
            Just("{{b}}"),
            Just("x{{a}}"),
            Just("/srv/{{a}}/y"),
            Just("'a b'"),
            Just("\"a b\""),
            Just("--x={{a}}"),
            Just("2"),
            Just("> f"),
            Just("2>&1"),
            Just("< f"),
            Just(">>f"),
            Just("> {{a}}"),
            Just("a'b'\"c\""),
            Just("''"),
            Just("-"),
            Just("--"),
            Just("."),
            Just(":"),
            Just("%@+,"),
            Just("xargs"),
            Just("time"),
            Just("/bin/sh"),
            Just("1>&2"),
            Just("'{'"),
            Just("'#'"),
            Just("[a-z]"),
        ];
        let seldom = prop_oneof![
            Just("\\"),
            Just("$x"),
            Just("`"),
            Just("#"),
            Just("a=b"),
            Just("~"),
            Just("*"),
            Just("("),
            Just(")"),
            Just("{"),
            Just("}"),
            Just("!"),
            Just("é"),
            Just("if"),
            Just("fi"),
            Just("'"),
            Just("\""),
            Just("&"),
            Just("<<E"),
            Just("=")
        ];
        let join = prop_oneof![
            12 => Just(" "), 1 => Just(""), 1 => Just("\t"), 1 => Just("; "), 1 => Just(" && "), 1 => Just("||"), 1 => Just(" | "),
            1 => Just("\n"), 1 => Just(";"), 1 => Just("\n\n "),
        ];
        let word = prop_oneof![40 => often, 1 => seldom];
        proptest::collection::vec((word, join), 1..12)
            .prop_map(|parts| parts.into_iter().flat_map(|(word, join)| [word, join]).collect())
    }

    #[test]
    fn the_readers_find_nothing_in_any_plain_script() {
        let (all, plain) = (Cell::new(0), Cell::new(0));
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(600) });
        let result = runner.run(&scripts(), |script| {
            all.set(all.get() + 1);
            plain.set(plain.get() + usize::from(taken(&script)));
            Ok(())
        });
        assert_eq!(result, Ok(()));
        // Otherwise nothing was compared. About one in eight is plain; the scripts are other ones each time.
        assert!(plain.get() * 20 > all.get(), "only {} of {} were plain", plain.get(), all.get());
    }
}
