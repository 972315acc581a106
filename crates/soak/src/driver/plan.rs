//! What is done to whom and when, by chance and by a seed.

use std::time::Duration;

use fastrand::Rng;

use super::fault::Fault;
use super::file::{Layout, Way};
use crate::wire::Place;

/// One step in so many kills a process.
const STEPS_A_KILL: usize = 3;

/// What a process goes through in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// How long after the step has begun its file is changed.
    pub(super) delay: Duration,
    pub(super) way: Way,
    /// What becomes of the file before.
    pub(super) fault: Option<Fault>,
    /// Whether the process is killed before and started after; it is down for this much longer than it must.
    pub(super) killed: Option<Duration>,
}

/// What is to be known about a process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trait {
    pub(super) layout: Layout,
    /// Whether its file can be made unreadable for it.
    pub(super) can_be_locked_out: bool,
}

/// Makes plans: the same ones from the same seed.
#[derive(Debug)]
pub(super) struct Planner {
    rng: Rng,
    processes: Vec<Trait>,
    /// The longest delay.
    pace: Duration,
    /// Faults still to come before any comes again.
    deck: Vec<Fault>,
    steps: usize,
}

impl Planner {
    pub(super) fn new(seed: u64, processes: Vec<Trait>, pace: Duration) -> Self {
        Self { rng: Rng::with_seed(seed), processes, pace, deck: Vec::new(), steps: 0 }
    }

    /// A plan for each process. One of them has a broken file, and in the first step and at times later another one is
    /// killed.
    pub(super) fn next_step(&mut self) -> Vec<Plan> {
        let mut plans: Vec<_> = (0..self.processes.len()).map(|place| self.quiet(place)).collect();
        let fault = self.deal();
        let broken = self.pick(|process| {
            process.layout == Layout::Plain && (fault != Fault::Unreadable || process.can_be_locked_out)
        });
        if let Some(broken) = broken {
            plans[broken].fault = Some(fault);
            plans[broken].way = self.choose(fault.ways_out());
        }
        if self.steps == 0 || self.rng.usize(..STEPS_A_KILL) == 0 {
            let places: Vec<_> = (0..plans.len()).filter(|place| Some(*place) != broken).collect();
            let killed = self.choose(&places);
            plans[killed].killed = Some(self.delay());
        }
        self.steps += 1;
        plans
    }

    fn quiet(&mut self, place: Place) -> Plan {
        let way = match self.processes[place].layout {
            Layout::Plain => self.choose(&[Way::Step, Way::Step, Way::Rename, Way::InPlace]),
            Layout::Volume => Way::Swap,
        };
        Plan { delay: self.delay(), way, fault: None, killed: None }
    }

    fn deal(&mut self) -> Fault {
        if self.deck.is_empty() {
            self.deck = Fault::ALL.to_vec();
            self.rng.shuffle(&mut self.deck);
        }
        self.deck.pop().unwrap_or(Fault::Deleted)
    }

    fn pick(&mut self, fits: impl Fn(&Trait) -> bool) -> Option<Place> {
        let places: Vec<_> = (0..self.processes.len()).filter(|place| fits(&self.processes[*place])).collect();
        (!places.is_empty()).then(|| self.choose(&places))
    }

    fn choose<T: Copy>(&mut self, among: &[T]) -> T {
        among[self.rng.usize(..among.len())]
    }

    fn delay(&mut self) -> Duration {
        self.pace.mul_f64(self.rng.f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planner(seed: u64) -> Planner {
        let plain = Trait { layout: Layout::Plain, can_be_locked_out: false };
        let processes = vec![
            plain,
            Trait { can_be_locked_out: true, ..plain },
            Trait { layout: Layout::Volume, ..plain },
            plain,
            plain,
        ];
        Planner::new(seed, processes, Duration::from_millis(100))
    }

    #[test]
    fn a_seed_makes_the_same_plans_again_and_another_seed_others() {
        let plans = |seed| {
            let mut planner = planner(seed);
            (0..20).map(|_| planner.next_step()).collect::<Vec<_>>()
        };
        assert_eq!(plans(7), plans(7));
        assert_ne!(plans(7), plans(8));
    }

    #[test]
    fn each_fault_comes_where_it_can_and_before_any_comes_again() {
        let mut planner = planner(7);
        for _ in 0..5 {
            let mut seen = Vec::new();
            for _ in Fault::ALL {
                let plans = planner.next_step();
                let broken: Vec<_> = plans.iter().enumerate().filter(|(_, plan)| plan.fault.is_some()).collect();
                let [(place, Plan { fault: Some(fault), way, killed: None, .. })] = broken[..] else {
                    panic!("not one broken file of a process that lives: {plans:?}");
                };
                assert!(fault.ways_out().contains(way), "{fault:?} by {way:?}");
                assert!(*fault != Fault::Unreadable || place == 1, "{fault:?} at {place}");
                assert_ne!(place, 2, "the volume is Kubernetes's");
                seen.push(*fault);
            }
            assert!(Fault::ALL.iter().all(|fault| seen.contains(fault)), "{seen:?}");
        }
    }

    #[test]
    fn the_first_step_kills_and_no_step_kills_two() {
        for seed in 0..20 {
            let mut planner = planner(seed);
            let killed = |plans: Vec<Plan>| plans.iter().filter(|plan| plan.killed.is_some()).count();
            assert_eq!(killed(planner.next_step()), 1);
            assert!((0..30).all(|_| killed(planner.next_step()) <= 1));
        }
    }
}
