//! Every bound of Hookgate, each with its reason. What a configuration may change is a default here.

use std::time::Duration;

/// Largest inbound body. GitHub sends up to 25 MiB and says so; others stay far below.
pub const BODY_BYTES_MAX: usize = 25 << 20;

/// All header fields of one request. nginx and Node accept 8 to 32 KiB; signatures and traces fit. A soft
/// bound: what arrives in one read beyond it may still be taken, up to about twice as much.
pub const HEADER_BYTES_MAX: usize = 32 << 10;

/// Header fields of one request, hyper's own bound.
pub const HEADER_COUNT_MAX: usize = 100;

/// Bodies between their first byte and their commit, over all connections: what a burst may cost.
pub const INTAKE_BYTES: usize = 32 << 20;

/// Bodies that wait to be sent or are on the wire: what a slow receiver may cost.
pub const SEND_BYTES: usize = 32 << 20;

/// Requests on the wire over all destinations: each holds a socket at both ends.
pub const SENDS_MAX: u32 = 2048;

/// A receiver's answer is kept up to this: an error page's start is what people read.
pub const RESPONSE_BYTES_MAX: usize = 64 << 10;

/// Units that may wait for the writer. At 25,000 commits a second this is 160 ms of work.
pub const WRITER_QUEUE_MAX: usize = 4096;

/// Units in one commit: beyond this a bigger commit gains nothing and delays the first answer.
pub const COMMIT_UNITS_MAX: usize = 512;

/// Body bytes in one commit; one larger unit goes alone.
pub const COMMIT_BYTES_MAX: usize = 8 << 20;

/// A request that waited this long for its commit is refused, and new ones with it.
pub const ACCEPT_WAIT_MAX: Duration = Duration::from_secs(2);

/// Deliveries that one event may be planned for: a route table that does more is a mistake.
pub const DELIVERIES_PER_EVENT_MAX: usize = 1000;

/// Messages that one delivery may split into, over all stages.
pub const SPLIT_MAX: usize = 100;

/// Deliveries that one look takes for one lane: enough to fill the permits, few enough to stay fair.
pub const TAKE_PER_LANE_MAX: usize = 256;

/// Lanes that one look considers: the next look goes on with the others.
pub const LANES_PER_LOOK_MAX: usize = 512;

/// A node looks for due work at least this often, whether woken or not: controls rule from then on.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Two looks for due work are at least this far apart, so that many small delays do not add up to a spin.
pub const LOOK_PAUSE: Duration = Duration::from_millis(10);

/// Births that may wait in memory for each request that their lane may have on the wire: those that are being
/// stored, and a moment's more. Each that finds no place costs a query and its body read back.
pub const AHEAD_PER_SEND: u32 = 2;

/// How long a birth waits in memory for its turn. Longer than a commit and a quick receiver take; a receiver that
/// hangs has its deliveries wait in the store.
pub const TURN_WAIT: Duration = Duration::from_secs(1);

/// A destination's concurrency where the configuration names none: enough for 1,000 a second at 30 ms.
pub const DESTINATION_CONCURRENCY: u32 = 32;

/// A destination's largest concurrency: each costs a connection at both ends.
pub const DESTINATION_CONCURRENCY_MAX: u32 = 1024;

/// A receiver must have answered within this. Standard Webhooks 1.0 advises 15 to 30 s.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(15);

/// Longest timeout that a destination may ask for: a permit is held as long.
pub const SEND_TIMEOUT_MAX: Duration = Duration::from_secs(120);

/// A connection to a receiver must stand within this.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// An idle connection to a receiver is closed after this: many load balancers close theirs at 60 s.
pub const IDLE_CONNECTION: Duration = Duration::from_secs(50);

/// Longest delay between two attempts, whatever a schedule or a Retry-After says.
pub const RETRY_DELAY_MAX: Duration = Duration::from_secs(7 * 86_400);

/// Attempts that a policy may ask for.
pub const ATTEMPTS_MAX: u32 = 100;

/// Longest time from one to the next that a rate may ask for: what is rarer is a schedule.
pub const RATE_INTERVAL_MAX: Duration = Duration::from_secs(86_400);

