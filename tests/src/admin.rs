//! The admin API as a stranger uses it.

use bytes::Bytes;
use http::Method;
use serde_json::Value;

use crate::wire::{Answer, Wire};

/// An admin API and the key to it.
#[derive(Debug, Clone)]
pub struct Admin {
    wire: Wire,
    url: String,
    authorization: String,
}

impl Admin {
    /// `url` without a slash at its end.
    pub fn new(url: &str, key: &str) -> Admin {
        Admin { wire: Wire::new(), url: url.to_owned(), authorization: format!("Bearer {key}") }
    }

    /// Reads a path, whatever the answer.
    ///
    /// # Panics
    /// No answer comes.
    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path).await
    }

    /// Posts to a path, whatever the answer.
    ///
    /// # Panics
    /// No answer comes.
    pub async fn post(&self, path: &str) -> Answer {
        self.ask(Method::POST, path).await
    }

    /// Posts JSON to a path, whatever the answer.
    ///
    /// # Panics
    /// No answer comes.
    pub async fn send(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let url = format!("{}{path}", self.url);
        let mut all =
            vec![("authorization", self.authorization.as_str()), ("content-type", "application/json")];
        all.extend_from_slice(headers);
        let body = Bytes::copy_from_slice(body.as_bytes());
        self.wire.send(Method::POST, &url, &all, body).await.expect("the admin API answers")
    }

    /// Calls any method of a path, whatever the answer.
    ///
    /// # Panics
    /// No answer comes.
    pub async fn call(&self, method: Method, path: &str, body: Option<(&str, Bytes)>) -> Answer {
        let url = format!("{}{path}", self.url);
        let mut headers = vec![("authorization", self.authorization.as_str())];
        let (kind, bytes) = body.unwrap_or_default();
        if !kind.is_empty() {
            headers.push(("content-type", kind));
        }
        self.wire.send(method, &url, &headers, bytes).await.expect("the admin API answers")
    }

    /// Reads a path that is expected to be there.
    ///
    /// # Panics
    /// The answer is not 200.
    pub async fn read(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
        answer.json()
    }

    /// Reads a list to its end, page by page. `path` may have a query.
    ///
    /// # Panics
    /// A page is not 200, or the pages have no end.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let join = if path.contains('?') { '&' } else { '?' };
        let first = format!("{path}{join}limit=200");
        let (mut rows, mut page) = (Vec::new(), first.clone());
        for _ in 0..10_000 {
            let mut answer = self.read(&page).await;
            rows.extend(answer["data"].as_array_mut().map(std::mem::take).unwrap_or_default());
            match answer["next_cursor"].as_str() {
                Some(cursor) => page = format!("{first}&cursor={cursor}"),
                None => return rows,
            }
        }
        panic!("{path}: the pages have no end");
    }

    async fn ask(&self, method: Method, path: &str) -> Answer {
        let url = format!("{}{path}", self.url);
        let headers = [("authorization", self.authorization.as_str())];
        self.wire.send(method, &url, &headers, Bytes::new()).await.expect("the admin API answers")
    }
}
