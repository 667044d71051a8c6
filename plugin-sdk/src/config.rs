//! The plugin's configuration where it is used: on a route, a source or a destination.

use std::fmt;

use serde::de::DeserializeOwned;

use crate::Stop;

/// A configuration of another shape than the plugin's. The text names the field.
///
/// `?` makes it the role's own error: a [`Stop::Declined`], or the text of `authenticate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the plugin's config does not read: {}", self.0)
    }
}

impl std::error::Error for ConfigError {}

impl From<ConfigError> for Stop {
    fn from(error: ConfigError) -> Stop {
        Stop::declined(error.to_string())
    }
}

impl From<ConfigError> for String {
    fn from(error: ConfigError) -> String {
        error.to_string()
    }
}

/// Reads the plugin's configuration into a type of the plugin's. Without one it reads `{}`, so give
/// the fields a `#[serde(default)]` where they have one.
///
/// # Errors
/// The configuration has another shape; the text names the field. `?` makes it the role's own error. A
/// `config_schema` in `plugin.toml` finds such a mistake before anything runs.
pub fn config<T: DeserializeOwned>() -> Result<T, ConfigError> {
    serde_json::from_str(&config_text()).map_err(|error| ConfigError(error.to_string()))
}

/// Returns the plugin's configuration as JSON text; `{}` if there is none.
pub fn config_text() -> String {
    #[cfg(target_family = "wasm")]
    return crate::__bindings::imports::hookgate::plugin::config::get();
    #[cfg(not(target_family = "wasm"))]
    crate::testing::current(|host| host.config_text()).unwrap_or_else(|| "{}".to_owned())
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

        let error = host.run(config::<Config>).expect_err("an unknown field");

        assert!(error.to_string().contains("unknown field `lout`"), "{error}");
        assert_eq!(Stop::from(error.clone()), Stop::declined(error.to_string()));
        assert_eq!(String::from(error.clone()), error.to_string());
    }
}
