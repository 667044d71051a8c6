//! Rows as the ports' types. Columns are read by place: the order is that of the `.sql` file.

use std::sync::Arc;

use bytes::Bytes;
use hookgate_core::control::{Control, Fact};
use hookgate_core::delivery::{End, Kept, Lane, Lease, Leased, Owner};
use hookgate_core::event::{Content, Parts};
use hookgate_core::word::{
    AttemptId, DeliveryId, Digest, EventId, Headers, Kind, MessageId, Millis, NameId, ScopeId, Secret, Token,
};
use hookgate_ports::{AttemptRow, DeliveryRow, DeliveryState, EventRow, LastAttempt, Seat};
use sqlx::sqlite::SqliteRow;
use sqlx::{Error, Row};

use crate::codec;

/// Reads a row of `take.sql`. Its owner is the taker's: the row has the token.
pub(super) fn leased(row: &SqliteRow) -> Result<Leased, Error> {
    let scope = ScopeId(row.try_get(3)?);
    let event = EventId(row.try_get(15)?);
    let parts = Parts {
        id: event,
        source: row.try_get::<&str, _>(16)?.into(),
        event_type: row.try_get::<&str, _>(17)?.into(),
        subject: row.try_get::<Option<&str>, _>(18)?.map(Arc::from),
        order_key: row.try_get::<Option<&str>, _>(19)?.map(Arc::from),
        received_at: Millis(row.try_get(20)?),
        headers: Arc::new(headers(row.try_get(21)?)?),
        body: Bytes::from(row.try_get::<Vec<u8>, _>(22)?),
    };
    Ok(Leased {
        id: DeliveryId(row.try_get(1)?),
        lease: Lease { owner: Owner(row.try_get(24)?), token: Token(row.try_get(2)?) },
        event: Arc::new(Content::new(parts)),
        hops: count(row.try_get(23)?),
        route: NameId(row.try_get(4)?),
        destination: row.try_get::<Option<i64>, _>(5)?.map(NameId),
        lane: Lane { scope, id: NameId(row.try_get(6)?) },
        recipe: digest(row.try_get(7)?)?,
        message: MessageId { born: DeliveryId(row.try_get(8)?), path: row.try_get(9)? },
        attempts: count(row.try_get(10)?),
        plugin_tries: count(row.try_get(11)?),
        lost: count(row.try_get(12)?),
        bytes: count(row.try_get(13)?),
        has_kept: row.try_get(25)?,
    })
}

/// Reads a row of `enter.sql`.
pub(super) fn seat(row: &SqliteRow) -> Result<Seat, Error> {
    Ok(Seat {
        owner: Owner(row.try_get(0)?),
        adopted: row.try_get::<i64, _>(1)?.unsigned_abs(),
        hash_key: Secret::new(row.try_get(2)?),
        id_max: row.try_get(3)?,
    })
}

/// Reads a row of `kept.sql`.
pub(super) fn kept(row: &SqliteRow) -> Result<Kept, Error> {
    let body = Bytes::from(row.try_get::<Vec<u8>, _>(1)?);
    codec::kept(row.try_get(0)?, &body).map_err(damaged)
}

/// Reads a row of `events.sql`, or of `event.sql`, which has the content too.
pub(super) fn event(row: &SqliteRow) -> Result<EventRow, Error> {
    let has_content = row.len() > 8;
    Ok(EventRow {
        id: EventId(row.try_get(0)?),
        source: row.try_get(1)?,
        event_type: row.try_get(2)?,
        received_at: Millis(row.try_get(3)?),
        revision: digest(row.try_get(4)?)?,
        duplicates: row.try_get::<i64, _>(5)?.unsigned_abs(),
        deliveries: row.try_get::<i64, _>(6)?.unsigned_abs(),
        body_bytes: row.try_get::<i64, _>(7)?.unsigned_abs(),
        headers: if has_content { Some(headers(row.try_get(8)?)?) } else { None },
        body: if has_content { Some(Bytes::from(row.try_get::<Vec<u8>, _>(9)?)) } else { None },
    })
}

/// How `deliveries.sql` writes the states of live rows; finished ones are `End::code`.
pub(super) const IN_FLIGHT: i64 = -1;
pub(super) const HELD: i64 = -2;
pub(super) const PENDING: i64 = 0;

