//! What only shows when all names are known: two with one integer, and sources whose events go nowhere.

use std::collections::{HashMap, HashSet};

use hookgate_core::word::{Kind, NameId};

use super::Compiler;
use crate::at::At;
use crate::codes;
use crate::diagnostic::Diagnostic;

/// Checks the names of the whole file.
pub(super) fn check(compiler: &mut Compiler<'_>) {
    let file = compiler.file;
    let names = file.sources.iter().map(|named| (Kind::Source, &named.name));
    let names = names.chain(file.components.iter().map(|named| (Kind::Plugin, &named.name)));
    let names = names.chain(file.destinations.iter().map(|named| (Kind::Destination, &named.name)));
    let names = names.chain(file.routes.iter().map(|named| (Kind::Route, &named.name)));
    let ids: Vec<_> =
        names.filter_map(|(kind, name)| Some((compiler.id_of(kind, name.text())?, kind, name))).collect();
    for diagnostic in collisions(&ids) {
        compiler.report.push(diagnostic);
    }
    if !file.loss.names {
        unrouted_sources(compiler);
    }
}

/// In the store a name is its integer, whatever it names.
fn collisions(names: &[(NameId, Kind, &At<String>)]) -> Vec<Diagnostic> {
    let mut first: HashMap<NameId, (Kind, &At<String>)> = HashMap::new();
    let mut found = Vec::new();
    for (id, kind, name) in names {
        if let Some((other_kind, other)) = first.insert(*id, (*kind, name)) {
            let message = format!(
                "{} \"{}\" has the same integer as {} \"{}\"",
                kind.word(),
                name.text(),
                other_kind.word(),
                other.text()
            );
            let help = "rename one of the two: it is chance, and any other name will do";
            let diagnostic = Diagnostic::new(codes::NAME_COLLISION, name.span.clone(), message, help);
            found.push(diagnostic.with(other.span.clone(), "the other one is here"));
        }
    }
    found
}

fn unrouted_sources(compiler: &mut Compiler<'_>) {
    let file = compiler.file;
    // A route that has a mistake of shape may be the one.
    if file.routes.iter().any(|route| route.table.is_none()) {
        return;
    }
    let taken: HashSet<&str> =
        file.routes.iter().filter_map(|route| Some(route.table.as_ref()?.source.text())).collect();
    for source in file.sources.iter().filter(|source| !taken.contains(source.name.text())) {
        let message = format!(
            "no route takes the events of source \"{}\": they are stored and sent nowhere",
            source.name.text()
        );
        let help = format!("add a route with source = \"{}\"", source.name.text());
        compiler.add(codes::UNROUTED_SOURCE, &source.name.span, message, help);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_names_with_one_integer_are_both_shown() {
        let (a, b, c) =
            (At::new(1..2, "a".to_owned()), At::new(5..6, "b".to_owned()), At::new(8..9, "c".to_owned()));
        let names =
            [(NameId(7), Kind::Source, &a), (NameId(8), Kind::Source, &b), (NameId(7), Kind::Route, &c)];

        let found = collisions(&names);

        assert_eq!(found.len(), 1);
        assert_eq!((found[0].code, found[0].span.clone()), (codes::NAME_COLLISION, 8..9));
        assert_eq!(found[0].message, "route \"c\" has the same integer as source \"a\"");
        assert_eq!(found[0].related[0].0, 1..2);
        assert!(!found[0].help.is_empty());
    }
}
