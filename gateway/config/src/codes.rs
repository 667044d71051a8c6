//! The codes of all diagnostics. They are stable: tools and documentation name them.

/// A statement is no TOML.
pub(crate) const SYNTAX: &str = "syntax";
/// A key or table stands there twice.
pub(crate) const DUPLICATE_KEY: &str = "duplicate-key";
/// A key that Hookgate does not know there.
pub(crate) const UNKNOWN_KEY: &str = "unknown-key";
/// A text where a list is wanted, and the like.
pub(crate) const WRONG_TYPE: &str = "wrong-type";
/// A key without a default is not there.
pub(crate) const MISSING_KEY: &str = "missing-key";
/// A text that is none of the words allowed there.
pub(crate) const UNKNOWN_VALUE: &str = "unknown-value";
/// The file's `version` is not 1.
pub(crate) const UNSUPPORTED_VERSION: &str = "unsupported-version";
/// A table's name is no slug.
pub(crate) const BAD_NAME: &str = "bad-name";
/// Two names have the same integer.
pub(crate) const NAME_COLLISION: &str = "name-collision";
/// A route names a source that is not there.
pub(crate) const UNKNOWN_SOURCE: &str = "unknown-source";
/// A route names a destination that is not there.
pub(crate) const UNKNOWN_DESTINATION: &str = "unknown-destination";
/// A route names a plugin that is neither declared nor embedded.
pub(crate) const UNKNOWN_PLUGIN: &str = "unknown-plugin";
/// A way to verify that is neither built in nor a preset.
pub(crate) const UNKNOWN_SCHEME: &str = "unknown-scheme";
/// A source does not say how its senders prove who they are.
pub(crate) const NO_VERIFY: &str = "no-verify";
/// A source says it twice.
pub(crate) const TWO_VERIFY: &str = "two-verify";
/// A destination does not say how it is reached.
pub(crate) const NO_KIND: &str = "no-kind";
/// A destination says it twice.
pub(crate) const TWO_KINDS: &str = "two-kinds";
/// What `retry_on` or `final_on` names is no failure.
pub(crate) const UNKNOWN_FAILURE: &str = "unknown-failure";
/// A list needs at least one entry.
pub(crate) const EMPTY_LIST: &str = "empty-list";
/// A route names a destination twice.
pub(crate) const DUPLICATE_DESTINATION: &str = "duplicate-destination";
/// A text is no length of time.
pub(crate) const BAD_DURATION: &str = "bad-duration";
/// A text is no rate.
pub(crate) const BAD_RATE: &str = "bad-rate";
/// A text is no number of bytes.
pub(crate) const BAD_SIZE: &str = "bad-size";
/// A value is outside its bounds.
pub(crate) const OUT_OF_RANGE: &str = "out-of-range";
/// A separator is not one character.
pub(crate) const BAD_SEPARATOR: &str = "bad-separator";
/// A text is no URL that can be used there.
pub(crate) const BAD_URL: &str = "bad-url";
/// A URL carries a user or a password.
pub(crate) const URL_CREDENTIALS: &str = "url-credentials";
/// A database that Hookgate does not speak to yet.
pub(crate) const UNBUILT_STORAGE: &str = "unbuilt-storage";
/// A text is no address to listen at.
pub(crate) const BAD_ADDRESS: &str = "bad-address";
/// Both doors would listen at one address.
pub(crate) const SAME_ADDRESS: &str = "same-address";
/// A text is no network, address or host name.
pub(crate) const BAD_NETWORK: &str = "bad-network";
/// A header field's name or value is not allowed by HTTP.
pub(crate) const BAD_HEADER: &str = "bad-header";
/// A header field that Hookgate or HTTP itself sets.
pub(crate) const RESERVED_HEADER: &str = "reserved-header";
/// A one-line template does not read.
pub(crate) const BAD_TEMPLATE: &str = "bad-template";
/// A dedupe key is the same for every event.
pub(crate) const CONSTANT_KEY: &str = "constant-key";
/// A `match` does not read.
pub(crate) const BAD_CONDITION: &str = "bad-condition";
/// A `filter` does not read.
pub(crate) const BAD_FILTER: &str = "bad-filter";
/// A pattern of event types does not read.
pub(crate) const BAD_TYPE_PATTERN: &str = "bad-type-pattern";
/// Keys that exclude each other, or one that lacks its partner.
pub(crate) const CONFLICTING_KEYS: &str = "conflicting-keys";
/// A `${…}` does not read.
pub(crate) const BAD_REFERENCE: &str = "bad-reference";
/// A `${…}` where none is resolved.
pub(crate) const MISPLACED_REFERENCE: &str = "misplaced-reference";
/// A reference names an environment variable that is not set.
pub(crate) const UNSET_VARIABLE: &str = "unset-variable";
/// A reference names a file that cannot be read.
pub(crate) const UNREADABLE_FILE: &str = "unreadable-file";
/// A secret is not of the form that its scheme wants.
pub(crate) const BAD_SECRET: &str = "bad-secret";
/// A plugin's `component` names nothing that can be looked for.
pub(crate) const BAD_COMPONENT: &str = "bad-component";
/// A component cannot be read, or is no plugin.
pub(crate) const COMPONENT_REFUSED: &str = "component-refused";
/// A component that only a running gateway can look at.
pub(crate) const COMPONENT_ELSEWHERE: &str = "component-elsewhere";
/// A grant names a secret that is not there.
pub(crate) const UNKNOWN_SECRET: &str = "unknown-secret";
/// A plugin cannot do what it is used for.
pub(crate) const MISSING_ROLE: &str = "missing-role";
/// A plugin uses what it is not granted.
pub(crate) const CAPABILITY: &str = "capability-not-granted";
/// The schema in a plugin's manifest does not read.
pub(crate) const BAD_CONFIG_SCHEMA: &str = "bad-config-schema";
/// A plugin's `config` is not what the plugin takes.
pub(crate) const BAD_PLUGIN_CONFIG: &str = "bad-plugin-config";
/// A plugin's `config` is longer than one may be.
pub(crate) const CONFIG_TOO_LARGE: &str = "config-too-large";
/// A secret is written in the file itself.
pub(crate) const LITERAL_SECRET: &str = "literal-secret";
/// A header field that carries credentials is kept with every attempt.
pub(crate) const SECRET_HEADER: &str = "secret-header";
/// An endpoint is a private address that is not allowed.
pub(crate) const PRIVATE_ENDPOINT: &str = "private-endpoint";
/// No route takes a source's events.
pub(crate) const UNROUTED_SOURCE: &str = "unrouted-source";
/// A scheme's signature says nothing of the body.
pub(crate) const UNSIGNED_BODY: &str = "unsigned-body";
/// A scheme checks a time that nobody signed.
pub(crate) const UNSIGNED_TIMESTAMP: &str = "unsigned-timestamp";