/// Reads a row of `deliveries.sql`.
pub(super) fn delivery(row: &SqliteRow) -> Result<DeliveryRow, Error> {
    let state = match row.try_get(7)? {
        IN_FLIGHT => DeliveryState::InFlight,
        HELD => DeliveryState::Held,
        PENDING => DeliveryState::Pending,
        code => {
            DeliveryState::Finished(End::from_code(code).ok_or_else(|| damaged("state of a newer release"))?)
        }
    };
    let outcome: Option<String> = row.try_get(15)?;
    let last = match outcome {
        Some(outcome) => Some(gist(outcome, row.try_get(16)?, row.try_get(17)?)),
        None => None,
    };
    Ok(DeliveryRow {
        id: DeliveryId(row.try_get(0)?),
        event: EventId(row.try_get(1)?),
        event_type: row.try_get::<Option<String>, _>(2)?.unwrap_or_default(),
        route: row.try_get(3)?,
        destination: row.try_get(4)?,
        message: MessageId { born: DeliveryId(row.try_get(5)?), path: row.try_get(6)? },
        state,
        reason: row.try_get(8)?,
        attempts: count(row.try_get(9)?),
        due: row.try_get::<Option<i64>, _>(10)?.map(Millis),
        finished_at: row.try_get::<Option<i64>, _>(11)?.map(Millis),
        parent: row.try_get::<Option<i64>, _>(12)?.map(DeliveryId),
        replay_of: row.try_get::<Option<i64>, _>(13)?.map(DeliveryId),
        resolved_by: row.try_get::<Option<i64>, _>(14)?.map(DeliveryId),
        last,
    })
}

/// Reads a row of `attempts.sql`.
pub(super) fn attempt(row: &SqliteRow) -> Result<AttemptRow, Error> {
    let body = Bytes::from(row.try_get::<Option<Vec<u8>>, _>(7)?.unwrap_or_default());
    let snapshot = codec::snapshot(row.try_get(6)?, &body).map_err(damaged)?;
    Ok(AttemptRow {
        id: AttemptId(row.try_get(0)?),
        started_at: Millis(row.try_get(1)?),
        took_ms: row.try_get::<i64, _>(2)?.unsigned_abs(),
        gist: gist(row.try_get(3)?, row.try_get(4)?, row.try_get(5)?),
        rendered: snapshot.rendered,
        sent: snapshot.sent,
        answer: snapshot.answer,
        made_by: snapshot.made_by,
    })
}

/// Reads a row of `controls.sql`.
pub(super) fn control(row: &SqliteRow) -> Result<Control, Error> {
    let newer = || damaged("control of a newer release");
    Ok(Control {
        scope: ScopeId(row.try_get(0)?),
        kind: Kind::from_word(row.try_get(1)?).ok_or_else(newer)?,
        subject: NameId(row.try_get(2)?),
        fact: Fact::from_word(row.try_get(3)?).ok_or_else(newer)?,
        reason: row.try_get(4)?,
        since: Millis(row.try_get(5)?),
        until: row.try_get::<Option<i64>, _>(6)?.map(Millis),
        actor: row.try_get(7)?,
    })
}

/// Reads a fact, the only column of its row.
pub(super) fn fact(row: &SqliteRow) -> Result<Fact, Error> {
    Fact::from_word(row.try_get(0)?).ok_or_else(|| damaged("control of a newer release"))
}

/// Reads a digest.
pub(super) fn digest(bytes: &[u8]) -> Result<Digest, Error> {
    Digest::from_bytes(bytes).ok_or_else(|| damaged("a digest that has not 32 bytes"))
}

fn gist(outcome: String, status: Option<i64>, detail: Option<String>) -> LastAttempt {
    LastAttempt {
        outcome,
        status: status.and_then(|status| u16::try_from(status).ok()),
        detail: detail.unwrap_or_default(),
    }
}

fn headers(bytes: &[u8]) -> Result<Headers, Error> {
    Headers::decode(bytes).map_err(damaged)
}

/// Counts are checked by the schema not to be negative; one beyond u32 is as good as the greatest.
fn count(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn damaged(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Decode(error.into())
}
