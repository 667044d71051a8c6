//! Names what the HTTP client failed of.

use std::error::Error;
use std::io;

use hyper_util::client::legacy;

use crate::failure::{Failure, io_words};

/// Returns the failure that ended a request: the connector's own, or a connection that broke.
pub(super) fn failure(error: &legacy::Error, host: &str) -> Failure {
    match find::<Failure>(error) {
        Some(failure) => failure.clone(),
        None => Failure::reset(format!("{host}: {}", cause(error))),
    }
}

/// Says why a connection broke.
pub(super) fn cause(error: &(dyn Error + 'static)) -> String {
    if let Some(io) = find::<io::Error>(error) {
        return io_words(io);
    }
    match find::<hyper::Error>(error) {
        Some(hyper) if hyper.is_parse_too_large() => "the answer's header is too large".into(),
        Some(hyper) if hyper.is_parse() => "the answer is not HTTP".into(),
        Some(hyper) if hyper.is_incomplete_message() => {
            "the connection was closed before the answer was whole".into()
        }
        Some(_) | None => last(error).to_string(),
    }
}

/// Finds an error of type `E` in a chain of causes.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    chain(error).find_map(|one| one.downcast_ref())
}

/// Returns the first cause, which says the most: the errors above it say where it was met.
fn last<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    chain(error).last().unwrap_or(error)
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |one: &&'a (dyn Error + 'static)| (*one).source())
}
