//! Values that nobody may see: where they are read, and how they are blotted out of everything that is kept or shown.
//!
//! What this module deliberately does not do: it does not recognise secrets it was not told, it finds a secret only
//! as it is and in base64 (a hex dump, a reversed or a wrapped copy passes), and it does not wipe memory.

mod load;
mod redact;
mod secret;

pub use load::{SecretError, SecretErrorReason, Secrets};
pub use redact::{MARK, RedactionSet, Redactor};
pub use secret::{Secret, UnfitSecret};