/// Onlookers at once: each is a connection, and every observation is written out for each of them.
pub const ONLOOKERS_MAX: usize = 32;

/// A live stream in which nothing happens says this often that it is there. WHATWG HTML, "Server-sent events",
/// advises a comment every 15 s or so, because proxies close what is silent.
pub const TAIL_KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Observations that a slow onlooker may be behind before it is told that it missed some.
pub const OBSERVATIONS_MAX: usize = 1024;

/// Counts that wait in memory for the next upkeep: names times outcomes times minutes of a store that is down.
pub const TALLY_WAITING_MAX: usize = 20_000;

/// Largest burst that a rate may ask for: what is more at once is no rate.
pub const RATE_BURST_MAX: u32 = 100_000;

/// Crashes in a row that put a component into quarantine: one poisonous event alone makes four, with the
/// plugin's own retries, and twenty calls of a plugin that runs into its deadline cost one second.
pub const QUARANTINE_CRASHES: u32 = 20;

/// Longest time that a breaker may stay open before its probe: a receiver that recovered waits as long.
pub const BREAKER_OPEN_MAX: Duration = Duration::from_secs(3_600);

/// Failures in a row that a breaker may be asked to wait for.
pub const BREAKER_FAILURES_MAX: u32 = 10_000;

/// Longest life that a destination may give its deliveries: as long as the longest schedule lasts.
pub const RETRY_AGE_MAX: Duration = Duration::from_secs(90 * 86_400);

/// From this many node deaths on a delivery is a suspect: once may be bad luck, three times is not.
pub const LOST_SUSPECT: u32 = 3;

/// A suspect lost this often is dead-lettered as abandoned.
pub const LOST_ABANDONED: u32 = 5;

/// A process takes suspects only after it has lived this long, so that a kill loop spares them.
pub const SUSPECT_AFTER: Duration = Duration::from_secs(10);

/// How long a dedupe key is remembered where the configuration names no window.
pub const DEDUPE_WINDOW: Duration = Duration::from_secs(86_400);

/// Longest dedupe window: each hour of it costs a look per event.
pub const DEDUPE_WINDOW_MAX: Duration = Duration::from_secs(7 * 86_400);

/// A signature's timestamp may be this far away. Standard Webhooks 1.0: five minutes.
pub const SIGNATURE_TOLERANCE: Duration = Duration::from_secs(300);

/// Passing through Hookgate this often is a loop.
pub const HOPS_MAX: u32 = 8;

/// Longest event type: it is a filter's subject and a column, not a payload.
pub const EVENT_TYPE_BYTES_MAX: usize = 256;

/// Longest order key or subject of an event: a column that is searched by, not a payload.
pub const KEY_BYTES_MAX: usize = 256;

/// Events that one request may bring: they are one commit, and 1,000 of them take it some 50 ms.
pub const EVENTS_PER_REQUEST_MAX: usize = 1000;

/// Deliveries that one request may be planned for, all its events together: the same commit writes them.
pub const DELIVERIES_PER_REQUEST_MAX: usize = 10_000;

/// Within what a plugin says whether a sender is who it says, its turn included: providers give up after 3 s.
pub const AUTHENTICATION_TIMEOUT: Duration = Duration::from_secs(1);

/// Longest such time: GitHub waits 10 s for an answer, and the commit needs some of it.
pub const AUTHENTICATION_TIMEOUT_MAX: Duration = Duration::from_secs(8);

/// Plugins that authenticate for one source at once: an eighth of all calls; one under attack leaves the rest.
pub const AUTHENTICATIONS_PER_SOURCE: usize = 8;

/// Longest text that a one-line template may make (a URL, a header value).
pub const TEMPLATE_OUTPUT_BYTES_MAX: usize = 8 << 10;

/// Nesting of a match in the configuration: deeper ones are generated by mistake.
pub const MATCH_DEPTH_MAX: usize = 16;

/// A value that is shown as the reason why a route did not take an event is cut here: one line of a terminal.
pub const SHOWN_VALUE_CHARS_MAX: usize = 120;

