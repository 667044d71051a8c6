//! The owner of everything: a tenant's environment.

use std::fmt;

use super::name::{Slug, stable_63};

/// A tenant and one of its environments.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope {
    /// The isolated customer.
    pub tenant: Slug,
    /// Such as `dev`, `staging`, `production`.
    pub environment: Slug,
}

impl Scope {
    /// Returns the scope of an installation that needs only one: `default/default`.
    pub fn default_scope() -> Scope {
        let default = Slug::parse("default").expect("`default` is a slug");
        Scope { tenant: default.clone(), environment: default }
    }

    /// Returns the integer that stands for this scope in every table.
    pub fn id(&self) -> ScopeId {
        ScopeId(stable_63(&["scope", self.tenant.as_str(), self.environment.as_str()]))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.tenant, self.environment)
    }
}

/// A scope as a 63-bit integer: the start of SHA-256 over its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(pub i64);
