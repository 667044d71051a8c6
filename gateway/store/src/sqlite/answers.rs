//! What a commit answered, and telling it to the callers.

use std::collections::{HashMap, HashSet};

use hookgate_core::delivery::Leased;
use hookgate_core::event::Accepted;
use hookgate_core::word::EventId;
use hookgate_ports::{Accept, Settled, StoreError};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::read;
use super::sql::Failed;
use super::unit::Unit;

/// What was written, before the callers know.
pub(super) enum Done {
    Hot(Answers),
    Script(Vec<SqliteRow>),
}

impl Done {
    /// Tells every caller; one that has gone needs no answer.
    pub(super) fn tell(self, units: Vec<Unit>) {
        match self {
            Done::Script(rows) => {
                if let Some(Unit::Script(_, reply)) = units.into_iter().next() {
                    drop(reply.send(Ok(rows)));
                }
            }
            Done::Hot(answers) => {
                let lost: HashSet<i64> = answers.lost.into_iter().collect();
                let settled =
                    |delivery: i64| if lost.contains(&delivery) { Settled::LeaseLost } else { Settled::Done };
                let mut taken = Some(answers.taken);
                for unit in units {
                    match unit {
                        Unit::Accept(accept, reply) => {
                            drop(reply.send(Ok(accepted(&accept, &answers.duplicates))))
                        }
                        Unit::Settle(settle, reply) => drop(reply.send(Ok(settled(settle.delivery.0)))),
                        Unit::Keep(keep, reply) => drop(reply.send(Ok(settled(keep.delivery.0)))),
                        Unit::Release(_, reply) => drop(reply.send(Ok(()))),
                        Unit::Take(_, _, reply) => drop(reply.send(Ok(taken.take().unwrap_or_default()))),
                        Unit::Script(_, reply) => drop(reply.send(Ok(Vec::new()))),
                    }
                }
            }
        }
    }
}

fn accepted(accept: &Accept, duplicates: &HashMap<i64, (i64, bool)>) -> Vec<Accepted> {
    let events = accept.entries.iter().map(|entry| entry.event.content.id);
    events
        .map(|event| match duplicates.get(&event.0) {
            Some((of, same_body)) => Accepted::Duplicate { of: EventId(*of), same_body: *same_body },
            None => Accepted::New,
        })
        .collect()
}

/// Reads a commit's rows: each begins with which answer it is.
pub(super) fn answers(rows: &[SqliteRow]) -> Result<Answers, Failed> {
    let mut answers = Answers::default();
    for row in rows {
        answer(row, &mut answers).map_err(|error| Failed {
            // It is committed, but what it said does not read.
            error: StoreError::Unknown(error.to_string()),
            blames_a_unit: false,
            is_cut: false,
        })?;
    }
    Ok(answers)
}

fn answer(row: &SqliteRow, answers: &mut Answers) -> Result<(), sqlx::Error> {
    match row.try_get::<i64, _>(0)? {
        1 => answers.lost.push(row.try_get(1)?),
        2 => drop(answers.duplicates.insert(row.try_get(1)?, (row.try_get(2)?, row.try_get(3)?))),
        _ => answers.taken.push(read::leased(row)?),
    }
    Ok(())
}

/// A commit's answers, before the callers know.
#[derive(Default)]
pub(super) struct Answers {
    /// Deliveries whose lease was lost.
    pub(super) lost: Vec<i64>,
    /// Events that are duplicates: of which, and whether the bodies are equal.
    pub(super) duplicates: HashMap<i64, (i64, bool)>,
    /// What was taken.
    pub(super) taken: Vec<Leased>,
}
