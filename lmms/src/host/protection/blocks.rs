//! All blocks of counters of a protection, and what the counters of ended threads have come to.
//!
//! What the hot path costs others is a walk over all blocks, so a block goes with its thread: its counts are added to a
//! sum (*folded*), and it is freed. That must not happen while anything of its thread may still write to it
//! (PROTECTION-2):
//! - Usually a thread hands its blocks in as it ends. They are folded at once if nothing is inside.
//! - A guard in a thread-local that is destroyed later than that is still inside, and a call from such a destructor
//!   comes after that. These blocks are *ending*: they count until the kernel says that their thread is dead. What is
//!   inside then stays inside for good, for instance a guard that was forgotten.

#![forbid(unsafe_code)]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use super::Pair;
use crate::host::threads::census::Task;
use crate::sync::{Arc, Mutex, MutexGuard, Ordering, Unpoisoned as _, fence};

/// One thread's counters: a pair for each module, and one for reading shared tables.
#[derive(Debug)]
pub(crate) struct ThreadBlock {
    number: usize,
    lines: Box<[Line]>,
}

/// Two cache lines: neighbouring threads' counters never share one (nor its prefetched pair).
#[repr(C, align(128))]
#[derive(Debug, Default)]
struct Line([Pair; PAIRS_A_LINE]);

const PAIRS_A_LINE: usize = 8;

impl ThreadBlock {
    fn new(number: usize, pairs: usize) -> Self {
        Self {
            number,
            lines: (0..pairs.div_ceil(PAIRS_A_LINE))
                .map(|_| Line::default())
                .collect(),
        }
    }

    pub(super) fn pair(&self, module: usize) -> &Pair {
        &self.lines[module / PAIRS_A_LINE].0[module % PAIRS_A_LINE]
    }

    /// No other block of the protection has it at this time; small as long as there are few threads.
    pub(super) fn number(&self) -> usize {
        self.number
    }

    /// The first pair; the others follow.
    pub(super) fn pairs(&self) -> *const Pair {
        // `Line` is `repr(C)` around an array, without padding: lines are one array of pairs.
        const { assert!(size_of::<Line>() == PAIRS_A_LINE * size_of::<Pair>()) };
        self.lines.as_ptr().cast()
    }
}

/// What one pair of counters says, or a sum of such.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) enter: u64,
    pub(super) exit: u64,
}

impl Tally {
    /// `exit` before `enter`, see the protocol.
    pub(super) fn of(pair: &Pair) -> Self {
        let exit = pair.exit.load(Ordering::Acquire);
        let enter = pair.enter.load(Ordering::Acquire);
        Self { enter, exit }
    }

    pub(super) fn inside(self) -> u64 {
        self.enter.wrapping_sub(self.exit)
    }

    pub(super) fn add(&mut self, other: Self) {
        self.enter = self.enter.wrapping_add(other.enter);
        self.exit = self.exit.wrapping_add(other.exit);
    }
}

/// All blocks of one protection.
#[derive(Debug)]
pub(super) struct Blocks(Mutex<Books>);

#[derive(Debug)]
pub(super) struct Books {
    /// By number.
    used: BTreeMap<usize, Arc<ThreadBlock>>,
    /// Numbers below the highest one ever used that no block has.
    free: BinaryHeap<Reverse<usize>>,
    /// Blocks that no thread will hand in, and the thread each belongs to.
    ending: VecDeque<(Task, usize)>,
    /// For each pair of a block, the sum over the blocks that are gone.
    ended: Box<[Tally]>,
}

impl Blocks {
    pub(super) fn new(pairs: usize) -> Self {
        Self(Mutex::new(Books {
            used: BTreeMap::new(),
            free: BinaryHeap::new(),
            ending: VecDeque::new(),
            ended: (0..pairs).map(|_| Tally::default()).collect(),
        }))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unpoisoned()
    }

    /// A block for a thread that will hand it in.
    pub(super) fn adopt(&self) -> Arc<ThreadBlock> {
        let mut books = self.lock();
        // Each adoption adds one at most: so there are never many more of them than threads that end just now.
        books.fold_dead(2);
        books.adopt()
    }

    /// A block for the calling thread, which is past handing in any: the one it has already, or a new one.
    pub(super) fn adopt_late(&self) -> Arc<ThreadBlock> {
        let mut books = self.lock();
        if let Some(known) = books.late() {
            return known;
        }
        books.fold_dead(2);
        let block = books.adopt();
        books.ending.push_back((Task::current(), block.number));
        block
    }

    /// The block of the calling thread, which is past handing in any.
    pub(super) fn late(&self) -> Option<Arc<ThreadBlock>> {
        self.lock().late()
    }

    /// Takes back a block of the calling thread, which won't enter by it any more.
    pub(super) fn hand_in(&self, number: usize) {
        let mut books = self.lock();
        let Some(block) = books.used.get(&number) else {
            return;
        };
        if (0..books.ended.len()).all(|pair| Tally::of(block.pair(pair)).inside() == 0) {
            books.fold(number);
        } else {
            books.ending.push_back((Task::current(), number));
        }
    }
}

impl Books {
    /// The sum over all blocks, those that are gone too.
    pub(super) fn sum(&self, pair: usize) -> Tally {
        let mut sum = self.ended[pair];
        for block in self.used() {
            sum.add(Tally::of(block.pair(pair)));
        }
        sum
    }

    pub(super) fn used(&self) -> impl ExactSizeIterator<Item = &Arc<ThreadBlock>> {
        self.used.values()
    }

    /// Folds blocks whose threads are dead; looks at so many.
    pub(super) fn fold_dead(&mut self, most: usize) {
        for _ in 0..most.min(self.ending.len()) {
            let Some((thread, number)) = self.ending.pop_front() else {
                return;
            };
            if thread.is_dead() {
                // The kernel has seen the thread's last instruction; this thread sees what they did.
                fence(Ordering::SeqCst);
                self.fold(number);
            } else {
                self.ending.push_back((thread, number));
            }
        }
    }

    pub(super) fn fold_all_dead(&mut self) {
        self.fold_dead(usize::MAX);
    }

    fn adopt(&mut self) -> Arc<ThreadBlock> {
        let number = match self.free.pop() {
            Some(Reverse(number)) => number,
            None => self.used.len(),
        };
        let block = Arc::new(ThreadBlock::new(number, self.ended.len()));
        self.used.insert(number, block.clone());
        block
    }

    fn late(&self) -> Option<Arc<ThreadBlock>> {
        if self.ending.is_empty() {
            return None;
        }
        let me = Task::current();
        let is_mine = |thread: &Task| thread.tid == me.tid && !thread.is_dead();
        let (_, number) = self.ending.iter().find(|(thread, _)| is_mine(thread))?;
        self.used.get(number).cloned()
    }

    pub(super) fn fold(&mut self, number: usize) {
        let Some(block) = self.used.remove(&number) else {
            return;
        };
        for (pair, sum) in self.ended.iter_mut().enumerate() {
            sum.add(Tally::of(block.pair(pair)));
        }
        self.free.push(Reverse(number));
    }
}
