//! A host's public key.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A public key, as people compare it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostKey {
    /// Its type, as a file of known hosts has it: `ssh-ed25519`.
    pub algorithm: String,
    /// `SHA256:…`, as `ssh-keygen -l` prints it.
    pub fingerprint: String,
}

impl HostKey {
    /// From its type and its base64, the second and third word of a line of known hosts.
    pub(super) fn parse(algorithm: &str, blob: &str) -> Option<Self> {
        let bytes = STANDARD.decode(blob).ok()?;
        let digest = STANDARD_NO_PAD.encode(Sha256::digest(bytes));
        Some(Self { algorithm: algorithm.to_owned(), fingerprint: format!("SHA256:{digest}") })
    }

    /// The word people use for its type.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self.algorithm.as_str() {
            "ssh-ed25519" => "ED25519",
            "ssh-rsa" => "RSA",
            name if name.starts_with("ecdsa-") => "ECDSA",
            name => name,
        }
    }

    /// What an ssh must offer to be shown a key of this type.
    pub(super) fn signatures(&self) -> &str {
        match self.algorithm.as_str() {
            "ssh-rsa" => "rsa-sha2-512,rsa-sha2-256",
            name => name,
        }
    }
}
