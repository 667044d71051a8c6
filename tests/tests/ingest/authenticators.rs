//! Sources that a plugin verifies, with plugins that let in, turn away, trap and hang.

use std::fs;

use hookgate_tests::Gateway;

use super::{post, said};
use hookgate_tests::guest::{LOOPS, TRAPS, authenticator};

/// Address 2048 is zero: accepted, and nothing is named.
const LETS_IN: &str = "(call $drop (local.get 0)) (i32.const 2048)";

/// The second of the three admissions is an answer, the third a denial: here with an empty reason.
const DENIES: &str =
    "(call $drop (local.get 0)) (i32.store8 (i32.const 2052) (i32.const 2)) (i32.const 2048)";

/// The error of the result: it could not decide.
const GIVES_UP: &str =
    "(call $drop (local.get 0)) (i32.store8 (i32.const 2048) (i32.const 1)) (i32.const 2048)";

#[tokio::test]
async fn what_a_plugin_says_decides_and_a_broken_one_lets_nobody_in() {
    let guests =
        [("in", LETS_IN), ("denies", DENIES), ("gives-up", GIVES_UP), ("traps", TRAPS), ("loops", LOOPS)];
    let config: String = guests
        .iter()
        .map(|(name, _)| {
            format!(
                "[plugin.{name}]\ncomponent = \"{name}.wasm\"\n\n[source.{name}.verify.plugin]\nplugin = \"{name}\"\n\n"
            )
        })
        .collect();
    let mut gateway = Gateway::prepare(&config);
    for (name, body) in guests {
        let path = gateway.folder().join(format!("{name}.wasm"));
        fs::write(path, authenticator(body)).expect("the folder is writable");
    }
    gateway.start_again().await;

    assert_eq!(post(&gateway, "in", &[], "{}").await.status, 200);
    assert_eq!(said(&post(&gateway, "denies", &[], "{}").await), (401, "denied".into()));
    for name in ["gives-up", "traps", "loops"] {
        let answer = post(&gateway, name, &[], "{}").await;
        assert_eq!(said(&answer), (503, "undecided".into()), "{name}");
        assert_eq!(answer.header("retry-after"), "1", "{name}");
    }
    assert_eq!(post(&gateway, "in", &[], "{}").await.status, 200, "the others go on");
    assert_eq!(gateway.admin().all("/v1/events").await.len(), 2);
}
