//! The compiled configuration of one scope. Replaced whole, never edited: work in flight keeps the
//! one it began with.

use std::collections::HashMap;
use std::sync::Arc;

use crate::condition::Condition;
use crate::destination::{ROUTE_TERMS, Terms};
use crate::envelope::TypeGlob;
use crate::filter::Filter;
use crate::plugin::{Call, Grants, Manifest, PluginLimits};
use crate::publication::api_source;
use crate::recipe::{Recipe, Stage};
use crate::source::{API, Source};
use crate::word::{Digest, Kind, Millis, NameId, ScopeId, Slug};

pub use crate::destination::{
    Auth, ConnectorTarget, Destination, Endpoint, FieldValue, HttpTarget, HttpVersion, Keep, Signing, Target,
};

/// The compiled configuration of one scope.
#[derive(Debug)]
pub struct Topology {
    /// The owner.
    pub scope: ScopeId,
    /// The digest of the configuration's text.
    pub revision: Digest,
    sources: HashMap<Slug, Arc<Source>>,
    routes: HashMap<NameId, Arc<Route>>,
    routes_by_source: HashMap<NameId, Vec<Arc<Route>>>,
    destinations: HashMap<NameId, Arc<Destination>>,
    plugins: HashMap<Slug, Plugin>,
    recipes: HashMap<Digest, Arc<Recipe>>,
}

/// What a topology is made of. Every name in it was checked to exist.
#[derive(Debug, Default)]
pub struct TopologyParts {
    /// Inbound addresses.
    pub sources: Vec<Source>,
    /// In the order of the configuration.
    pub routes: Vec<Route>,
    /// Targets.
    pub destinations: Vec<Destination>,
    /// Components under names.
    pub plugins: Vec<Plugin>,
}

/// Source and types, a condition, transforms, destinations.
#[derive(Debug)]
pub struct Route {
    /// The name as an integer.
    pub id: NameId,
    /// The name.
    pub name: Slug,
    /// Where its events come from.
    pub source: NameId,
    /// Types that it takes; empty: all.
    pub types: Vec<TypeGlob>,
    /// What an event must be like, in the words of `match`; none: anything.
    pub condition: Option<Condition>,
    /// And in the words of `filter`; none: anything.
    pub filter: Option<Filter>,
    /// Takes only what no other route of its source takes.
    pub catch_all: bool,
    /// The transforms, pinned by each delivery at its birth.
    pub recipe: Arc<Recipe>,
    /// [`Recipe::digest`] of it, once.
    pub recipe_digest: Digest,
    /// Destinations, each of which gets a delivery of its own.
    pub to: Vec<NameId>,
    /// What becomes of a delivery whose plugin keeps breaking.
    pub on_plugin_failure: OnPluginFailure,
}

/// What becomes of a delivery whose plugin keeps breaking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnPluginFailure {
    /// It stays, without a due time, until somebody retries it or repairs the plugin.
    #[default]
    Hold,
    /// It ends.
    DeadLetter,
}

/// A component under a name, and what it is given.
#[derive(Debug, Clone)]
pub struct Plugin {
    /// The name as an integer.
    pub id: NameId,
    /// The name.
    pub name: Slug,
    /// The component that is active now.
    pub digest: Digest,
    /// What it says of itself.
    pub manifest: Option<Manifest>,
    /// What it may spend.
    pub limits: PluginLimits,
    /// What it may use beyond its own memory.
    pub grants: Arc<Grants>,
}

impl Topology {
    /// Puts the parts together.
    pub fn new(scope: ScopeId, revision: Digest, parts: TopologyParts) -> Topology {
        let mut topology = Topology { revision, ..Topology::empty(scope) };
        topology.know(Arc::new(Recipe::default()));
        for route in parts.routes {
            let route = Arc::new(route);
            topology.know(Arc::clone(&route.recipe));
            topology.know(Arc::new(route.recipe.routed()));
            topology.routes_by_source.entry(route.source).or_default().push(Arc::clone(&route));
            topology.routes.insert(route.id, route);
        }
        topology.sources = parts.sources.into_iter().map(|s| (s.name.clone(), Arc::new(s))).collect();
        topology.destinations = parts.destinations.into_iter().map(|d| (d.id, Arc::new(d))).collect();
        topology.plugins = parts.plugins.into_iter().map(|p| (p.name.clone(), p)).collect();
        topology
    }

