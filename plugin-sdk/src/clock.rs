//! The capability `clock`: a frozen clock, the same all through a call.
//!
//! Granted in the gateway's configuration: `grant = { clock = true }`. Name it in `plugin.toml`:
//! `asks = ["clock"]`.

/// Returns the time, in milliseconds since 1970-01-01 UTC: when the event or request was received, for
/// a connector when the attempt began.
pub fn now() -> u64 {
    #[cfg(target_family = "wasm")]
    return crate::__bindings::imports::hookgate::plugin::clock::now();
    #[cfg(not(target_family = "wasm"))]
    crate::testing::current(|host| host.now()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[test]
    fn the_clock_shows_what_the_test_says() {
        assert_eq!(Host::new().clock(7).run(super::now), 7);
        assert!(Host::new().run(super::now) > 0);
    }
}
