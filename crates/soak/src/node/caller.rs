//! The callers: one for each other process and each kind of call, one call after the other.

use std::sync::Arc;

use anyhow::{Context, Result};
use fastrand::Rng;
use futures_util::future::join_all;
use ray_auth::ClusterAuth;
use ray_auth::auth::AuthChannel;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::call::{self, Problem};
use super::callee::Callee;
use super::counter::Counter;
use crate::kind::Kind;
use crate::wire::{Counts, Failure, Peer, Place};

/// One call in so many is made on a connection of its own.
const CALLS_A_CONNECTION: u64 = 100;

/// All callers of this process.
pub(super) struct Callers {
    callees: Vec<Arc<Callee>>,
    counter: Arc<Counter>,
    /// How many answers each caller had.
    answers: Vec<watch::Receiver<u64>>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Callers {
    pub(super) fn start(auth: &ClusterAuth, peers: Vec<Peer>, seed: u64) -> Result<Self> {
        let (counter, stop) = (Arc::new(Counter::default()), CancellationToken::new());
        let mut rng = Rng::with_seed(seed);
        let (mut callees, mut answers, mut tasks) = (Vec::new(), Vec::new(), JoinSet::new());
        for peer in peers {
            let callee = Arc::new(Callee::new(peer, auth)?);
            for kind in Kind::ALL {
                let (answered, receiver) = watch::channel(0);
                answers.push(receiver);
                let (callee, counter) = (Arc::clone(&callee), Arc::clone(&counter));
                let caller = Caller { auth: auth.clone(), callee, kind, counter, answered, rng: rng.fork() };
                tasks.spawn(caller.work(stop.clone()));
            }
            callees.push(callee);
        }
        Ok(Self { callees, counter, answers, stop, tasks })
    }

    pub(super) fn callee(&self, place: Place) -> Result<&Callee> {
        let callee = self.callees.iter().find(|callee| callee.peer.place == place);
        callee.map(|callee| &**callee).with_context(|| format!("nobody is at place {place}"))
    }

    /// Waits until every caller of it waits for it to come back.
    pub(super) async fn noticed(&self, place: Place) -> Result<()> {
        self.callee(place)?.wait_for_waiting(Kind::ALL.len()).await;
        Ok(())
    }

    /// Waits until every caller has had two more answers: to the call it had under way, which may carry an older token,
    /// and to one that it began since.
    pub(super) async fn settle(&self) {
        join_all(self.answers.iter().map(async |answers| {
            let mut answers = answers.clone();
            let seen = *answers.borrow();
            // A caller that ended makes no more calls.
            let _ = answers.wait_for(|answered| *answered >= seen + 2).await;
        }))
        .await;
    }

    pub(super) fn count(&self) -> Counts {
        self.counter.counts()
    }

    /// Lets the calls that are open finish.
    pub(super) async fn stop(&mut self) -> Result<()> {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.context("a caller ended before it was told to")?;
        }
        Ok(())
    }
}

/// Makes one call after the other.
struct Caller {
    auth: ClusterAuth,
    callee: Arc<Callee>,
    kind: Kind,
    counter: Arc<Counter>,
    answered: watch::Sender<u64>,
    rng: Rng,
}

impl Caller {
    async fn work(mut self, stop: CancellationToken) {
        let mut turn = 0;
        while !stop.is_cancelled() {
            let began = self.callee.begin();
            let result = self.call(turn).await;
            turn += 1;
            match result {
                Ok(()) => self.counter.answered(self.kind),
                Err(problem) if problem.is_loss() && self.callee.was_down_since(began) => {
                    self.counter.excused(self.kind);
                    tokio::select! {
                        () = self.callee.wait_until_up() => {}
                        () = stop.cancelled() => {}
                    }
                }
                Err(problem) => self.counter.failed(Failure {
                    callee: self.callee.peer.name.clone(),
                    kind: self.kind,
                    what: problem.to_string(),
                }),
            }
            self.answered.send_modify(|answered| *answered += 1);
        }
    }

    async fn call(&mut self, turn: u64) -> Result<(), Problem> {
        let channel = if self.rng.u64(..CALLS_A_CONNECTION) == 0 {
            self.counter.connected();
            self.connect()?
        } else {
            self.callee.channel.clone()
        };
        call::make(channel, self.callee.peer.place, self.kind, turn).await
    }

    fn connect(&self) -> Result<AuthChannel, Problem> {
        self.auth.connect_lazy(self.callee.peer.address.to_string()).map_err(|error| Problem::Other(error.to_string()))
    }
}
