//! Two threads that make calls when they are told to, alone or at once: started once, so that both are warm in every window.

use std::sync::Barrier;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};

use super::case::{Case, Parts};
use crate::affinity;
use crate::turns::Turns;

/// With the layer or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arm {
    NoOp,
    Layer,
}

/// Who works in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// The first thread or the second.
    One(usize),
    Both,
}

/// A window: what each thread in it does.
#[derive(Clone, Copy, Debug)]
struct Order {
    arm: Arm,
    calls: u32,
    /// Whether the other thread has the same order, and is waited for.
    together: bool,
}

/// What came of a window.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Window {
    /// By the slower thread, if there were two.
    pub(super) took: Duration,
    /// For how long threads waited for their processors; none where the system does not say.
    pub(super) waited: Option<Duration>,
    /// Calls that did not end as they must.
    pub(super) wrong: u32,
}

/// Both threads, from where they are told what to do.
pub(super) struct Crew {
    members: [Member; 2],
}

struct Member {
    orders: Sender<Order>,
    windows: Receiver<Result<Window>>,
}

/// Starts the threads, each on its place, and ends them when `work` is done.
///
/// # Errors
///
/// Those of `work`; and when a thread cannot be put on its place.
pub(super) fn at_work<T>(case: Case, places: Option<[usize; 2]>, work: impl FnOnce(&Crew) -> Result<T>) -> Result<T> {
    let parts = case.parts()?;
    let meeting = Barrier::new(2);
    let (parts, meeting) = (&parts, &meeting);
    thread::scope(|scope| {
        let members = [0, 1].map(|number| {
            let (orders, to_do) = channel();
            let (done, windows) = channel();
            let place = places.map(|places| places[number]);
            scope.spawn(move || serve(parts, place, meeting, &to_do, &done));
            Member { orders, windows }
        });
        let crew = Crew { members };
        crew.assemble()?;
        // Afterwards there are no more orders, which ends both.
        work(&crew)
    })
}

impl Crew {
    /// Waits for the word of both that they are on their places: nobody must wait for one at the barrier who never comes.
    fn assemble(&self) -> Result<()> {
        self.members.iter().try_for_each(|member| member.window().map(drop))
    }

    /// One window.
    ///
    /// # Errors
    ///
    /// When a call did not end as it must.
    pub(super) fn window(&self, arm: Arm, who: Who, calls: u32) -> Result<Window> {
        let order = Order { arm, calls, together: who == Who::Both };
        let members = match who {
            Who::One(number) => &self.members[number..=number],
            Who::Both => &self.members[..],
        };
        for member in members {
            member.orders.send(order).map_err(|_| anyhow!("a thread has ended before its work"))?;
        }
        let mut window = Window { waited: Some(Duration::ZERO), ..Window::default() };
        for member in members {
            window = window.beside(member.window()?);
        }
        ensure!(window.wrong == 0, "{} of {calls} calls did not end as they must", window.wrong);
        Ok(window)
    }
}

impl Member {
    fn window(&self) -> Result<Window> {
        self.windows.recv().context("a thread has ended before its work")?
    }
}

impl Window {
    /// Both threads of one window.
    fn beside(self, other: Self) -> Self {
        Self {
            took: self.took.max(other.took),
            waited: self.waited.zip(other.waited).map(|(one, other)| one + other),
            wrong: self.wrong + other.wrong,
        }
    }
}

/// One of the threads, until there are no more orders.
fn serve(
    parts: &Parts,
    place: Option<usize>,
    meeting: &Barrier,
    orders: &Receiver<Order>,
    windows: &Sender<Result<Window>>,
) {
    let placed = place.map_or(Ok(()), affinity::stay_on).context("a thread cannot stay on one processor; allow it to");
    let maker = match placed.and_then(|()| parts.maker.apart()) {
        Ok(maker) => maker,
        Err(error) => {
            // Whoever would read it may have given up over the other thread.
            drop(windows.send(Err(error)));
            return;
        }
    };
    if windows.send(Ok(Window::default())).is_err() {
        return;
    }
    let (mut no_op, mut layer) = (parts.no_op.call(), parts.layer.call());
    while let Ok(Order { arm, calls, together }) = orders.recv() {
        let call = match arm {
            Arm::NoOp => &mut no_op,
            Arm::Layer => &mut layer,
        };
        if together {
            meeting.wait();
        }
        let before = Turns::of_this_thread();
        let began = Instant::now();
        let wrong = (0..calls).map(|_| u32::from(!call(maker.make()))).sum();
        let took = began.elapsed();
        let waited = Turns::of_this_thread().zip(before).map(|(after, before)| (after - before).waited);
        if windows.send(Ok(Window { took, waited, wrong })).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_of_one_thread_and_of_both_follow_each_other_in_any_order() {
        let orders = [Who::Both, Who::One(1), Who::One(0), Who::Both, Who::Both, Who::One(0)];
        let windows = at_work(Case::Refuse, affinity::two(), |crew| {
            orders.into_iter().flat_map(|who| [Arm::NoOp, Arm::Layer].map(|arm| crew.window(arm, who, 10))).collect()
        });
        let windows: Vec<Window> = windows.unwrap();
        assert_eq!(windows.len(), 12);
        assert!(windows.iter().all(|window| window.took > Duration::ZERO), "{windows:?}");
        assert_eq!(windows.iter().all(|window| window.waited.is_some()), cfg!(target_os = "linux"), "{windows:?}");
    }

    #[test]
    fn work_that_fails_ends_the_threads() {
        let failed = at_work(Case::Attach, None, |_| Err::<(), _>(anyhow!("no more of this"))).unwrap_err();
        assert_eq!(failed.to_string(), "no more of this");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_place_that_is_not_there_is_an_error() {
        let failed = at_work(Case::Attach, Some([0, 1_023]), |crew| crew.window(Arm::NoOp, Who::Both, 1)).unwrap_err();
        assert!(failed.to_string().starts_with("a thread cannot stay on one processor"), "{failed:#}");
    }

    #[test]
    fn two_threads_take_as_long_as_the_slower_and_wait_together() {
        let window = |took, waited: Option<u64>, wrong| Window {
            took: Duration::from_millis(took),
            waited: waited.map(Duration::from_millis),
            wrong,
        };
        let both = window(9, Some(1), 1).beside(window(11, Some(2), 2));
        assert_eq!(
            (both.took, both.waited, both.wrong),
            (Duration::from_millis(11), Some(Duration::from_millis(3)), 3)
        );
        assert_eq!(window(9, Some(1), 0).beside(window(9, None, 0)).waited, None);
    }
}
