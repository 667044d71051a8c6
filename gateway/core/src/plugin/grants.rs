//! What the operator granted a plugin, with the keys behind it. A guest is told results, never a key of `mac`.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use subtle::{Choice, ConstantTimeEq};
use thiserror::Error;

use super::Capability;
use crate::scheme::Algorithm;
use crate::word::Secret;

/// What a plugin may use beyond its own memory, its config and its log. By default nothing.
#[derive(Debug, Clone, Default)]
pub struct Grants {
    /// The frozen clock.
    pub clock: bool,
    /// Keys for HMACs by name; the secrets of each newest first, at least one.
    pub mac: BTreeMap<String, Vec<Secret>>,
    /// Secrets by name: the newest of each.
    pub secret: BTreeMap<String, Secret>,
}

/// Why there is no HMAC. Told to the guest, so it names nothing that the guest does not know.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MacError {
    /// There is no such key, or it is not this plugin's.
    #[error(
        "no key \"{0}\" is granted to this plugin; the operator grants it by grant = {{ mac = [\"{0}\"] }}"
    )]
    NotGranted(String),
}

impl Grants {
    /// Returns the first of these capabilities that is not granted. Which keys and secrets a guest will
    /// ask for shows only when it does; here one is enough.
    pub fn missing(&self, uses: &[Capability]) -> Option<Capability> {
        uses.iter().copied().find(|capability| match capability {
            Capability::Clock => !self.clock,
            Capability::Mac => self.mac.is_empty(),
            Capability::Secret => self.secret.is_empty(),
            // No host supplies them yet, so nobody can grant them.
            Capability::Kv | Capability::Fetch => true,
        })
    }

    /// Returns how many secrets a key has: an HMAC is computed for each to verify one. 0: not granted.
    pub fn mac_secrets(&self, key: &str) -> usize {
        self.mac.get(key).map_or(0, Vec::len)
    }

    /// Returns the HMAC under the key's newest secret.
    ///
    /// # Errors
    /// NotGranted: nothing was computed.
    pub fn sign(&self, key: &str, algorithm: Algorithm, data: &[u8]) -> Result<Vec<u8>, MacError> {
        Ok(tag(algorithm, &self.key(key)?[0], data))
    }

    /// Tells whether a tag is the HMAC under any of the key's secrets. All are tried, each compared in
    /// constant time.
    ///
    /// # Errors
    /// NotGranted: nothing was computed.
    pub fn verify(
        &self,
        key: &str,
        algorithm: Algorithm,
        data: &[u8],
        expected: &[u8],
    ) -> Result<bool, MacError> {
        let mut fits = Choice::from(0);
        for secret in self.key(key)? {
            fits |= tag(algorithm, secret, data).as_slice().ct_eq(expected);
        }
        Ok(fits.into())
    }

    fn key(&self, name: &str) -> Result<&[Secret], MacError> {
        match self.mac.get(name) {
            Some(secrets) if !secrets.is_empty() => Ok(secrets),
            Some(_) | None => Err(MacError::NotGranted(name.to_owned())),
        }
    }
}

fn tag(algorithm: Algorithm, secret: &Secret, data: &[u8]) -> Vec<u8> {
    match algorithm {
        Algorithm::Sha1 => tag_by::<Hmac<Sha1>>(secret, data),
        Algorithm::Sha256 => tag_by::<Hmac<Sha256>>(secret, data),
        Algorithm::Sha512 => tag_by::<Hmac<Sha512>>(secret, data),
    }
}

fn tag_by<M: Mac + KeyInit>(secret: &Secret, data: &[u8]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(secret.expose()).expect("HMAC takes a key of any length");
    mac.update(data);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::word::hex_decode;

    fn grants() -> Grants {
        let secrets = vec![Secret::from("Jefe"), Secret::from("older")];
        Grants { mac: BTreeMap::from([("partner".to_owned(), secrets)]), ..Grants::default() }
    }

    /// RFC 2202, test case 2; RFC 4231, test case 2.
    const VECTORS: [(Algorithm, &str); 3] = [
        (Algorithm::Sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        (Algorithm::Sha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (
            Algorithm::Sha512,
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        ),
    ];

    #[test]
    fn the_newest_secret_signs_by_the_rfcs_vectors() {
        for (algorithm, hex) in VECTORS {
            let tag = grants().sign("partner", algorithm, b"what do ya want for nothing?");

            assert_eq!(tag, Ok(hex_decode(hex).expect("hex digits")), "{algorithm:?}");
        }
    }

    #[test]
    fn every_secret_of_a_key_verifies_and_no_other_does() {
        let older = Grants {
            mac: BTreeMap::from([("partner".to_owned(), vec![Secret::from("older")])]),
            ..Grants::default()
        };
        let verify = |tag: &[u8]| grants().verify("partner", Algorithm::Sha256, b"data", tag);
        let newest = grants().sign("partner", Algorithm::Sha256, b"data").expect("granted");
        let oldest = older.sign("partner", Algorithm::Sha256, b"data").expect("granted");

        assert_eq!((verify(&newest), verify(&oldest)), (Ok(true), Ok(true)));
        for wrong in [&newest[1..], &[0; 32], b""] {
            assert_eq!(verify(wrong), Ok(false));
        }
    }

    #[test]
    fn a_key_that_is_not_granted_computes_nothing() {
        let refused = Err(MacError::NotGranted("other".into()));

        assert_eq!(grants().sign("other", Algorithm::Sha1, b""), refused);
        assert!(grants().verify("other", Algorithm::Sha1, b"", b"").is_err());
        assert_eq!((grants().mac_secrets("partner"), grants().mac_secrets("other")), (2, 0));
    }

    #[test]
    fn what_is_not_granted_is_found_by_name() {
        let all =
            Grants { clock: true, secret: BTreeMap::from([("s".to_owned(), Secret::from("v"))]), ..grants() };
        let given = [Capability::Clock, Capability::Mac, Capability::Secret];

        assert_eq!(all.missing(&given), None);
        assert_eq!(all.missing(&[Capability::Clock, Capability::Fetch]), Some(Capability::Fetch));
        for capability in given {
            assert_eq!(Grants::default().missing(&[capability]), Some(capability));
        }
        assert_eq!(Grants::default().missing(&[]), None);
    }

    #[test]
    fn no_secret_is_in_a_debug() {
        let shown = format!("{:?}", grants());

        assert!(shown.contains("partner") && !shown.contains("Jefe"), "{shown}");
    }
}