    /// Keeps a recipe at hand: of a route, and what is left of it after a Split, which its children pin.
    fn know(&mut self, recipe: Arc<Recipe>) {
        self.recipes.insert(recipe.digest(), recipe);
    }

    /// Returns a topology that accepts and sends nothing.
    pub fn empty(scope: ScopeId) -> Topology {
        Topology {
            scope,
            revision: Digest::of(b""),
            sources: HashMap::new(),
            routes: HashMap::new(),
            routes_by_source: HashMap::new(),
            destinations: HashMap::new(),
            plugins: HashMap::new(),
            recipes: HashMap::new(),
        }
    }

    /// Returns a source by name.
    pub fn source(&self, name: &str) -> Option<&Arc<Source>> {
        self.sources.get(name)
    }

    /// Returns the routes of a source, in the order of the configuration.
    pub fn routes_of(&self, source: NameId) -> &[Arc<Route>] {
        self.routes_by_source.get(&source).map_or(&[], Vec::as_slice)
    }

    /// Returns a route by its integer.
    pub fn route(&self, id: NameId) -> Option<&Arc<Route>> {
        self.routes.get(&id)
    }

    /// Returns a destination by its integer.
    pub fn destination(&self, id: NameId) -> Option<&Arc<Destination>> {
        self.destinations.get(&id)
    }

    /// Returns what a lane may have at once and in a time: that of its destination, or of a route until it
    /// splits. None: neither is configured.
    pub fn terms(&self, lane: NameId) -> Option<Terms> {
        let of_destination = self.destination(lane).map(|destination| destination.terms());
        of_destination.or_else(|| self.route(lane).map(|_| ROUTE_TERMS))
    }

    /// Returns every destination.
    pub fn destinations(&self) -> impl Iterator<Item = &Arc<Destination>> {
        self.destinations.values()
    }

    /// Returns a plugin by name.
    pub fn plugin(&self, name: &str) -> Option<&Plugin> {
        self.plugins.get(name)
    }

    /// Returns every plugin.
    pub fn plugins(&self) -> impl Iterator<Item = &Plugin> {
        self.plugins.values()
    }

    /// Returns a recipe of today's routes, or of their Split children.
    pub fn recipe(&self, digest: &Digest) -> Option<&Arc<Recipe>> {
        self.recipes.get(digest)
    }

    /// Returns every recipe of today's routes and of their Split children, with its digest.
    pub fn recipes(&self) -> impl Iterator<Item = (&Digest, &Arc<Recipe>)> {
        self.recipes.iter()
    }

    /// Returns every name with its integer, for the store's table of names.
    pub fn names(&self) -> Vec<(NameId, Kind, Slug)> {
        let api = Slug::parse(API).expect("the reserved name is a slug");
        let api = (api_source(self.scope), Kind::Source, api);
        let sources = self.sources.values().map(|s| (s.id, Kind::Source, s.name.clone())).chain([api]);
        let routes = self.routes.values().map(|r| (r.id, Kind::Route, r.name.clone()));
        let destinations = self.destinations.values().map(|d| (d.id, Kind::Destination, d.name.clone()));
        let plugins = self.plugins.values().map(|p| (p.id, Kind::Plugin, p.name.clone()));
        sources.chain(routes).chain(destinations).chain(plugins).collect()
    }

    /// Returns the call of a stage: the pinned component with today's limits and grants of its name. `now`
    /// is what its clock shows. A name that is gone is granted nothing.
    pub fn call(&self, stage: &Stage, now: Millis) -> Call {
        let today = self.plugin(stage.plugin.as_str());
        Call {
            plugin: stage.plugin.clone(),
            digest: stage.digest,
            config: Arc::clone(&stage.config),
            limits: today.map(|plugin| plugin.limits).unwrap_or_default(),
            grants: today.map(|plugin| Arc::clone(&plugin.grants)).unwrap_or_default(),
            now,
        }
    }
}
