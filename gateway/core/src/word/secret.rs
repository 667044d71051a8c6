//! Secret values: printed nowhere, not even by Debug, and wiped when dropped.

use std::fmt;

use secrecy::{ExposeSecret, SecretSlice};

/// A secret's bytes.
#[derive(Clone)]
pub struct Secret(SecretSlice<u8>);

impl Secret {
    /// Takes the bytes of a secret.
    pub fn new(bytes: Vec<u8>) -> Secret {
        Secret(bytes.into())
    }

    /// Shows the bytes, to sign or compare with. Never log, store or return them.
    pub fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Secret {
        Secret::new(text.as_bytes().to_vec())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_does_not_show_a_secret() {
        let shown = format!("{:?}", Secret::from("hunter2"));

        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
