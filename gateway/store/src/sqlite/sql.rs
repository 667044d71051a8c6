//! Statement texts on their way: arguments, crossings, and what an error means.

use futures_util::TryStreamExt;
use hookgate_ports::StoreError;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, Either, Error, Executor, SqliteConnection};

/// An argument of a text.
#[derive(Debug, Clone)]
pub(super) enum Arg {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

/// Why a text failed.
pub(super) struct Failed {
    /// What the callers are told.
    pub(super) error: StoreError,
    /// Whether one unit of several may be to blame.
    pub(super) blames_a_unit: bool,
    /// Whether the connection is of no use any more.
    pub(super) is_cut: bool,
}

/// Binds arguments: `$1` is the first.
pub(super) fn bound(args: Vec<Arg>) -> Result<SqliteArguments, Failed> {
    let mut bound = SqliteArguments::default();
    for arg in args {
        let added = match arg {
            Arg::Null => bound.add(None::<i64>),
            Arg::Int(value) => bound.add(value),
            Arg::Text(value) => bound.add(value),
            Arg::Blob(value) => bound.add(value),
        };
        added.map_err(|error| Failed {
            error: StoreError::Refused(error.to_string()),
            blames_a_unit: true,
            is_cut: false,
        })?;
    }
    Ok(bound)
}

/// Sends a text of many statements: one crossing. Returns all rows, whichever statement made them.
///
/// `statements` is how many there are if the last one commits: an error of that one leaves unknown
/// whether the transaction is written, for its frames may be on the disk.
pub(super) async fn cross(
    conn: &mut SqliteConnection,
    sql: &'static str,
    args: Vec<Arg>,
    statements: Option<usize>,
) -> Result<Vec<SqliteRow>, Failed> {
    let query = sqlx::query_with(sql, bound(args)?);
    let mut results = conn.fetch_many(query);
    let mut rows = Vec::new();
    let mut done = 0;
    loop {
        match results.try_next().await {
            Ok(Some(Either::Left(_))) => done += 1,
            Ok(Some(Either::Right(row))) => rows.push(row),
            Ok(None) => return Ok(rows),
            Err(error) => return Err(failed(&error, statements == Some(done + 1))),
        }
    }
}

/// Says what an error means to the callers. `in_commit`: it may have come too late to undo anything.
pub(super) fn failed(error: &Error, in_commit: bool) -> Failed {
    // Result codes of SQLite; the low byte is the class. 1 error, 18 too big, 19 constraint, 20 mismatch,
    // 25 range: of what was bound. Everything else is of the file or the machine.
    const OF_A_UNIT: [i64; 5] = [1, 18, 19, 20, 25];
    let text = error.to_string();
    let class = if let Some(database) = error.as_database_error() {
        database.code().and_then(|code| code.parse::<i64>().ok()).map(|code| code & 0xff)
    } else if matches!(error, Error::Encode(_) | Error::Decode(_) | Error::ColumnDecode { .. }) {
        Some(20)
    } else {
        None
    };
    let Some(class) = class else {
        // The driver's thread is gone, and with it the answer.
        return Failed { error: StoreError::Unknown(text), blames_a_unit: false, is_cut: true };
    };
    let blames_a_unit = OF_A_UNIT.contains(&class);
    let error = match (blames_a_unit, in_commit) {
        (true, _) => StoreError::Refused(text),
        (false, true) => StoreError::Unknown(text),
        (false, false) => StoreError::Down(text),
    };
    Failed { error, blames_a_unit, is_cut: false }
}

/// What a reader's error means: reading changes nothing.
pub(super) fn down(error: Error) -> StoreError {
    StoreError::Down(error.to_string())
}
