//! Judges the names that a component imports and exports, before anything is linked.
//!
//! wasmtime's linker would accept an unknown interface without functions, and never names a version as the
//! reason. So the names are read here, and every refusal says which name, why, and what to do.

use std::fmt;

use hookgate_core::plugin::{Capability, Refused, Role};

use crate::CONTRACT;

/// The package of the contract.
const PACKAGE: &str = "hookgate:plugin/";

/// The version of the contract. Within `0.1.z` everything that has the same name is the same.
const VERSION: (u64, u64) = (0, 1);

/// Interfaces that every plugin may import.
const ALWAYS: [&str; 3] = ["types", "config", "log"];

/// Capabilities that this host can supply, if they are granted.
const SUPPLIED: [Capability; 3] = [Capability::Clock, Capability::Mac, Capability::Secret];

/// How to build a plugin that imports no WASI.
const WASI_ADVICE: &str = "help: Rust: build for wasm32-unknown-unknown with `hookgate plugin build`; \
    JavaScript: componentize with disableFeatures [\"stdio\", \"random\", \"clocks\", \"http\", \"fetch-event\"]; \
    Python: componentize-py with --stub-wasi";

/// An interface of the contract, as a component names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Interface<'a> {
    name: &'a str,
    version: &'a str,
}

impl<'a> Interface<'a> {
    /// Reads `hookgate:plugin/name@version`. None: of another package.
    fn parse(name: &'a str) -> Option<Interface<'a>> {
        let rest = name.strip_prefix(PACKAGE)?;
        let (name, version) = rest.split_once('@').unwrap_or((rest, ""));
        Some(Interface { name, version })
    }

    /// Tells whether it is of the version that this host speaks.
    fn is_ours(self) -> bool {
        let mut parts = self.version.split('.').map(str::parse);
        let major_minor = (parts.next(), parts.next());
        let patch = parts.next();
        matches!(major_minor, (Some(Ok(major)), Some(Ok(minor))) if (major, minor) == VERSION)
            && matches!(patch, Some(Ok(_)))
            && parts.next().is_none()
    }
}

/// Why a name is refused.
enum Wrong<'a> {
    Wasi,
    Version(&'a str),
    NotYet(Capability),
    Newer,
    Unknown,
}

impl fmt::Display for Wrong<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wrong::Wasi => write!(f, "plugins have no WASI\n{WASI_ADVICE}"),
            Wrong::Version("") => write!(f, "it names no version; this Hookgate speaks {CONTRACT}"),
            Wrong::Version(theirs) => write!(
                f,
                "it was built for version {theirs} of the contract, this Hookgate speaks {CONTRACT}\n\
                 help: build it with an SDK of version 0.1, or run a Hookgate that speaks {theirs}"
            ),
            Wrong::NotYet(capability) => {
                write!(
                    f,
                    "the capability `{}` comes with a later release\n\
                     help: build the plugin without it; there are: clock, mac, secret, and always config and log",
                    capability.interface()
                )
            }
            Wrong::Newer => {
                write!(
                    f,
                    "{CONTRACT} of this Hookgate has no such interface\nhelp: it needs a newer Hookgate"
                )
            }
            Wrong::Unknown => write!(
                f,
                "only the interfaces of {CONTRACT} are supplied\n\
                 help: remove what uses it; there are: clock, mac, secret, and always config and log"
            ),
        }
    }
}

/// Returns the capabilities that a component uses.
///
/// # Errors
/// Names the first import that cannot be supplied, and says how many more there are of its kind.
pub(crate) fn capabilities<'a>(
    imports: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<Capability>, Refused> {
    let mut uses = Vec::new();
    let mut refused: Option<(&str, Wrong<'_>)> = None;
    let mut more = 0;
    for import in imports {
        match judge(import) {
            Ok(capability) => uses.extend(capability),
            Err(_) if refused.is_some() => more += 1,
            Err(wrong) => refused = Some((import, wrong)),
        }
    }
    let Some((import, wrong)) = refused else { return Ok(uses) };
    let others = if more == 0 { String::new() } else { format!(" and {more} more that are refused") };
    Err(Refused::Import(format!("the component imports {import}{others}: {wrong}")))
}

/// Returns the capability behind an import, if there is one behind it.
fn judge(import: &str) -> Result<Option<Capability>, Wrong<'_>> {
    if import.starts_with("wasi:") {
        return Err(Wrong::Wasi);
    }
    let Some(interface) = Interface::parse(import) else { return Err(Wrong::Unknown) };
    if !interface.is_ours() {
        return Err(Wrong::Version(interface.version));
    }
    if ALWAYS.contains(&interface.name) {
        return Ok(None);
    }
    let capability = Capability::ALL.into_iter().find(|capability| capability.interface() == interface.name);
    match capability {
        Some(capability) if SUPPLIED.contains(&capability) => Ok(Some(capability)),
        Some(capability) => Err(Wrong::NotYet(capability)),
        None => Err(Wrong::Newer),
    }
}

