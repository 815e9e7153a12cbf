//! Text for a POSIX shell, bit for bit.

use std::fmt;

/// Says that a text cannot be given to any shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it holds a NUL byte, which no command line, environment or shell can carry")]
pub struct NulError;

/// Shell text under construction. Its `Debug` shows no byte of it: secrets may be inside.
#[derive(Clone, Default)]
pub struct ShellText(Vec<u8>);

impl ShellText {
    /// Appends shell syntax as it is.
    pub fn syntax(&mut self, text: &str) -> &mut Self {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    /// Appends bytes as one quoted word.
    ///
    /// # Errors
    /// [`NulError`] if they hold a NUL.
    pub fn word(&mut self, bytes: &[u8]) -> Result<&mut Self, NulError> {
        if bytes.contains(&0) {
            return Err(NulError);
        }
        // Single quotes are the only quoting in which no byte but the quote itself means anything, in every shell.
        self.0.push(b'\'');
        for part in bytes.split_inclusive(|b| *b == b'\'') {
            match part.split_last() {
                Some((b'\'', before)) => {
                    self.0.extend_from_slice(before);
                    self.0.extend_from_slice(b"'\\''");
                }
                _ => self.0.extend_from_slice(part),
            }
        }
        self.0.push(b'\'');
        Ok(self)
    }

    /// Appends `NAME=WORD` and a newline. The name is the caller's, never data.
    ///
    /// # Errors
    /// [`NulError`] if the value holds a NUL.
    pub fn set(&mut self, name: &str, value: &str) -> Result<&mut Self, NulError> {
        self.syntax(name).syntax("=").word(value.as_bytes())?;
        Ok(self.syntax("\n"))
    }

    /// Appends shell text that was built before.
    pub fn append(&mut self, text: &[u8]) -> &mut Self {
        self.0.extend_from_slice(text);
        self
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for ShellText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShellText({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quotes_as_people_do() {
        let check = |bytes: &[u8], expect: &str| {
            let mut text = ShellText::default();
            text.word(bytes).unwrap();
            assert_eq!(String::from_utf8_lossy(text.as_bytes()), expect);
        };
        check(b"", "''");
        check(b"it's", r"'it'\''s'");
        check(b"''", r"''\'''\'''");
        check(b"a\nb $(c)", "'a\nb $(c)'");
        assert_eq!(ShellText::default().word(b"a\0b").err(), Some(NulError));
    }

    #[test]
    fn debug_shows_no_byte() {
        let mut text = ShellText::default();
        text.word(b"hunter2!").unwrap();
        assert_eq!(format!("{text:?}"), "ShellText(10 bytes)");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn any_bytes_come_back_from_every_shell(words in prop::collection::vec(prop::collection::vec(1..=255u8, 0..60), 1..20)) {
            let mut text = ShellText::default();
            text.syntax("printf '%s\\0'");
            for word in &words {
                text.syntax(" ").word(word).unwrap();
            }
            text.syntax("\n");
            let expect: Vec<u8> = words.iter().flat_map(|w| [w.as_slice(), &[0]].concat()).collect();
            for shell in crate::ledger::shells() {
                let got = crate::ledger::with_stdin(Command::new(shell[0]).args(&shell[1..]), text.as_bytes());
                prop_assert_eq!(&got.stdout, &expect, "{:?}", shell);
            }
        }
    }
}