/// Codes of diagnostics that do not keep a configuration from being used.
pub(crate) const WARNINGS: &[&str] = &[
    LITERAL_SECRET,
    SECRET_HEADER,
    PRIVATE_ENDPOINT,
    UNROUTED_SOURCE,
    UNSIGNED_BODY,
    UNSIGNED_TIMESTAMP,
    COMPONENT_ELSEWHERE,
];

/// Every code that a diagnostic can have.
pub const ALL: &[&str] = &[
    SYNTAX,
    DUPLICATE_KEY,
    UNKNOWN_KEY,
    WRONG_TYPE,
    MISSING_KEY,
    UNKNOWN_VALUE,
    UNSUPPORTED_VERSION,
    BAD_NAME,
    NAME_COLLISION,
    UNKNOWN_SOURCE,
    UNKNOWN_DESTINATION,
    UNKNOWN_PLUGIN,
    UNKNOWN_SECRET,
    UNKNOWN_SCHEME,
    NO_VERIFY,
    TWO_VERIFY,
    NO_KIND,
    TWO_KINDS,
    UNKNOWN_FAILURE,
    EMPTY_LIST,
    DUPLICATE_DESTINATION,
    BAD_DURATION,
    BAD_RATE,
    BAD_SIZE,
    OUT_OF_RANGE,
    BAD_SEPARATOR,
    BAD_URL,
    URL_CREDENTIALS,
    UNBUILT_STORAGE,
    BAD_ADDRESS,
    SAME_ADDRESS,
    BAD_NETWORK,
    BAD_HEADER,
    RESERVED_HEADER,
    BAD_TEMPLATE,
    CONSTANT_KEY,
    BAD_CONDITION,
    BAD_FILTER,
    BAD_TYPE_PATTERN,
    CONFLICTING_KEYS,
    BAD_REFERENCE,
    MISPLACED_REFERENCE,
    UNSET_VARIABLE,
    UNREADABLE_FILE,
    BAD_SECRET,
    BAD_COMPONENT,
    COMPONENT_REFUSED,
    COMPONENT_ELSEWHERE,
    MISSING_ROLE,
    CAPABILITY,
    BAD_CONFIG_SCHEMA,
    BAD_PLUGIN_CONFIG,
    CONFIG_TOO_LARGE,
    LITERAL_SECRET,
    SECRET_HEADER,
    PRIVATE_ENDPOINT,
    UNROUTED_SOURCE,
    UNSIGNED_BODY,
    UNSIGNED_TIMESTAMP,
];
