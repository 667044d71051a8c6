//! What can be asked of the admin door, as data: one row for each method of each path. This file is long because
//! it is one table, which is read by searching in it.

/// A method of a path.
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    /// The name by which generated clients call it.
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    /// Names of `parameters` in `parts.json`.
    pub(super) parameters: &'static [&'static str],
    /// The media type and the schema of the body that it takes.
    pub(super) body: Option<(&'static str, &'static str)>,
    pub(super) answer: Answer,
    /// The codes of the problems that it may answer, those of the key left out.
    pub(super) codes: &'static [&'static str],
    pub(super) access: Access,
}

/// What it answers when all is well; the texts name schemas of `parts.json`.
pub(super) enum Answer {
    /// JSON.
    Json(u16, &'static str),
    /// A page of rows.
    Page(&'static str),
    /// All rows there are.
    List(&'static str),
    /// A stream of events with this JSON in each.
    Stream(&'static str),
    /// A text of this media type.
    Text(&'static str),
    /// An OpenAPI document.
    Document,
}

/// Whether it asks for the admin key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Key,
    Open,
}

/// The status of each code that an operation names.
pub(super) const STATUS: [(&str, u16); 35] = [
    ("already-resolved", 409),
    ("bad-event", 422),
    ("bad-json", 400),
    ("bad-parameter", 400),
    ("bad-text", 400),
    ("body-broken", 400),
    ("body-timeout", 408),
    ("body-too-large", 413),
    ("busy", 503),
    ("component-refused", 422),
    ("config-mistakes", 422),
    ("config-needs-restart", 422),
    ("config-unreadable", 422),
    ("in-flight", 409),
    ("key-reused", 422),
    ("loop", 508),
    ("metrics", 500),
    ("no-key", 401),
    ("not-failed", 409),
    ("not-ready", 503),
    ("plugin-from-file", 409),
    ("plugin-in-use", 409),
    ("store-down", 503),
    ("too-many-deliveries", 413),
    ("too-many-events", 413),
    ("too-many-onlookers", 503),
    ("unknown", 503),
    ("unknown-delivery", 404),
    ("unknown-event", 404),
    ("unknown-name", 404),
    ("unknown-plugin", 404),
    ("unknown-version", 404),
    ("unsupported-coding", 415),
    ("unsupported-media-type", 415),
    ("wrong-key", 401),
];

/// What most of them have: a key, no body, and a store behind them.
const ONE: Operation = Operation {
    method: "get",
    path: "",
    id: "",
    summary: "",
    parameters: &[],
    body: None,
    answer: Answer::Text("text/plain"),
    codes: &["store-down"],
    access: Access::Key,
};

/// All of them, in the order of the page that describes them.
pub(super) const OPERATIONS: [Operation; 26] = [
    Operation {
        path: "/v1/events",
        id: "listEvents",
        summary: "Lists events, newest first",
        parameters: &["source", "type", "unrouted", "cursor", "limit"],
        answer: Answer::Page("Event"),
        codes: &["bad-parameter", "store-down"],
        ..ONE
    },
    Operation {
        method: "post",
        path: "/v1/events",
        id: "publish",
        summary: "Takes an application's own events, one or a batch",
        parameters: &["idempotency-key"],
        body: Some(("application/json", "Publications")),
        answer: Answer::Json(202, "Published"),
        codes: &[
            "bad-parameter",
            "bad-json",
            "body-broken",
            "body-timeout",
            "body-too-large",
            "too-many-events",
            "too-many-deliveries",
            "unsupported-media-type",
            "unsupported-coding",
            "bad-event",
            "key-reused",
            "busy",
            "unknown",
            "store-down",
            "loop",
        ],
        ..ONE
    },
    Operation {
        path: "/v1/events/{id}",
        id: "getEvent",
        summary: "Shows an event whole",
        parameters: &["event-id"],
        answer: Answer::Json(200, "Event"),
        codes: &["bad-parameter", "unknown-event", "store-down"],
        ..ONE
    },
    Operation {
        path: "/v1/events/{id}/routes",
        id: "explainEvent",
        summary: "Says of each of today's routes why it takes the event, or not",
        parameters: &["event-id"],
        answer: Answer::Page("Why"),
        codes: &["bad-parameter", "unknown-event", "store-down"],
        ..ONE
    },
    Operation {
        path: "/v1/deliveries",
        id: "listDeliveries",
        summary: "Lists deliveries, newest first",
        parameters: &[
            "event",
            "destination",
            "route",
            "type",
            "state",
            "reason",
            "since",
            "until",
            "cursor",
            "limit",
        ],
        answer: Answer::Page("Delivery"),
        codes: &["bad-parameter", "store-down"],
        ..ONE
    },
    Operation {
        method: "post",
        path: "/v1/deliveries/retry",
        id: "retryDeliveries",
        summary: "Sends up to 1,000 dead letters again, oldest first; with state=held held deliveries",
        parameters: &[
            "event",
            "destination",
            "route",
            "type",
            "state",
            "reason",
            "since",
            "until",
            "all",
            "cursor",
        ],
        answer: Answer::Json(200, "RetriedMany"),
        codes: &["bad-parameter", "store-down"],
        ..ONE
    },
    Operation {
        path: "/v1/deliveries/{id}",
        id: "getDelivery",
        summary: "Shows a delivery",
        parameters: &["delivery-id"],
        answer: Answer::Json(200, "Delivery"),
        codes: &["bad-parameter", "unknown-delivery", "store-down"],
        ..ONE
    },
    Operation {
        path: "/v1/deliveries/{id}/attempts",
        id: "listAttempts",
        summary: "Lists the attempts of a delivery, first to last",
        parameters: &["delivery-id"],
        answer: Answer::List("Attempt"),
        codes: &["bad-parameter", "unknown-delivery", "store-down"],
        ..ONE
    },
    Operation {
        method: "post",
        path: "/v1/deliveries/{id}/retry",
        id: "retryDelivery",
        summary: "Sends a dead letter, a held or a waiting delivery again",
        parameters: &["delivery-id"],
        answer: Answer::Json(200, "Retried"),
        codes: &[
            "bad-parameter",
            "unknown-delivery",
            "in-flight",
            "already-resolved",
            "not-failed",
            "store-down",
        ],
        ..ONE
    },
    Operation {
        path: "/v1/stats",
        id: "listStats",
        summary: "Shows how often what happened, by minute",
        parameters: &["from", "to", "by", "cursor"],
        answer: Answer::Page("Stat"),
        codes: &["bad-parameter", "store-down"],
        ..ONE
    },
    Operation {
        path: "/v1/tail",
        id: "tail",
        summary: "Streams what happens, as it happens",
        parameters: &["kind", "source", "route", "destination", "type", "event", "failed"],
        answer: Answer::Stream("Seen"),
        codes: &["bad-parameter", "unknown-name", "too-many-onlookers"],
        ..ONE
    },
    Operation {
        path: "/v1/controls",
        id: "listControls",
        summary: "Lists what is held, and why",
        answer: Answer::Page("Control"),
        ..ONE
    },
    Operation {
        method: "post",
        path: "/v1/destinations/{name}/pause",
        id: "pauseDestination",
        summary: "Holds a destination's deliveries until it is resumed",
        parameters: &["destination-name", "why"],
        answer: Answer::Json(200, "Paused"),
        codes: &["bad-parameter", "unknown-name", "store-down"],
        ..ONE
    },
    Operation {
        method: "post",
        path: "/v1/destinations/{name}/resume",
        id: "resumeDestination",
        summary: "Lets a destination go on, whatever held it",
        parameters: &["destination-name"],
        answer: Answer::Json(200, "Resumed"),
        codes: &["bad-parameter", "unknown-name", "store-down"],
        ..ONE
    },
    Operation {
        path: "/v1/plugins",
        id: "listPlugins",
        summary: "Lists plugins by name, with their versions",
        answer: Answer::Page("Plugin"),
        ..ONE
    },
    Operation {
        path: "/v1/plugins/{name}",
        id: "getPlugin",
        summary: "Shows a plugin with its versions",
        parameters: &["plugin-name"],
        answer: Answer::Json(200, "Plugin"),
        codes: &["bad-parameter", "unknown-plugin", "store-down"],
        ..ONE
    },
    Operation {
        method: "delete",
        path: "/v1/plugins/{name}",
        id: "removePlugin",
        summary: "Removes a plugin that the configuration does not use, with its versions",
        parameters: &["plugin-name"],
        answer: Answer::Json(200, "Removed"),
        codes: &["bad-parameter", "unknown-plugin", "plugin-from-file", "plugin-in-use", "store-down"],
        ..ONE
    },
    Operation {
        method: "post",
        path: "/v1/plugins/{name}/versions",
        id: "pushPlugin",
        summary: "Compiles, tries and stores a component under a name",
        parameters: &["plugin-name", "activate"],
        body: Some(("application/wasm", "Component")),
        answer: Answer::Json(201, "Pushed"),
        codes: &[
            "bad-parameter",
            "body-broken",
            "body-timeout",
            "body-too-large",
            "component-refused",
            "config-mistakes",
            "config-needs-restart",
            "config-unreadable",
            "busy",
            "store-down",
        ],
        ..ONE
    },
    Operation {
        method: "post",
        path: "/v1/plugins/{name}/versions/{digest}/activate",
        id: "activatePlugin",
        summary: "Lets a version answer to its name, and the configuration's file rule with it",
        parameters: &["plugin-name", "digest"],
        answer: Answer::Json(200, "Reloaded"),
        codes: &[
            "bad-parameter",
            "unknown-plugin",
            "unknown-version",
            "plugin-from-file",
            "config-mistakes",
            "config-needs-restart",
            "config-unreadable",
            "store-down",
        ],
        ..ONE
    },
    Operation {
        method: "post",
        path: "/v1/plugins/{name}/resume",
        id: "resumePlugin",
        summary: "Lets a plugin go on that is in quarantine",
        parameters: &["plugin-name"],
        answer: Answer::Json(200, "Resumed"),
        codes: &["bad-parameter", "unknown-name", "store-down"],
        ..ONE
    },
    Operation {
        method: "post",
        path: "/v1/config/check",
        id: "check",
        summary: "Checks a text as if it stood in the gateway's own file",
        body: Some(("application/toml", "Configuration")),
        answer: Answer::Json(200, "Good"),
        codes: &[
            "bad-text",
            "body-broken",
            "body-timeout",
            "body-too-large",
            "config-mistakes",
            "config-needs-restart",
            "config-unreadable",
            "busy",
            "store-down",
        ],
        ..ONE
    },
    Operation {
        method: "post",
        path: "/v1/config/reload",
        id: "reload",
        summary: "Reads the configuration file again: all of it comes to rule, or nothing",
        answer: Answer::Json(200, "Reloaded"),
        codes: &["config-mistakes", "config-needs-restart", "config-unreadable", "store-down"],
        ..ONE
    },
    Operation {
        path: "/v1/openapi.json",
        id: "describe",
        summary: "Describes this API",
        answer: Answer::Document,
        codes: &[],
        access: Access::Open,
        ..ONE
    },
    Operation {
        path: "/livez",
        id: "live",
        summary: "Says that the process answers",
        codes: &[],
        access: Access::Open,
        ..ONE
    },
    Operation {
        path: "/readyz",
        id: "ready",
        summary: "Says whether the store answers",
        codes: &["not-ready"],
        access: Access::Open,
        ..ONE
    },
    Operation {
        path: "/metrics",
        id: "metrics",
        summary: "Writes out the metrics",
        answer: Answer::Text("application/openmetrics-text"),
        codes: &["metrics"],
        access: Access::Open,
        ..ONE
    },
];
