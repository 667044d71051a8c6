//! Every way to verify, and that what proved a sender is kept nowhere.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookgate_tests::{Gateway, signature};
use http::Method;

use super::{post, said, send};

const CONFIG: &str = r#"
[source.by-header.verify.api_key]
header = "x-api-key"
secrets = { acme = "hunter2-acme-0123456789", globex = "hunter2-globex-0123456789" }

[source.by-query.verify.api_key]
query = "key"
secrets = ["hunter2-query-0123456789"]

[source.by-bearer.verify.bearer]
secrets = ["hunter2-bearer-0123456789"]

[source.by-user.verify.basic.secrets]
alice = "hunter2-alice-0123456789"

[source.by-url]
tokens = ["hunter2-token-0123456789"]
verify.none = {}

[source.team.verify.slack]
secrets = ["hunter2-slack"]

[source.social.verify.meta]
secrets = ["hunter2-meta"]
token = "hunter2-made-up"

[source.slow]
rate = "2/h"
burst = 2
verify.none = {}

[source.put]
methods = ["PUT", "DELETE"]
verify.none = {}
"#;

/// Starts a gateway whose secrets stand in files of their own, so that its database should hold none.
async fn start() -> Gateway {
    let mut gateway = Gateway::prepare("");
    let folder = gateway.folder().join("secrets");
    fs::create_dir(&folder).expect("the folder is writable");
    let pieces: Vec<String> = CONFIG
        .split('"')
        .enumerate()
        .map(|(nth, piece)| {
            if !piece.starts_with("hunter2") {
                return piece.to_owned();
            }
            let path = folder.join(nth.to_string());
            fs::write(&path, piece).expect("the folder is writable");
            format!("${{file:{}}}", path.display())
        })
        .collect();
    gateway.configure(&pieces.join("\""));
    gateway.start_again().await;
    gateway
}

#[tokio::test]
async fn what_proves_a_sender_opens_and_is_kept_nowhere() {
    let mut gateway = start().await;
    let basic = format!("Basic {}", STANDARD.encode("alice:hunter2-alice-0123456789"));
    let keyed = "by-query?a=b&key=hunter2-query-0123456789";

    let answers = [
        post(&gateway, "by-header", &[("x-api-key", "hunter2-acme-0123456789")], "{}").await,
        post(&gateway, "by-header", &[("x-api-key", "hunter2-globex-0123456789")], "{}").await,
        post(&gateway, keyed, &[("x-original-url", "/in/by-query?a=b&key=hunter2-query-0123456789")], "{}")
            .await,
        post(&gateway, "by-bearer", &[("authorization", "Bearer hunter2-bearer-0123456789")], "{}").await,
        post(&gateway, "by-user", &[("authorization", &basic)], "{}").await,
        post(&gateway, "by-url/hunter2-token-0123456789", &[], "{}").await,
    ];

    for answer in answers {
        assert_eq!(answer.status, 200, "{answer:?}");
        let event = answer.json()["event"].as_str().expect("an id").to_owned();
        let shown = gateway.admin().read(&format!("/v1/events/{event}")).await.to_string();
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    let metrics = gateway.admin().get("/metrics").await;
    let metrics = String::from_utf8_lossy(&metrics.body).into_owned();
    assert!(
        metrics.contains(r#"hookgate_source_keys_used_total{source="by-header",key="globex"} 1"#),
        "{metrics}"
    );
    gateway.terminate().await;
    for entry in fs::read_dir(gateway.folder()).expect("its folder") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            let bytes = fs::read(&path).expect("a file");
            assert!(!bytes.windows(7).any(|part| part == b"hunter2"), "{}", path.display());
        }
    }
}

