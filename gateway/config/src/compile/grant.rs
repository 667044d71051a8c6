//! `[secret.NAME]`, and what a plugin is granted of them and of the clock.

use std::collections::HashMap;

use hookgate_core::plugin::{Capability, Grants};
use hookgate_core::scheme::KeyError;
use hookgate_core::word::{Secret, Slug};

use super::secret::variable_of;
use super::{Compiler, proposal};
use crate::at::At;
use crate::codes;
use crate::file::{PluginTable, SecretTable};
use crate::near::did_you_mean;

/// The named secrets of a file, newest first. Of one with a mistake only the name is known.
pub(super) struct NamedSecrets(HashMap<String, Vec<Secret>>);

impl NamedSecrets {
    /// Compiles every `[secret.NAME]`.
    pub(super) fn declared(compiler: &mut Compiler<'_>) -> NamedSecrets {
        let file = compiler.file;
        let secrets = file.secrets.iter().map(|named| {
            if let Err(error) = Slug::parse(named.name.text()) {
                let help = "call the secret something like \"my-secret-1\"";
                compiler.add(codes::BAD_NAME, &named.name.span, error.to_string(), help);
            }
            let values = named.table.as_ref().map(|table| values(compiler, named.name.text(), table));
            (named.name.value.clone(), values.unwrap_or_default())
        });
        NamedSecrets(secrets.collect())
    }

    /// Compiles what a plugin is granted.
    pub(super) fn granted(&self, compiler: &mut Compiler<'_>, table: &PluginTable) -> Grants {
        let Some(grant) = &table.grant else { return Grants::default() };
        let mut grants = Grants { clock: grant.clock.unwrap_or_default(), ..Grants::default() };
        for name in grant.mac.iter().flatten() {
            grants.mac.insert(name.value.clone(), self.named(compiler, name).to_vec());
        }
        for name in grant.secret.iter().flatten() {
            let newest = self.named(compiler, name).first().cloned();
            grants.secret.insert(name.value.clone(), newest.unwrap_or_else(|| Secret::new(Vec::new())));
        }
        grants
    }

    /// Returns the values of a secret. There are none where references are not resolved, and where there is a
    /// mistake: the grant stands all the same, so that the plugin is not blamed for it as well.
    fn named(&self, compiler: &mut Compiler<'_>, name: &At<String>) -> &[Secret] {
        let found = self.0.get(name.text());
        if found.is_none() && !compiler.file.loss.names {
            let help = did_you_mean(name.text(), self.0.keys().map(String::as_str), || {
                proposal(name.text(), "secret", "with its `values`")
            });
            let message = format!("unknown secret \"{}\"", name.text());
            compiler.add(codes::UNKNOWN_SECRET, &name.span, message, help);
        }
        found.map_or(&[], Vec::as_slice)
    }
}

fn values(compiler: &mut Compiler<'_>, name: &str, table: &SecretTable) -> Vec<Secret> {
    let variable = variable_of(name, "SECRET");
    if table.values.value.is_empty() {
        let help = format!("name at least one, the newest first: values = [\"${{env:{variable}}}\"]");
        compiler.add(codes::EMPTY_LIST, &table.values.span, "this secret has no value", help);
        return Vec::new();
    }
    let decode = |text: &str| if text.is_empty() { Err(KeyError::Empty) } else { Ok(Secret::from(text)) };
    compiler.keys(&table.values, &variable, decode)
}

/// Returns what a plugin's table must say so that it may use a capability; none: nobody can grant it yet.
pub(super) fn line_for(capability: Capability) -> Option<&'static str> {
    match capability {
        Capability::Clock => Some("grant = { clock = true }"),
        Capability::Mac => Some("grant = { mac = [\"NAME\"] }, with the key in [secret.NAME]"),
        Capability::Secret => Some("grant = { secret = [\"NAME\"] }, with its value in [secret.NAME]"),
        Capability::Kv | Capability::Fetch => None,
    }
}
