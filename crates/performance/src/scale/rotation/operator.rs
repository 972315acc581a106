//! Whoever rotates: changes the Secret, asks the processes, and decides when the next step may follow.

use std::time::Duration;

use super::settings::{Pace, Settings};
use super::timeline::Version;

/// What the operator knows and has done.
#[derive(Debug)]
pub(crate) struct Operator {
    pub(crate) steps: Vec<Step>,
    /// Questions to processes, those to ones that are down included.
    pub(crate) asks: u64,
    doing: Doing,
}

/// One step that was taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) version: Version,
    pub(crate) written: Duration,
    pub(crate) confirmed: Option<Duration>,
    pub(crate) rounds: u64,
}

#[derive(Clone, Copy, Debug)]
enum Doing {
    /// About to change the Secret.
    Write(Version),
    /// About to ask the processes from this one on; whether those so far have all reported the step.
    Ask {
        from: usize,
        all: bool,
    },
    /// All were asked.
    Asked {
        all: bool,
    },
    Done,
}

/// What happens now, and how long it takes.
pub(crate) enum Next {
    /// The Secret becomes this.
    Write(Version, Duration),
    /// Nothing that others see.
    Again(Duration),
    /// No more.
    Done,
}

impl Operator {
    pub(crate) fn new() -> Self {
        Self { steps: Vec::new(), asks: 0, doing: Doing::Write(Version::Staged) }
    }

    pub(crate) fn is_done(&self) -> bool {
        matches!(self.doing, Doing::Done)
    }

    /// Goes on. `held` is what a process tells when it is asked; none when it does not answer.
    pub(crate) fn next(&mut self, now: Duration, settings: &Settings, held: impl Fn(usize) -> Option<Version>) -> Next {
        match self.doing {
            Doing::Write(version) => {
                self.steps.push(Step { version, written: now, confirmed: None, rounds: 0 });
                let (doing, after) = match settings.pace {
                    Pace::Confirmed { pause, .. } => (Doing::Ask { from: 0, all: true }, pause),
                    Pace::Blind(after) => (version.next().map_or(Doing::Done, Doing::Write), after),
                };
                self.doing = doing;
                Next::Write(version, after)
            }
            Doing::Ask { from, all } => self.ask(from, all, settings, held),
            Doing::Asked { all } => self.decide(now, all, settings),
            Doing::Done => Next::Done,
        }
    }

    /// One run of the tool. What the processes tell is taken as of its beginning: later they have taken the same or more.
    fn ask(&mut self, from: usize, all: bool, settings: &Settings, held: impl Fn(usize) -> Option<Version>) -> Next {
        let nodes = settings.nodes as usize;
        let to = from.saturating_add(settings.asking.batch.max(1)).min(nodes);
        let told: Vec<_> = (from..to).map(held).collect();
        let Some(step) = self.steps.last_mut() else { return Next::Done };
        let is_ready = |told: &Option<Version>| told.is_some_and(|held| held >= step.version);
        let all = all && told.iter().all(is_ready);
        step.rounds += u64::from(from == 0);
        self.asks += told.len() as u64;
        self.doing = if to == nodes { Doing::Asked { all } } else { Doing::Ask { from: to, all } };
        Next::Again(settings.asking.run(told.len(), told.iter().all(Option::is_some)))
    }

    fn decide(&mut self, now: Duration, all: bool, settings: &Settings) -> Next {
        let Pace::Confirmed { pause, hold } = settings.pace else { return Next::Done };
        if !all {
            self.doing = Doing::Ask { from: 0, all: true };
            return Next::Again(pause);
        }
        let Some(step) = self.steps.last_mut() else { return Next::Done };
        step.confirmed = Some(now);
        let next = step.version.next();
        self.doing = next.map_or(Doing::Done, Doing::Write);
        // I3: who waited with the old token must be done before it is refused.
        Next::Again(if next == Some(Version::Retired) { hold } else { Duration::ZERO })
    }
}
