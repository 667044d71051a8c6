//! The pure heart of Hookgate: its words, and every decision it takes.
//!
//! Nothing here awaits, opens a file, asks a clock or rolls a die: the time and the entropy are
//! arguments. An event goes through these modules in the order they are listed below.

pub mod word;

pub mod limits;

pub mod request;

pub mod scheme;

pub mod preset;

pub mod source;

pub mod handshake;

pub mod split;

pub mod event;

pub mod publication;

pub mod envelope;

pub mod condition;

pub mod filter;

pub mod template;

pub mod destination;

pub mod topology;

pub mod plan;

pub mod delivery;

pub mod children;

pub mod plugin;

pub mod recipe;

pub mod render;

pub mod outbound;

pub mod outcome;

pub mod retry;

pub mod decide;

pub mod rate;

pub mod breaker;

pub mod quarantine;

pub mod permit;

pub mod fair;

pub mod control;

pub mod address;

mod http_date;

mod rfc3339;
