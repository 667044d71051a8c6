//! The plugin's configuration where it is used: on a route, a source or a destination.

use serde::de::DeserializeOwned;

use crate::Stop;

/// Reads the plugin's configuration into a type of the plugin's. Without one it reads `{}`, so give
/// the fields a `#[serde(default)]` where they have one.
///
/// # Errors
/// Declined: the configuration has another shape. The reason names the field. A `config_schema` in
/// `plugin.toml` finds such a mistake before anything runs.
pub fn config<T: DeserializeOwned>() -> Result<T, Stop> {
    serde_json::from_str(&config_text())
        .map_err(|error| Stop::declined(format!("the plugin's config does not read: {error}")))
}

/// Returns the plugin's configuration as JSON text; `{}` if there is none.
pub fn config_text() -> String {
    #[cfg(target_family = "wasm")]
    return crate::__bindings::imports::hookgate::plugin::config::get();
    #[cfg(not(target_family = "wasm"))]
    crate::testing::current_config()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Host;

    #[derive(Debug, serde::Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Config {
        #[serde(default)]
        loud: bool,
    }

    #[test]
    fn a_config_reads_and_without_one_the_defaults_hold() {
        let loud = Host::new().config(serde_json::json!({ "loud": true }));

        assert_eq!(loud.run(config), Ok(Config { loud: true }));
        assert_eq!(Host::new().run(config), Ok(Config { loud: false }));
    }

    #[test]
    fn a_config_that_does_not_read_is_declined_by_name() {
        let host = Host::new().config(serde_json::json!({ "lout": true }));

        let stop = host.run(config::<Config>).expect_err("an unknown field");

        assert!(matches!(&stop, Stop::Declined(reason) if reason.contains("unknown field `lout`")), "{stop}");
    }
}
