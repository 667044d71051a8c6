//! Components that no file holds: those that ship with the binary, and those that were uploaded.

use std::collections::HashMap;

use bytes::Bytes;
use hookgate_config::{Component as Named, Unknown};
use hookgate_core::word::{Digest, ScopeId, Slug};
use hookgate_ports::{Journal, StoreError};

/// What a configuration's stored components are looked up in.
pub struct Shelf {
    stored: HashMap<String, Shelved>,
    reach: Reach,
}

/// A component, and whether it is a file, embedded or uploaded.
#[derive(Debug, Clone)]
pub struct Shelved {
    /// The file.
    pub bytes: Bytes,
    /// `file`, `embedded` or `uploaded`.
    pub origin: String,
}

/// How far a shelf sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// What ships with the binary: what was uploaded to a gateway is elsewhere.
    Binary,
    /// All that is stored.
    Store,
}

impl Shelf {
    /// Has what ships with a binary: for those who have no store.
    pub fn shipped(embedded: impl IntoIterator<Item = (String, Bytes)>) -> Shelf {
        let shelved = |(name, bytes)| (name, Shelved { bytes, origin: "embedded".into() });
        Shelf { stored: embedded.into_iter().map(shelved).collect(), reach: Reach::Binary }
    }

    /// Has what answers in the store to the names that a text uses; to the name of `instead` that version.
    pub(super) async fn stored(
        journal: &dyn Journal,
        scope: ScopeId,
        text: &str,
        instead: Option<(&Slug, Digest)>,
    ) -> Result<Shelf, StoreError> {
        let mut stored = HashMap::new();
        for named in hookgate_config::components(text) {
            let Some(slug) = named.component.stored_name().and_then(|name| Slug::parse(name).ok()) else {
                continue;
            };
            let version = instead.filter(|(name, _)| **name == slug).map(|(_, digest)| digest);
            if let Some(component) = journal.component_of(scope, slug.clone(), version).await? {
                let shelved = Shelved { bytes: component.bytes, origin: component.origin };
                stored.insert(slug.to_string(), shelved);
            }
        }
        Ok(Shelf { stored, reach: Reach::Store })
    }

    /// Returns a stored component.
    pub(super) fn find(&self, named: &Named) -> Result<Shelved, Unknown> {
        let name = named.stored_name().unwrap_or_default();
        match (self.stored.get(name), named, self.reach) {
            (Some(shelved), ..) => Ok(shelved.clone()),
            (None, Named::Uploaded(_), Reach::Binary) => Err(Unknown::Elsewhere),
            (None, Named::Uploaded(_), Reach::Store) => {
                Err(Unknown::Refused(format!("nothing is uploaded as {name:?}")))
            }
            (None, Named::Embedded(_) | Named::File(_), _) => Err(Unknown::Refused(self.not_shipped(name))),
        }
    }

    fn not_shipped(&self, name: &str) -> String {
        match self.reach {
            Reach::Store => format!("no plugin {name:?} ships with this binary, or it was removed"),
            Reach::Binary => {
                let mut all: Vec<&str> = self.stored.keys().map(String::as_str).collect();
                all.sort_unstable();
                format!("no plugin {name:?} is inside this binary; there are: {}", all.join(", "))
            }
        }
    }
}
