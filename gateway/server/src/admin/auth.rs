//! Who may use the admin API: whoever holds the admin key.

use std::fmt;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hookgate_core::word::{Digest, Secret};
use http::{HeaderValue, StatusCode, header};
use subtle::ConstantTimeEq;

use super::Admin;
use crate::Problem;

/// What every admin key begins with, so that scanners find one that leaked.
pub const KEY_PREFIX: &str = "hgk_";

/// The admin key, as its SHA-256: a copy of the database opens no door.
#[derive(Clone, Copy)]
pub struct AdminKey(Digest);

impl AdminKey {
    /// Takes the key itself.
    pub fn of(key: &Secret) -> AdminKey {
        AdminKey(Digest::of(key.expose()))
    }

    /// Takes the stored hash of a key.
    pub fn from_hash(hash: Digest) -> AdminKey {
        AdminKey(hash)
    }

    /// Returns the hash, to be stored.
    pub fn hash(&self) -> Digest {
        self.0
    }

    fn opens(&self, given: &str) -> bool {
        Digest::of(given.as_bytes()).as_bytes().ct_eq(self.0.as_bytes()).into()
    }
}

impl fmt::Debug for AdminKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminKey(…)")
    }
}

/// Lets a request through if it carries the key as a Bearer token.
pub(super) async fn required(State(admin): State<Arc<Admin>>, request: Request, next: Next) -> Response {
    let given = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, key)| key.trim());
    match given {
        Some(key) if admin.key.opens(key) => next.run(request).await,
        Some(_) => refused("wrong-key", "the admin key does not fit"),
        None => refused("no-key", "send the admin key: `Authorization: Bearer hgk_…`"),
    }
}

fn refused(code: &'static str, detail: &str) -> Response {
    let mut response = Problem::new(StatusCode::UNAUTHORIZED, code, detail).into_response();
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}
