//! The capability `secret`: secrets by name. Prefer [`mac`](crate::mac), which shows the plugin no key, or
//! credentials that the host adds by the destination's `auth`.
//!
//! Granted in the gateway's configuration: `grant = { secret = ["NAME"] }`. Name it in `plugin.toml`:
//! `asks = ["secret"]`.

use crate::NotGranted;

/// Returns the newest value of a secret.
///
/// # Errors
/// There is no such secret, it is not granted, or it is not text.
pub fn get(name: &str) -> Result<String, NotGranted> {
    #[cfg(target_family = "wasm")]
    let answer = crate::__bindings::imports::hookgate::plugin::secret::get(name);
    #[cfg(not(target_family = "wasm"))]
    let answer = crate::testing::current(|host| host.secret_of(name))
        .unwrap_or_else(|| Err("no host; run this inside `testing::Host::run`".to_owned()));
    answer.map_err(NotGranted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Host;

    #[test]
    fn a_secret_is_there_if_it_was_granted() {
        let host = Host::new().secret("token", "t");

        assert_eq!(host.run(|| get("token")), Ok("t".into()));
        let refused = host.run(|| get("other")).expect_err("not granted");
        assert!(refused.to_string().contains("\"other\""), "{refused}");
    }
}