/// Returns the roles that a component has, in the order of the contract. Exports of other packages are
/// nobody's business: some languages add their own.
///
/// # Errors
/// It has no role, or one of another version of the contract.
pub(crate) fn roles<'a>(exports: impl IntoIterator<Item = &'a str>) -> Result<Vec<Role>, Refused> {
    let ours: Vec<(&str, Interface<'_>)> =
        exports.into_iter().filter_map(|name| Some((name, Interface::parse(name)?))).collect();
    if let Some((name, interface)) = ours.iter().find(|(_, interface)| !interface.is_ours()) {
        let wrong = Wrong::Version(interface.version);
        return Err(Refused::Import(format!("the component exports {name}: {wrong}")));
    }
    let has = |role: &Role| ours.iter().any(|(_, interface)| interface.name == role.interface());
    let roles: Vec<Role> = Role::ALL.into_iter().filter(has).collect();
    if roles.is_empty() {
        return Err(Refused::NoRole { contract: CONTRACT.to_owned() });
    }
    Ok(roles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_always_there_needs_no_capability() {
        let imports =
            ["hookgate:plugin/types@0.1.0", "hookgate:plugin/config@0.1.7", "hookgate:plugin/log@0.1.0"];

        assert_eq!(capabilities(imports), Ok(Vec::new()));
        assert_eq!(capabilities([]), Ok(Vec::new()));
    }

    #[test]
    fn what_is_granted_by_name_is_found() {
        let imports =
            ["hookgate:plugin/clock@0.1.0", "hookgate:plugin/secret@0.1.2", "hookgate:plugin/mac@0.1.0"];

        let uses = capabilities(imports);

        assert_eq!(uses, Ok(vec![Capability::Clock, Capability::Secret, Capability::Mac]));
    }

    #[test]
    fn every_other_import_is_refused_by_name_with_advice() {
        let cases = [
            (
                "wasi:cli/environment@0.2.0",
                "plugins have no WASI\nhelp: Rust: build for wasm32-unknown-unknown",
            ),
            ("wasi:http/types@0.3.0", "--stub-wasi"),
            (
                "hookgate:plugin/types@0.2.0",
                "version 0.2.0 of the contract, this Hookgate speaks hookgate:plugin@0.1.0",
            ),
            ("hookgate:plugin/types@1.1.0", "version 1.1.0 of the contract"),
            ("hookgate:plugin/types@0.1", "version 0.1 of the contract"),
            ("hookgate:plugin/types@0.1.0.0", "version 0.1.0.0 of the contract"),
            ("hookgate:plugin/types@0.1.x", "version 0.1.x of the contract"),
            ("hookgate:plugin/types", "it names no version"),
            ("hookgate:plugin/fetch@0.1.0", "the capability `fetch` comes with a later release"),
            ("hookgate:plugin/teleport@0.1.3", "it needs a newer Hookgate"),
            ("hookgate:plugins/types@0.1.0", "only the interfaces of hookgate:plugin@0.1.0"),
            ("env", "only the interfaces of hookgate:plugin@0.1.0"),
            ("", "only the interfaces of hookgate:plugin@0.1.0"),
        ];
        for (import, expected) in cases {
            let Err(Refused::Import(text)) = capabilities(["hookgate:plugin/types@0.1.0", import]) else {
                panic!("{import} is refused");
            };

            assert!(text.starts_with(&format!("the component imports {import}: ")), "{text}");
            assert!(text.contains(expected), "{text}");
        }
    }

    #[test]
    fn a_crowd_of_refused_imports_is_counted() {
        let Err(Refused::Import(text)) =
            capabilities(["wasi:io/poll@0.2.0", "wasi:io/error@0.2.0", "wasi:a/b"])
        else {
            panic!("they are refused");
        };

        assert!(
            text.starts_with("the component imports wasi:io/poll@0.2.0 and 2 more that are refused: "),
            "{text}"
        );
    }

    #[test]
    fn roles_are_found_among_foreign_exports() {
        let exports =
            ["exports", "hookgate:plugin/connect-out@0.1.2", "hookgate:plugin/transform@0.1.0", "run"];

        assert_eq!(roles(exports), Ok(vec![Role::Transform, Role::ConnectOut]));
    }

    #[test]
    fn a_component_without_a_role_of_ours_is_refused() {
        for exports in [&[][..], &["wasi:cli/run@0.2.0"], &["hookgate:plugin/dance@0.1.0"]] {
            let refused = roles(exports.iter().copied());

            assert_eq!(refused, Err(Refused::NoRole { contract: CONTRACT.to_owned() }));
        }
        let Err(Refused::Import(text)) = roles(["hookgate:plugin/transform@0.2.0"]) else {
            panic!("refused")
        };
        assert!(
            text.contains("exports hookgate:plugin/transform@0.2.0: it was built for version 0.2.0"),
            "{text}"
        );
    }
}
