//! Says what a component is: its digest, its roles, what it uses and what it says of itself.

use hookgate_core::plugin::{Facts, Manifest, Refused};
use hookgate_core::word::Digest;

use crate::component::Outside;
use crate::imports;

/// Reads what a component is, without compiling it. The digest costs most of it: some 3 ms per MiB at worst.
///
/// # Errors
/// Says why the component can be no plugin here, and what to do about it.
pub fn inspect(component: &[u8]) -> Result<Facts, Refused> {
    let outside = Outside::read(component)?;
    Ok(Facts {
        digest: Digest::of(component),
        component_bytes: component.len(),
        uses: imports::capabilities(outside.imports.iter().copied())?,
        roles: imports::roles(outside.exports.iter().copied())?,
        manifest: outside.manifest.map(manifest).transpose()?,
    })
}

fn manifest(section: &[u8]) -> Result<Manifest, Refused> {
    serde_json::from_slice(section).map_err(|error| Refused::Manifest(error.to_string()))
}
