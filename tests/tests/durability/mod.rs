//! Power cuts. A killed process proves nothing about durability, for the page cache survives it: here
//! the store's disk forgets what was not synced, in the middle of anything, and what was answered `Ok`
//! has to be there when the power is back.

mod clock;
mod disk;
mod entry;
mod life;
mod promise;
mod vfs;

use std::fs;
use std::sync::Arc;
use std::time::Instant;

use hookgate_store::Synchronous;
use hookgate_tests::{Dice, Scratch};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, Row};

use disk::{Disk, Files, Left};
use life::Open;
use promise::Promises;

/// Steps of the disk that a life lasts at most: some hundred commits, and checkpoints among them.
const STEPS_MAX: u64 = 2_500;

/// What each cut is judged by: every one of these disks is possible.
const CUTS: [Left; 4] =
    [Left::Nothing, Left::Some { kept: 1, of: 2 }, Left::Some { kept: 19, of: 20 }, Left::All];

/// Databases, and power cuts in the life of each.
struct Plan {
    histories: u64,
    cuts: u64,
}

/// What came of it.
#[derive(Debug, Default)]
struct Tally {
    cuts: usize,
    promises: usize,
    broken: Vec<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_cut_takes_nothing_that_was_answered() {
    let begun = Instant::now();
    let tally = check(Synchronous::Full, Plan { histories: scaled(8), cuts: 6 }, 20_260_101).await;

    println!("durability: {} cuts, {} promises, {:?}", tally.cuts, tally.promises, begun.elapsed());
    assert_eq!(tally.broken, Vec::<String>::new());
    assert!(tally.promises > 50 * tally.cuts, "too little was promised to be a test: {tally:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_sync_before_the_answer_the_same_cuts_take_something() {
    let tally = check(Synchronous::Normal, Plan { histories: 4, cuts: 3 }, 20_260_102).await;

    println!(
        "durability without syncs: {} cuts, {} promises, {} broken",
        tally.cuts,
        tally.promises,
        tally.broken.len()
    );
    assert!(!tally.broken.is_empty(), "this test could not fail");
}

async fn check(synchronous: Synchronous, plan: Plan, seed: u64) -> Tally {
    let dice = Dice::of("durability", seed);
    let mut tally = Tally::default();
    for history in 0..plan.histories {
        let dice = dice.part(history + 1);
        let (mut files, mut promised) = (Files::new(), Promises::default());
        for cut in 0..plan.cuts {
            let mut dice = dice.part(1_000 + cut);
            let disk = Arc::new(Disk::new(files.clone(), dice.within(1..STEPS_MAX)));
            promised.add(live_until_cut(&disk, &files, synchronous, &dice).await);
            tally.cuts += 1;
            for left in CUTS {
                let broken = kept(&disk.left(left, &mut dice), &promised, &dice).await;
                tally.broken.extend(
                    broken.iter().map(|line| format!("history {history}, cut {cut}, {left:?}: {line}")),
                );
            }
            // Where promises are expected to break, the next life begins with what is whole.
            let goes_on = if synchronous == Synchronous::Full {
                CUTS[usize::try_from(cut).expect("few cuts") % 4]
            } else {
                Left::All
            };
            files = disk.left(goes_on, &mut dice.part(7));
        }
        tally.promises += promised.events.len() + promised.finished.len() + promised.attempted.len();
    }
    tally
}

/// Opens a database on this disk and uses it until the power goes off, at whatever moment.
async fn live_until_cut(disk: &Arc<Disk>, files: &Files, synchronous: Synchronous, dice: &Dice) -> Promises {
    let folder = folder_with(files);
    let vfs = vfs::register(Arc::clone(disk));
    match Open::at(folder.path(), Some(vfs), synchronous, dice).await {
        Ok(open) => {
            let promised = life::live(&open, disk, dice).await;
            open.close().await;
            assert!(disk.is_off(), "a store that has power has no errors");
            promised
        }
        // It went off while it opened: nothing was promised.
        Err(error) => {
            assert!(disk.is_off(), "a store that has power opens: {error}");
            Promises::default()
        }
    }
}

/// Opens what is left and returns which promises are broken. Panics where it is no database any more.
async fn kept(files: &Files, promised: &Promises, dice: &Dice) -> Vec<String> {
    let folder = folder_with(files);
    let open = Open::at(folder.path(), None, Synchronous::Full, dice).await.expect("what is left opens");
    let mut broken = promised.broken(&open.store).await;
    broken.extend(promised.forgotten(&open.store, open.clock.now(), &mut dice.clone()).await);
    open.close().await;
    let options = SqliteConnectOptions::new().filename(folder.file("hookgate.db"));
    let mut conn = options.connect().await.expect("it opens");
    let rows = conn.fetch_all("pragma integrity_check").await.expect("it can be checked");
    let found: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    if found != ["ok"] {
        broken.push(format!("integrity_check: {found:?}"));
    }
    conn.close().await.expect("it closes");
    broken
}

fn folder_with(files: &Files) -> Scratch {
    let folder = Scratch::new();
    for (name, contents) in files {
        fs::write(folder.file(name), contents).expect("the folder is writable");
    }
    folder
}

/// `HOOKGATE_TEST_SCALE` makes the long stories longer, such as over night.
fn scaled(count: u64) -> u64 {
    count * hookgate_tests::scale()
}