/// A regular expression's compiled size; the regex crate's matching time is linear whatever it is.
pub const REGEX_BYTES_MAX: usize = 1 << 20;

/// Largest component file: a JavaScript engine with its script has 12 MB, Python 18 MB.
pub const COMPONENT_BYTES_MAX: usize = 32 << 20;

/// A plugin's deadline where the configuration names none. A Rust transform takes 20 us, a Python one 4 ms.
pub const PLUGIN_DEADLINE: Duration = Duration::from_millis(50);

/// Longest deadline that a plugin may be given.
pub const PLUGIN_DEADLINE_MAX: Duration = Duration::from_secs(30);

/// A call ends after this many deadlines of wall time, however little the guest ran of it.
pub const PLUGIN_WALL_FACTOR: u32 = 10;

/// A plugin's memory where the configuration names none. Python uses 13 MiB, JavaScript 9.
pub const PLUGIN_MEMORY_BYTES: usize = 32 << 20;

/// Largest memory that a plugin may be given: the pool reserves it for every slot.
pub const PLUGIN_MEMORY_BYTES_MAX: usize = 64 << 20;

/// What a call may return, all messages together.
pub const PLUGIN_OUTPUT_BYTES_MAX: usize = 4 << 20;

/// Calls of plugins that run at once. Each keeps a slot, with up to 512 KiB resident; a component may have
/// as many slots as it leaves free for others.
pub const PLUGIN_CALLS_MAX: u32 = 64;

/// Log lines of one call; the rest is dropped and counted.
pub const PLUGIN_LOG_LINES_MAX: usize = 20;

/// Bytes of one log line of a plugin, and of its message when it crashes.
pub const PLUGIN_LOG_BYTES_MAX: usize = 1024;

/// Bytes that the host hashes for one call, over all HMACs: the largest body under both secrets of a rotation,
/// and some more. No tick interrupts the host, so this is what bounds it.
pub const PLUGIN_MAC_BYTES_MAX: usize = 64 << 20;

/// A plugin's `config` as JSON text.
pub const PLUGIN_CONFIG_BYTES_MAX: usize = 64 << 10;

/// Open connections at each listening port; more wait in the kernel's backlog.
pub const CONNECTIONS_MAX: usize = 4096;

/// A request's header must be complete within this, so that a slow client holds no connection.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// A request's body must be complete within this.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// After SIGTERM work in flight has this long to end.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(20);

/// Events whose deliveries have all ended are kept so long where the configuration says nothing: long enough to
/// look into last month's trouble.
pub const RETENTION: Duration = Duration::from_secs(30 * 86_400);

/// Shortest retention: what has just arrived is still being looked at.
pub const RETENTION_MIN: Duration = Duration::from_secs(3_600);

/// Longest retention: ten years, beyond what a record has to be kept anywhere.
pub const RETENTION_MAX: Duration = Duration::from_secs(3_650 * 86_400);

/// Rows that retention deletes in one go, every other second: more than any load measured here brings.
pub const RETENTION_ROWS_MAX: u32 = 20_000;

/// Rows that one page of a filtered list looks at: some milliseconds of a reader's time.
pub const SCAN_ROWS_MAX: u32 = 5_000;

/// Deliveries that one bulk retry makes due: one transaction, some tens of milliseconds of the writer's time.
pub const RETRIES_PER_CALL_MAX: usize = 1_000;

/// Rows of the tally that one page of statistics looks at; a minute is never cut.
pub const TALLY_ROWS_MAX: u32 = 20_000;

/// Statistics by minute are kept so long: a month and a few days, to compare it with the one before.
pub const TALLY_KEPT: Duration = Duration::from_secs(35 * 86_400);

/// Versions of a plugin that are kept: enough to go back, few enough to read.
pub const PLUGIN_VERSIONS_MAX: usize = 50;

/// Rows of a page of the admin API.
pub const PAGE_MAX: u32 = 200;

/// An operator's reason for a pause: a sentence, not a document.
pub const REASON_CHARS_MAX: usize = 500;
