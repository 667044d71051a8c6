//! Recipes: what renders a delivery, pinned at its birth and stored by digest, so that an old
//! delivery renders the same after a restart, whatever the configuration became.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::word::{Digest, Slug};

/// The stages that a delivery still has before it, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Recipe {
    /// What chooses among the route's destinations, before any transform: the event as accepted decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub router: Option<Stage>,
    /// Transforms, first to last. Empty: the event is sent as it came.
    pub stages: Vec<Stage>,
}

/// One use of a plugin: which one, which of its versions, with which config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// The plugin's name in the configuration.
    #[serde(with = "slug_text")]
    pub plugin: Slug,
    /// The component.
    pub digest: Digest,
    /// Its config there, as JSON text; `{}` without one.
    pub config: Arc<str>,
}

impl Recipe {
    /// Returns the JSON that is stored.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a recipe holds only texts")
    }

    /// Reads what [`Recipe::to_json`] wrote.
    ///
    /// # Errors
    /// The stored text is damaged, or of a newer release.
    pub fn from_json(text: &str) -> Result<Recipe, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Returns the digest of the stored JSON: the recipe's name.
    pub fn digest(&self) -> Digest {
        Digest::of(self.to_json().as_bytes())
    }
}

impl Recipe {
    /// Returns the recipe with today's components in place of the pinned ones, the stages as they are: for
    /// a delivery whose last render broke, so that a repaired plugin is used.
    pub fn renewed(&self, today: impl Fn(&Slug) -> Option<Digest>) -> Recipe {
        let renew =
            |stage: &Stage| Stage { digest: today(&stage.plugin).unwrap_or(stage.digest), ..stage.clone() };
        Recipe { router: self.router.as_ref().map(renew), stages: self.stages.iter().map(renew).collect() }
    }

    /// Returns what is left of the recipe when its router has chosen.
    pub fn routed(&self) -> Recipe {
        Recipe { router: None, stages: self.stages.clone() }
    }
}

mod slug_text {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::word::Slug;

    pub(super) fn serialize<S: Serializer>(slug: &Slug, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(slug.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Slug, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Slug::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renewed_recipe_has_todays_components_and_the_same_stages() {
        let stage = |plugin: &str, component: &[u8]| Stage {
            plugin: Slug::parse(plugin).expect("a slug"),
            digest: Digest::of(component),
            config: "{}".into(),
        };
        let recipe = Recipe {
            router: Some(stage("repaired", b"older")),
            stages: vec![stage("repaired", b"old"), stage("removed", b"old")],
        };

        let renewed = recipe.renewed(|plugin| (plugin.as_str() == "repaired").then(|| Digest::of(b"new")));

        assert_eq!(renewed.stages, [stage("repaired", b"new"), stage("removed", b"old")]);
        assert_eq!(renewed.router, Some(stage("repaired", b"new")));
    }

    #[test]
    fn a_recipe_comes_back_from_its_json_under_the_same_digest() {
        let stage = Stage {
            plugin: Slug::parse("summary").expect("a slug"),
            digest: Digest::of(b"component"),
            config: r#"{"style":"short"}"#.into(),
        };
        let recipe = Recipe { router: Some(stage.clone()), stages: vec![stage] };

        let back = Recipe::from_json(&recipe.to_json()).expect("it was just written");

        assert_eq!(back, recipe);
        assert_eq!(back.digest(), recipe.digest());
        assert_eq!(back.routed(), Recipe { router: None, ..recipe.clone() });
        assert_ne!(recipe.digest(), recipe.routed().digest());
        // Stored before there were routers: it still reads, and keeps its digest.
        assert_eq!(Recipe::default().to_json(), r#"{"stages":[]}"#);
    }
}
