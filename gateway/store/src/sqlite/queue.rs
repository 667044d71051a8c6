//! The port of those who deliver.

use bytes::Bytes;
use hookgate_core::control::{Control, Fact};
use hookgate_core::decide::DeadReason;
use hookgate_core::delivery::{End, Kept, Lane, Lease, Leased, Owner};
use hookgate_core::limits;
use hookgate_core::recipe::Recipe;
use hookgate_core::word::{Actor, DeliveryId, Digest, Kind, Millis, NameId, ScopeId, Token};
use hookgate_ports::{Due, DueLane, Fut, Keep, Queue, Seat, Settle, Settled, StoreError, Want};
use sqlx::Row;

use super::rows::Rows;
use super::sql::{Arg, down};
use super::unit::{Text, Then, Unit};
use super::{Sqlite, controls, read};

impl Queue for Sqlite {
    fn enter(&self) -> Fut<'_, Result<Seat, StoreError>> {
        Box::pin(async move {
            let args = vec![
                Arg::Int(limits::LOST_ABANDONED.into()),
                Arg::Text(DeadReason::Abandoned.text().into()),
                Arg::Int(End::DeadLettered.code()),
            ];
            let rows =
                self.script(vec![Text { sql: include_str!("sql/enter.sql"), args }], Then::Entered).await?;
            let row = rows.first().ok_or_else(|| StoreError::Down("no row in table installation".into()))?;
            read::seat(row).map_err(down)
        })
    }

    fn due(&self, lanes_max: usize) -> Fut<'_, Result<Due, StoreError>> {
        Box::pin(async move {
            let now = self.clock.now();
            let lanes_max = i64::try_from(lanes_max).unwrap_or(i64::MAX);
            let query = sqlx::query(include_str!("sql/due.sql")).bind(now.0).bind(lanes_max);
            let rows = query.fetch_all(&self.readers).await.map_err(down)?;
            let mut due = Due::default();
            for row in &rows {
                let at: Option<i64> = row.try_get(3).map_err(down)?;
                let Some(at) = at.map(Millis) else { continue };
                if row.try_get::<i64, _>(0).map_err(down)? == 1 {
                    due.next_in = Some(at.since(now));
                } else {
                    let scope = ScopeId(row.try_get(1).map_err(down)?);
                    let id = NameId(row.try_get(2).map_err(down)?);
                    due.lanes.push(DueLane { lane: Lane { scope, id }, since: at });
                }
            }
            Ok(due)
        })
    }

    fn take(&self, owner: Owner, wants: Vec<Want>) -> Fut<'_, Result<Vec<Leased>, StoreError>> {
        Box::pin(async move {
            if wants.is_empty() {
                return Ok(Vec::new());
            }
            self.write(|reply| Unit::Take(owner, wants, reply)).await
        })
    }

    fn keep(&self, keep: Keep) -> Fut<'_, Result<Settled, StoreError>> {
        Box::pin(self.write(|reply| Unit::Keep(keep, reply)))
    }

    fn kept(&self, delivery: DeliveryId) -> Fut<'_, Result<Option<Kept>, StoreError>> {
        Box::pin(async move {
            let query = sqlx::query(include_str!("sql/kept.sql")).bind(delivery.0);
            let row = query.fetch_optional(&self.readers).await.map_err(down)?;
            row.map(|row| read::kept(&row)).transpose().map_err(down)
        })
    }

    fn settle(&self, settle: Settle) -> Fut<'_, Result<Settled, StoreError>> {
        Box::pin(async move {
            settle.to.check()?;
            self.write(|reply| Unit::Settle(settle, reply)).await
        })
    }

    fn release(&self, leases: Vec<(DeliveryId, Lease)>) -> Fut<'_, Result<(), StoreError>> {
        Box::pin(async move {
            if leases.is_empty() {
                return Ok(());
            }
            self.write(|reply| Unit::Release(leases, reply)).await
        })
    }

    fn release_unknown(
        &self,
        owner: Owner,
        noted: Vec<Token>,
        drawn_before: Token,
    ) -> Fut<'_, Result<u64, StoreError>> {
        Box::pin(async move {
            let mut tokens = Rows::default();
            for token in &noted {
                tokens.row().int(token.0);
            }
            let args = vec![Arg::Int(owner.0), Arg::Text(tokens.finish()), Arg::Int(drawn_before.0)];
            let rows = self
                .script(vec![Text { sql: include_str!("sql/release_unknown.sql"), args }], Then::Nothing)
                .await?;
            let released: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0)).map_err(down)?;
            Ok(released.unsigned_abs())
        })
    }

    fn leave(&self, owner: Owner) -> Fut<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let text = Text { sql: include_str!("sql/leave.sql"), args: vec![Arg::Int(owner.0)] };
            self.script(vec![text], Then::Left(owner)).await.map(drop)
        })
    }

    fn controls(&self) -> Fut<'_, Result<Vec<Control>, StoreError>> {
        Box::pin(async move {
            let query = sqlx::query(include_str!("sql/controls.sql"));
            let rows = query.fetch_all(&self.readers).await.map_err(down)?;
            rows.iter().map(read::control).collect::<Result<_, _>>().map_err(down)
        })
    }

    fn hold(&self, control: Control) -> Fut<'_, Result<(), StoreError>> {
        Box::pin(async move { self.script(vec![controls::hold(control)], Then::Nothing).await.map(drop) })
    }

    fn lift(
        &self,
        scope: ScopeId,
        kind: Kind,
        subject: NameId,
        fact: Fact,
    ) -> Fut<'_, Result<bool, StoreError>> {
        Box::pin(async move {
            let text = controls::lift(&Actor::System, scope, (kind, subject, fact));
            controls::is_done(&self.script(vec![text], Then::Nothing).await?)
        })
    }

    fn recipe(&self, digest: Digest) -> Fut<'_, Result<Option<Recipe>, StoreError>> {
        Box::pin(async move {
            let query = sqlx::query(include_str!("sql/recipe.sql")).bind(digest.as_bytes().to_vec());
            let Some(row) = query.fetch_optional(&self.readers).await.map_err(down)? else { return Ok(None) };
            let json: String = row.try_get(0).map_err(down)?;
            Recipe::from_json(&json)
                .map(Some)
                .map_err(|error| StoreError::Down(format!("recipe {digest}: {error}")))
        })
    }

    fn component(&self, digest: Digest) -> Fut<'_, Result<Option<Bytes>, StoreError>> {
        Box::pin(async move {
            let query = sqlx::query(include_str!("sql/component.sql")).bind(digest.as_bytes().to_vec());
            let row = query.fetch_optional(&self.readers).await.map_err(down)?;
            row.map(|row| row.try_get::<Vec<u8>, _>(0).map(Bytes::from)).transpose().map_err(down)
        })
    }
}
