//! One secret value.

/// Holds a secret's value. It has no `Debug`, no `Display`, no `Serialize` and no `Clone`: the only way to the bytes
/// is [`Secret::expose`], which a reviewer can search for.
pub struct Secret(Vec<u8>);

/// Says why bytes cannot be a secret. Never quotes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnfitSecret {
    /// It could not be blotted out without blotting out half of everything else.
    #[error(
        "its value is shorter than {} characters and could not be blotted out of the output; use a longer one",
        Secret::MIN_CHARS
    )]
    TooShort,
    /// No environment and no shell can carry it.
    #[error("its value contains a NUL byte, which no environment can carry; store it without")]
    Nul,
}

impl Secret {
    /// Characters a secret must have at least.
    pub const MIN_CHARS: usize = 6;

    /// Checks bytes and takes them.
    ///
    /// # Errors
    /// An [`UnfitSecret`] if they are too few or hold a NUL.
    pub fn new(value: Vec<u8>) -> Result<Self, UnfitSecret> {
        let chars = std::str::from_utf8(&value).map_or(value.len(), |text| text.chars().count());
        if chars < Self::MIN_CHARS {
            return Err(UnfitSecret::TooShort);
        }
        if value.contains(&0) {
            return Err(UnfitSecret::Nul);
        }
        Ok(Self(value))
    }

    /// The value. Goes to standard input of a command and nowhere else.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &[u8], expect: Result<(), UnfitSecret>) {
        assert_eq!(Secret::new(value.to_vec()).map(|_| ()), expect, "{value:?}");
    }

    #[test]
    fn refuses_what_cannot_be_kept_secret() {
        check(b"", Err(UnfitSecret::TooShort));
        check(b"12345", Err(UnfitSecret::TooShort));
        check("ääääé".as_bytes(), Err(UnfitSecret::TooShort));
        check(b"123456", Ok(()));
        check(b"\xff\xfe\xfd\xfc\xfb\xfa", Ok(()));
        check(b"123\x00456", Err(UnfitSecret::Nul));
    }
}
