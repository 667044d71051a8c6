//! `verify.plugin`: a plugin says who the sender is, before anything is stored.

use std::time::Duration;

use hookgate_core::limits;
use hookgate_core::plugin::Role;
use hookgate_core::recipe::Stage;
use hookgate_core::scheme::Verification;
use http::HeaderName;

use super::Compiler;
use super::plugin::Plugins;
use crate::codes;
use crate::file::AuthenticatorTable;

impl Compiler<'_> {
    /// Compiles `verify.plugin`.
    pub(super) fn authenticator(
        &mut self,
        table: &AuthenticatorTable,
        plugins: &mut Plugins,
    ) -> Option<Verification> {
        let bounds = Duration::from_millis(1)..=limits::AUTHENTICATION_TIMEOUT_MAX;
        let deadline = match &table.deadline {
            Some(at) => self.duration(at, bounds),
            None => Some(limits::AUTHENTICATION_TIMEOUT),
        };
        let names: Vec<Option<HeaderName>> = table
            .mask
            .iter()
            .flatten()
            .map(|at| self.header_name(at).and_then(|name| HeaderName::from_bytes(name.as_bytes()).ok()))
            .collect();
        let at = &table.plugin;
        let loaded = plugins.named(self, at)?;
        if !loaded.roles.contains(&Role::Authenticate) {
            let roles: Vec<&str> = loaded.roles.iter().map(|role| role.interface()).collect();
            let message =
                format!("plugin \"{}\" is no authenticator: it exports {}", at.text(), roles.join(", "));
            let help = "name a plugin that exports `authenticate`";
            self.add(codes::MISSING_ROLE, &at.span, message, help);
            return None;
        }
        let config = self.plugin_config(table.config.as_ref(), loaded.schema.as_ref(), &at.span)?;
        let stage = Stage { plugin: loaded.plugin.name.clone(), digest: loaded.plugin.digest, config };
        let mask = names.into_iter().flatten().collect();
        Some(Verification::Plugin { stage, deadline: deadline?, mask })
    }
}
