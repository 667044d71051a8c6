//! Suspects: deliveries that processes died with. What came back for one is kept before anybody judges it.

use std::sync::Arc;

use hookgate_core::delivery::End;
use hookgate_core::limits;
use hookgate_core::plugin::{GuestOutbound, Judgement};
use hookgate_core::word::{Digest, Headers};
use hookgate_ports::doubles::{Memory, Reply, Script, ScriptedGuests, VirtualClock, Wire};
use hookgate_ports::{DeliveryState, Journal};

use super::house::{House, Plan, scope};

/// What outlives the processes.
struct World {
    store: Memory,
    clock: VirtualClock,
    guests: ScriptedGuests,
    wire: Wire,
    speaker: Digest,
}

impl World {
    fn new() -> World {
        let clock = VirtualClock::default();
        let guests = ScriptedGuests::new();
        let outbound = || GuestOutbound {
            method: "POST".into(),
            url: String::new(),
            headers: Headers::new(),
            body: Some("built".into()),
        };
        // It takes a 500 for a success, and nothing else: only who saw this very answer can say so.
        let judge = |status| match status {
            500 => Judgement::Delivered,
            status => Judgement::Declined(format!("{status} is another answer")),
        };
        let script = Script::new()
            .connect_out(move |_, _| Ok(Ok(outbound())), move |_, answer| Ok(judge(answer.status)));
        let speaker = guests.install_script(b"speaker", script);
        World { store: Memory::new(Arc::new(clock.clone())), clock, guests, wire: Wire::new(), speaker }
    }

    async fn process(&self) -> House {
        let plan = Plan { connector: Some(self.speaker), ..Plan::one() };
        let World { store, clock, guests, wire, .. } = self;
        House::in_store(plan, store.clone(), clock.clone(), guests.clone(), wire.clone()).await
    }
}

/// Ends a process as a kill does: nothing is settled, released or left.
async fn kill(mut house: House) {
    house.running.abort();
    let ended = (&mut house.running).await;
    assert!(ended.is_err_and(|error| error.is_cancelled()), "it ran until now");
}

#[tokio::test]
async fn a_suspects_answer_is_judged_again_after_a_death_and_nothing_is_sent_again() {
    let world = World::new();
    world.wire.always("crm.test", Reply::status(500).held());
    let mut house = world.process().await;
    house.post("1", "{}").await.expect("accepted");
    for lost in 1..=limits::LOST_SUSPECT as usize {
        world.wire.seen(lost).await;
        kill(house).await;
        house = world.process().await;
    }
    let sends = limits::LOST_SUSPECT as usize + 1;

    // A suspect now: the next process that it dies with had its answer and was judging it.
    house.pass(limits::SUSPECT_AFTER.as_secs());
    world.wire.seen(sends).await;
    world.guests.hold(&world.speaker);
    world.wire.release("crm.test");
    let judged = async {
        while world.guests.responses().is_empty() {
            tokio::task::yield_now().await
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), judged).await.expect("it is judged");
    kill(house).await;
    world.guests.release(&world.speaker);
    // Whoever would ask the receiver again would hear something else.
    world.wire.always("crm.test", Reply::status(200));
    let house = world.process().await;
    house.pass(limits::SUSPECT_AFTER.as_secs());

    let row = house.until_state(DeliveryState::Finished(End::Delivered)).await;
    assert_eq!(world.wire.sent().len(), sends, "nothing was sent again");
    let statuses: Vec<u16> = world.guests.responses().iter().map(|(_, answer)| answer.status).collect();
    assert_eq!(statuses, [500, 500], "the same answer, judged again");
    let attempts = house.store.attempts(scope(), row.id).await.expect("the store answers");
    assert_eq!(attempts.iter().map(|attempt| attempt.gist.status).collect::<Vec<_>>(), [Some(500)]);
}
