//! Reads the outside of a component: its imports, its exports and what it says of itself.
//!
//! Looks at the outermost sections only and compiles nothing, so it is fast for any size. That the code
//! inside is valid is found when it is compiled.

use hookgate_core::limits::COMPONENT_BYTES_MAX;
use hookgate_core::plugin::Refused;
use wasmparser::{Parser, Payload};

/// The section of the manifest, as JSON.
const MANIFEST: &str = "hookgate:manifest";

/// The section of the fixtures: a JSON object of event type to body.
const FIXTURES: &str = "hookgate:fixtures";

/// The outside of a component, borrowed from its bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outside<'a> {
    pub(crate) imports: Vec<&'a str>,
    pub(crate) exports: Vec<&'a str>,
    pub(crate) manifest: Option<&'a [u8]>,
    pub(crate) fixtures: Option<&'a [u8]>,
}

impl<'a> Outside<'a> {
    /// Reads the outside of a component.
    ///
    /// # Errors
    /// TooLarge, before anything is read; NotAComponent, with advice where it is known what else it is.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Outside<'a>, Refused> {
        if bytes.len() > COMPONENT_BYTES_MAX {
            return Err(Refused::TooLarge { bytes: bytes.len(), max: COMPONENT_BYTES_MAX });
        }
        if Parser::is_core_wasm(bytes) {
            return Err(not_a_component(
                "this is a core WebAssembly module, not a component; run `hookgate plugin build`",
            ));
        }
        if !Parser::is_component(bytes) {
            return Err(not_a_component(
                "this is no WebAssembly; a plugin is a component: see `hookgate plugin build`",
            ));
        }
        let mut outside = Outside::default();
        outside
            .walk(bytes)
            .map_err(|error| not_a_component(&format!("the component is damaged: {error}")))?;
        Ok(outside)
    }

    fn walk(&mut self, bytes: &'a [u8]) -> wasmparser::Result<()> {
        // What lies in inner modules and components is not the component's own.
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload?;
            if let Payload::ModuleSection { .. } | Payload::ComponentSection { .. } = payload {
                depth += 1;
            } else if let Payload::End(_) = payload {
                depth = depth.saturating_sub(1);
            } else if depth == 0 {
                self.take(payload)?;
            }
        }
        Ok(())
    }

    fn take(&mut self, payload: Payload<'a>) -> wasmparser::Result<()> {
        if let Payload::ComponentImportSection(imports) = payload {
            for import in imports {
                self.imports.push(import?.name.name);
            }
        } else if let Payload::ComponentExportSection(exports) = payload {
            for export in exports {
                self.exports.push(export?.name.name);
            }
        } else if let Payload::CustomSection(section) = payload {
            match section.name() {
                MANIFEST => self.manifest = Some(section.data()),
                FIXTURES => self.fixtures = Some(section.data()),
                _ => {}
            }
        }
        Ok(())
    }
}

fn not_a_component(reason: &str) -> Refused {
    Refused::NotAComponent(reason.to_owned())
}
