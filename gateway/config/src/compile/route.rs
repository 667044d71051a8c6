//! `[route.NAME]`: which events, through which plugins, to which destinations.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use hookgate_core::condition::Condition;
use hookgate_core::envelope::TypeGlob;
use hookgate_core::filter::Filter;
use hookgate_core::plugin::Role;
use hookgate_core::recipe::{Recipe, Stage};
use hookgate_core::source::API;
use hookgate_core::topology::{OnPluginFailure, Route};
use hookgate_core::word::{Kind, NameId};

use super::plugin::Plugins;
use super::{Compiler, proposal};
use crate::at::At;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::file::{RouteTable, StageTable};
use crate::near::did_you_mean;
use crate::node::Node;
use crate::shape;

/// Compiles every route; those with a mistake are left out.
pub(super) fn routes(compiler: &mut Compiler<'_>, plugins: &mut Plugins) -> Vec<Route> {
    let file = compiler.file;
    let sources = file.sources.iter().map(|named| named.name.text()).chain([API]).collect();
    let destinations = file.destinations.iter().map(|named| named.name.text()).collect();
    let mut routes = Routes { compiler, plugins, sources, destinations };
    file.routes
        .iter()
        .filter_map(|named| {
            let slug = routes.compiler.slug(Kind::Route, &named.name);
            let table = named.table.as_ref()?;
            let source = routes.source(&table.source);
            let types = routes.types(table);
            let condition = table.condition.as_ref().and_then(|tree| routes.condition(tree));
            let filter = table.filter.as_ref().and_then(|text| routes.filter(text));
            let router = table.router.as_ref().map(|stage| routes.stage(stage, Role::Route));
            let stages = table
                .stages()
                .iter()
                .map(|stage| routes.stage(stage, Role::Transform))
                .collect::<Vec<Option<Stage>>>();
            let to = routes.to(&table.to);
            let on_plugin_failure = routes.on_plugin_failure(table);
            let (name, id) = slug?;
            let stages: Option<Vec<Stage>> = stages.into_iter().collect();
            let router = match router {
                Some(router) => Some(router?),
                None => None,
            };
            let recipe = Arc::new(Recipe { router, stages: stages? });
            let recipe_digest = recipe.digest();
            Some(Route {
                id,
                name,
                source: source?,
                types,
                condition,
                filter,
                catch_all: table.catch_all.unwrap_or(false),
                recipe,
                recipe_digest,
                to,
                on_plugin_failure,
            })
        })
        .collect()
}

struct Routes<'c, 'a> {
    compiler: &'c mut Compiler<'a>,
    plugins: &'c mut Plugins,
    sources: HashSet<&'a str>,
    destinations: HashSet<&'a str>,
}

impl Routes<'_, '_> {
    fn source(&mut self, at: &At<String>) -> Option<NameId> {
        if self.sources.contains(at.text()) {
            return self.compiler.id_of(Kind::Source, at.text());
        }
        if !self.compiler.file.loss.names {
            let help = did_you_mean(at.text(), self.sources.iter().copied(), || {
                proposal(at.text(), "source", "with its `verify`")
            });
            self.compiler.add(
                codes::UNKNOWN_SOURCE,
                &at.span,
                format!("unknown source \"{}\"", at.text()),
                help,
            );
        }
        None
    }

    fn types(&mut self, table: &RouteTable) -> Vec<TypeGlob> {
        let Some(types) = &table.types else { return Vec::new() };
        if types.value.is_empty() {
            let help = "name a type such as \"invoice.*\", or leave `types` out to take all";
            self.compiler.add(codes::EMPTY_LIST, &types.span, "this route would take no type at all", help);
        }
        let glob = |at: &At<String>| {
            TypeGlob::parse(at.text()).map_err(|why| {
                let help = "write a type such as \"invoice.paid\", with * for one or more characters";
                self.compiler.add(codes::BAD_TYPE_PATTERN, &at.span, why, help);
            })
        };
        types.value.iter().map(glob).filter_map(Result::ok).collect()
    }

    fn condition(&mut self, tree: &At<Node>) -> Option<Condition> {
        match Condition::parse(&tree.value.json()) {
            Ok(condition) => Some(condition),
            Err(error) => {
                let place = tree.place(error.at.iter().map(String::as_str));
                self.compiler.add(codes::BAD_CONDITION, &place, error.why, error.help);
                None
            }
        }
    }

    fn filter(&mut self, text: &At<String>) -> Option<Filter> {
        Filter::parse(text.text()).map_err(|error| self.compiler.filter_error(text, error)).ok()
    }

    fn stage(&mut self, stage: &StageTable, role: Role) -> Option<Stage> {
        self.plugins.stage(self.compiler, &stage.plugin, stage.config.as_ref(), role)
    }

    fn to(&mut self, to: &At<Vec<At<String>>>) -> Vec<NameId> {
        if to.value.is_empty() {
            let help = "name at least one destination: to = [\"crm\"]";
            self.compiler.add(codes::EMPTY_LIST, &to.span, "this route leads nowhere", help);
        }
        let mut first: HashMap<&str, &At<String>> = HashMap::new();
        let mut ids = Vec::new();
        for at in &to.value {
            if let Some(earlier) = first.get(at.text()) {
                let message = format!("destination \"{}\" is named twice", at.text());
                let help = "name it once: each destination gets one delivery of an event by a route";
                let diagnostic =
                    Diagnostic::new(codes::DUPLICATE_DESTINATION, at.span.clone(), message, help);
                self.compiler.report.push(diagnostic.with(earlier.span.clone(), "the first one is here"));
                continue;
            }
            first.insert(at.text(), at);
            ids.extend(self.destination(at));
        }
        ids
    }

    fn destination(&mut self, at: &At<String>) -> Option<NameId> {
        if self.destinations.contains(at.text()) {
            return self.compiler.id_of(Kind::Destination, at.text());
        }
        if !self.compiler.file.loss.names {
            let known = self.destinations.iter().copied();
            let help = did_you_mean(at.text(), known, || {
                proposal(at.text(), "destination", "with its `http.endpoint`")
            });
            let message = format!("unknown destination \"{}\"", at.text());
            self.compiler.add(codes::UNKNOWN_DESTINATION, &at.span, message, help);
        }
        None
    }

    fn on_plugin_failure(&mut self, table: &RouteTable) -> OnPluginFailure {
        match table.on_plugin_failure.as_ref().map(|at| (at, at.text())) {
            None | Some((_, "hold")) => OnPluginFailure::Hold,
            Some((_, "dead_letter")) => OnPluginFailure::DeadLetter,
            Some((at, word)) => {
                self.compiler.report.push(shape::unknown_value(
                    word,
                    &["hold", "dead_letter"],
                    at.span.clone(),
                ));
                OnPluginFailure::Hold
            }
        }
    }
}
