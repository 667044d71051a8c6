//! Upkeep: what is done from time to time, whether events come or not.

use std::sync::Arc;
use std::time::Duration;

use hookgate_ports::doubles::{Memory, Reply, ScriptedGuests, VirtualClock, Wire};
use hookgate_ports::{EventFilter, Journal};

use super::house::{House, Plan, RETENTION, scope};

#[tokio::test]
async fn what_retention_keeps_no_longer_is_forgotten_but_for_live_ones() {
    let clock = VirtualClock::default();
    let store = Memory::new(Arc::new(clock.clone()));
    let (guests, wire) = (ScriptedGuests::new(), Wire::new());
    let mut house =
        House::in_store(Plan::one(), store.clone(), clock.clone(), guests.clone(), wire.clone()).await;
    wire.script("crm.test", [Reply::status(200)]);
    house.post("1", "{}").await.expect("accepted");
    house.until_delivered(1).await;
    wire.always("crm.test", Reply::status(503));
    let live = house.post("2", "{}").await.expect("accepted");
    house.until(|rows| rows.iter().any(|row| row.attempts == 1 && row.due.is_some())).await;
    house.stop.cancel();
    (&mut house.running).await.expect("it ends in order");

    clock.advance(RETENTION + Duration::from_secs(1));
    let house = House::in_store(Plan::one(), store.clone(), clock, guests, wire).await;

    house.until(|rows| rows.len() == 1).await;
    let events = store.events(scope(), EventFilter::default(), None, 9).await.expect("it answers").rows;
    assert_eq!(events.iter().map(|row| row.id).collect::<Vec<_>>(), [live.event]);
}
