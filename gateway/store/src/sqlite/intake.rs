//! The port of those who accept.

use hookgate_core::event::Accepted;
use hookgate_ports::{Accept, Fut, Intake, StoreError};
use tokio::sync::oneshot;

use super::unit::Unit;
use super::{Sqlite, answered};

impl Intake for Sqlite {
    fn accept(&self, unit: Accept) -> Fut<'_, Result<Vec<Accepted>, StoreError>> {
        Box::pin(async move {
            if unit.entries.is_empty() {
                return Ok(Vec::new());
            }
            unit.check()?;
            let (reply, answer) = oneshot::channel();
            self.waiting.accept(Unit::Accept(unit, reply))?;
            answered(answer).await
        })
    }
}