#[tokio::test]
async fn whoever_proves_nothing_hears_401_and_what_to_show() {
    let gateway = start().await;
    let missing = (401, "missing-credential".to_owned());
    let wrong = (401, "wrong-credential".to_owned());

    for source in ["by-header", "by-query", "by-bearer", "by-user"] {
        assert_eq!(said(&post(&gateway, source, &[], "{}").await), missing, "{source}");
    }
    assert_eq!(said(&post(&gateway, "by-header", &[("x-api-key", "hunter2")], "{}").await), wrong);
    assert_eq!(said(&post(&gateway, "by-query?key=hunter2", &[], "{}").await), wrong);
    let bearer = post(&gateway, "by-bearer", &[("authorization", "Bearer hunter2")], "{}").await;
    assert_eq!((said(&bearer), bearer.header("www-authenticate")), (wrong.clone(), "Bearer"));
    let basic = post(&gateway, "by-user", &[("authorization", "Basic YWxpY2U6eA==")], "{}").await;
    assert_eq!(said(&basic), wrong);
    assert!(basic.header("www-authenticate").starts_with("Basic "));
    // A wrong token in the URL tells no more than a wrong name.
    for path in ["by-url", "by-url/hunter2", "nowhere", "by-header/hunter2-token-0123456789"] {
        assert_eq!(said(&post(&gateway, path, &[], "{}").await), (404, "unknown-source".into()), "{path}");
    }
    assert_eq!(gateway.admin().all("/v1/events").await.len(), 0);
    assert!(!gateway.log().contains("hunter2"), "{}", gateway.log());
}

#[tokio::test]
async fn a_source_takes_its_own_methods_and_no_coding() {
    let gateway = start().await;

    for method in [Method::PUT, Method::DELETE] {
        assert_eq!(send(&gateway, method.clone(), "put", &[], "{}").await.status, 200, "{method}");
    }
    let refused = post(&gateway, "put", &[], "{}").await;
    assert_eq!(
        (said(&refused), refused.header("allow")),
        ((405, "method-not-allowed".into()), "PUT, DELETE")
    );
    let coded =
        post(&gateway, "by-url/hunter2-token-0123456789", &[("content-encoding", "gzip")], "{}").await;
    assert_eq!(said(&coded), (415, "unsupported-coding".into()));
    assert_eq!(coded.header("accept-encoding"), "identity");
    let identity =
        post(&gateway, "by-url/hunter2-token-0123456789", &[("content-encoding", "identity")], "{}").await;
    assert_eq!(identity.status, 200);
}

#[tokio::test]
async fn handshakes_are_answered_once_they_are_proved_and_never_stored() {
    let gateway = start().await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let seconds = i64::try_from(now).expect("small");
    let body = r#"{"type":"url_verification","token":"t","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}"#;
    let signed = |secret: &str, body: &str| signature::slack(secret, seconds, body.as_bytes());
    let time = seconds.to_string();

    let good = signed("hunter2-slack", body);
    let headers = [("x-slack-request-timestamp", time.as_str()), ("x-slack-signature", good.as_str())];
    let answered = post(&gateway, "team", &headers, body).await;
    assert_eq!(
        (answered.status.as_u16(), &*answered.body),
        (200, &body.as_bytes()[body.len() - 54..body.len() - 2])
    );
    assert_eq!(answered.header("x-content-type-options"), "nosniff");
    let forged = signed("hunter2", body);
    let headers = [("x-slack-request-timestamp", time.as_str()), ("x-slack-signature", forged.as_str())];
    assert_eq!(said(&post(&gateway, "team", &headers, body).await), (401, "wrong-signature".into()));

    let query = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=hunter2-made-up";
    let get = |query: String| {
        let gateway = &gateway;
        async move { send(gateway, Method::GET, &format!("social?{query}"), &[], "").await }
    };
    assert_eq!(&*get(query.to_owned()).await.body, b"1158201444");
    assert_eq!(said(&get(query.replace("made", "make")).await), (401, "wrong-credential".into()));
    assert_eq!(said(&get("hub.mode=other".into()).await), (405, "method-not-allowed".into()));
    assert_eq!(gateway.admin().all("/v1/events").await.len(), 0);
}

#[tokio::test]
async fn a_source_that_is_called_too_often_says_when_to_come_again() {
    let gateway = start().await;

    for _ in 0..2 {
        assert_eq!(post(&gateway, "slow", &[], "{}").await.status, 200);
    }
    let refused = post(&gateway, "slow", &[], "{}").await;

    assert_eq!(said(&refused), (429, "too-fast".into()));
    let seconds: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1_700..=1_800).contains(&seconds), "{seconds}");
    assert_eq!(
        post(&gateway, "by-url/hunter2-token-0123456789", &[], "{}").await.status,
        200,
        "others go on"
    );
    assert_eq!(gateway.admin().all("/v1/events?source=slow").await.len(), 2);
}
