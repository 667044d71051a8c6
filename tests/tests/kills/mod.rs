//! A gateway that is killed again and again while events come and receivers fail. What was answered
//! with 2xx goes exactly where its routes say, and is delivered or a dead letter for a stated reason,
//! under one message id.

mod bystanders;
mod cast;
mod judge;
mod provider;
mod receivers;

use std::sync::Arc;
use std::time::{Duration, Instant};

use hookgate_tests::{Dice, GITHUB_SECRET, Gateway, PullRequests, scale};

use crate::setup::all_ended;
use judge::Judge;
use provider::Provider;
use receivers::{ATTEMPTS, Receivers};

const EVENTS: u64 = 10_000;

/// While events come. Some more are made while a process starts.
const KILLS: u64 = 45;

/// When all events are in, and what waits is being sent.
const LATE_KILLS: u64 = 5;

/// What was lost three times waits 10 s, and then goes one at a time.
const END_LIMIT: Duration = Duration::from_secs(240);

/// The gateway, and when it was killed: from before the signal until it was gone.
struct Victim {
    gateway: Gateway,
    kills: Vec<(Instant, Instant)>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_kills_lose_nothing_that_was_answered() {
    let mut dice = Dice::of("kills", 20_260_103);
    let events = EVENTS * scale();
    let begun = Instant::now();
    let receivers = Receivers::start().await;
    let gateway = Gateway::start(&(receivers.config() + cast::ROUTES)).await;
    let hook = PullRequests::new(GITHUB_SECRET, u32::try_from(dice.within(1..1 << 30)).expect("30 bits"));
    let provider = Arc::new(Provider::new(&gateway.source_url(), hook, events));
    let mut victim = Victim { gateway, kills: Vec::new() };

    let sending = Provider::send_all(&provider);
    let mut moments: Vec<u64> = (0..KILLS * scale()).map(|_| dice.within(1..events)).collect();
    moments.sort_unstable();
    for moment in moments {
        provider.begun(moment).await;
        victim.dies(&mut dice, &provider).await;
    }
    let heard = sending.await.expect("the senders end");
    let sent = begun.elapsed();
    for _ in 0..LATE_KILLS * scale() {
        tokio::time::sleep(Duration::from_millis(dice.within(0..500))).await;
        victim.dies(&mut dice, &provider).await;
    }
    all_ended(&victim.gateway.admin(), END_LIMIT).await;

    let ended = begun.elapsed();
    let judge = Judge::summon(&victim.gateway.admin(), receivers.all(), heard, victim.kills).await;
    println!("kills: all sent after {sent:?}, all ended after {ended:?}; {judge}");
    judge.every_accepted_event_is_stored_once();
    judge.every_event_has_exactly_the_deliveries_that_its_routes_say();
    judge.every_delivery_ended_as_its_receiver_ended_it(ATTEMPTS);
    judge.every_message_is_one_deliverys();
    judge.every_signature_fits();
    judge.what_came_twice_came_before_and_after_a_kill();
}

impl Victim {
    /// Is killed, sometimes once more while it starts, at whatever it does then, and comes back.
    async fn dies(&mut self, dice: &mut Dice, provider: &Provider) {
        // Not only when an event has just begun.
        tokio::time::sleep(Duration::from_millis(dice.within(0..30))).await;
        self.is_killed().await;
        provider.is_up(false);
        self.gateway.spawn();
        if dice.one_in(4) {
            tokio::time::sleep(Duration::from_millis(dice.within(0..200))).await;
            self.is_killed().await;
            self.gateway.spawn();
        }
        self.gateway.ready().await;
        provider.is_up(true);
    }

    async fn is_killed(&mut self) {
        let from = Instant::now();
        self.gateway.kill().await;
        self.kills.push((from, Instant::now()));
    }
}
