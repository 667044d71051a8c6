//! A disk as the power cut finds it: of every file what the last sync made sure of, and the changes
//! since then, of which anything or nothing may have reached the plates.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hookgate_tests::Dice;

/// What a drive writes as a whole: everybody's smallest sector.
const SECTOR_BYTES: usize = 512;

/// Contents of files by their names.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// The power went off.
#[derive(Debug)]
pub(crate) struct Off;

/// Which unsynced changes a power cut leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// None of them.
    Nothing,
    /// Of `of` sectors `kept`, by chance: pages are torn, later writes are there without earlier ones.
    Some { kept: u64, of: u64 },
    /// All of them: what a killed process leaves, too.
    All,
}

/// A disk whose power goes off at a chosen step.
#[derive(Debug)]
pub(crate) struct Disk(Mutex<State>);

#[derive(Debug)]
struct State {
    files: BTreeMap<String, File>,
    /// Changes and syncs until the power goes off.
    steps_left: u64,
    is_off: bool,
}

#[derive(Debug, Default)]
struct File {
    synced: Vec<u8>,
    unsynced: Vec<Change>,
    /// A file of the same name that was deleted while the folder was not synced since: it may be back.
    ghost: Option<Vec<u8>>,
    /// Whether it was synced under this name before.
    is_known: bool,
}

/// One change of a file.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// These bytes from there on.
    Write(usize, Vec<u8>),
    /// Its size.
    Size(usize),
}

impl Disk {
    /// Begins with these files, all of them synced. The power goes off at change or sync number `steps`.
    pub(crate) fn new(files: Files, steps: u64) -> Disk {
        let synced = |(name, synced)| (name, File { synced, is_known: true, ..File::default() });
        Disk(Mutex::new(State {
            files: files.into_iter().map(synced).collect(),
            steps_left: steps,
            is_off: false,
        }))
    }

    /// Changes a file. The change at which the power goes off may be on the disk or not.
    pub(crate) fn change(&self, name: &str, change: Change) -> Result<(), Off> {
        let mut state = self.state();
        if state.is_off {
            return Err(Off);
        }
        state.files.entry(name.to_owned()).or_default().unsynced.push(change);
        state.step()
    }

    /// Makes sure of all changes of a file, unless the power goes off now.
    pub(crate) fn sync(&self, name: &str) -> Result<(), Off> {
        let mut state = self.state();
        state.step()?;
        let Some(file) = state.files.get_mut(name) else { return Ok(()) };
        for change in std::mem::take(&mut file.unsynced) {
            change.apply(&mut file.synced);
        }
        // SQLite's `unixSync` syncs the folder as well with the first sync of a new journal or log.
        if !std::mem::replace(&mut file.is_known, true)
            && (name.ends_with("-wal") || name.ends_with("-journal"))
        {
            state.files.values_mut().for_each(|file| file.ghost = None);
        }
        Ok(())
    }

    /// Deletes a file. Before the folder is synced, the file may be back after the cut as it last was.
    pub(crate) fn delete(&self, name: &str, is_synced: bool) -> Result<(), Off> {
        let mut state = self.state();
        state.step()?;
        let file = state.files.entry(name.to_owned()).or_default();
        let deleted = std::mem::take(file);
        file.ghost = Some(deleted.ghost.unwrap_or(deleted.synced));
        if is_synced {
            state.files.values_mut().for_each(|file| file.ghost = None);
        }
        Ok(())
    }

    pub(crate) fn is_off(&self) -> bool {
        self.state().is_off
    }

    /// Returns what is found on the disk when the power is back.
    pub(crate) fn left(&self, left: Left, dice: &mut Dice) -> Files {
        let state = self.state();
        assert!(state.is_off, "the power is still on");
        state.files.iter().map(|(name, file)| (name.clone(), file.left(left, dice))).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn step(&mut self) -> Result<(), Off> {
        self.steps_left = self.steps_left.saturating_sub(1);
        self.is_off |= self.steps_left == 0;
        if self.is_off { Err(Off) } else { Ok(()) }
    }
}

impl File {
    fn left(&self, left: Left, dice: &mut Dice) -> Vec<u8> {
        let is_back = match left {
            Left::Nothing => true,
            Left::Some { .. } => dice.one_in(2),
            Left::All => false,
        };
        if let Some(ghost) = self.ghost.as_ref().filter(|_| is_back) {
            return ghost.clone();
        }
        let mut contents = self.synced.clone();
        for change in &self.unsynced {
            for part in change.sectors() {
                let is_kept = match left {
                    Left::Nothing => false,
                    Left::Some { kept, of } => dice.within(0..of) < kept,
                    Left::All => true,
                };
                if is_kept {
                    part.apply(&mut contents);
                }
            }
        }
        contents
    }
}

impl Change {
    fn apply(self, contents: &mut Vec<u8>) {
        match self {
            Change::Write(at, bytes) => {
                let end = at + bytes.len();
                contents.resize(contents.len().max(end), 0);
                contents[at..end].copy_from_slice(&bytes);
            }
            Change::Size(size) => contents.resize(size, 0),
        }
    }

    /// Splits a write at the sectors' edges.
    fn sectors(&self) -> Vec<Change> {
        let Change::Write(at, bytes) = self else { return vec![self.clone()] };
        let mut parts = Vec::new();
        let mut done = 0;
        while done < bytes.len() {
            let begin = at + done;
            let length = (SECTOR_BYTES - begin % SECTOR_BYTES).min(bytes.len() - done);
            parts.push(Change::Write(begin, bytes[done..done + length].to_vec()));
            done += length;
        }
        parts
    }
}

#[test]
fn only_what_was_synced_is_sure_to_be_left() {
    let disk = Disk::new(Files::new(), 5);
    let mut dice = Dice::of("a disk", 1);
    disk.change("f", Change::Write(0, vec![1; 1000])).expect("power");
    disk.sync("f").expect("power");
    disk.change("f", Change::Write(500, vec![2; 1000])).expect("power");
    disk.change("f", Change::Size(1200)).expect("power");

    assert!(disk.sync("f").is_err() && disk.change("f", Change::Size(0)).is_err() && disk.is_off());

    assert_eq!(disk.left(Left::Nothing, &mut dice)["f"], [1; 1000]);
    let all = &disk.left(Left::All, &mut dice)["f"];
    assert_eq!((all.len(), all[499], all[500], all[1199]), (1200, 1, 2, 2));
    let parts: Vec<usize> = Change::Write(500, vec![0; 1000])
        .sectors()
        .into_iter()
        .map(|part| if let Change::Write(_, bytes) = part { bytes.len() } else { 0 })
        .collect();
    assert_eq!(parts, [12, 512, 476]);
}
