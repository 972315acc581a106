//! The keyring changes while calls are under way: none of them fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ray_auth::attach::AddToken;
use ray_auth::proto::testing::EchoMessage;
use ray_auth::proto::testing::echo_client::EchoClient;
use ray_auth::{Keyring, RequireTokenLayer, Token};
use ray_auth_gcs::Echo;
use tokio::task::JoinHandle;
use tonic::transport::Channel;
use tonic::{Code, Status};

use super::support::{BOUND, Server, keyring};

/// A process: its own keyring, its own server.
struct Process {
    keyring: Keyring,
    server: Server,
}

impl Process {
    async fn start() -> Self {
        let keyring = keyring();
        let layer = RequireTokenLayer::new(keyring.clone());
        let server = Server::start(|incoming| async move {
            let mut server = tonic::transport::Server::builder().layer(layer);
            server.add_service(Echo.into_server()).serve_with_incoming(incoming).await.unwrap();
        });
        Self { keyring, server: server.await }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_call_each_other_rotate_without_one_failed_call() {
    const ROTATIONS: usize = 20;
    let processes = [Process::start().await, Process::start().await, Process::start().await];
    let done = Arc::new(AtomicBool::new(false));
    let mut callers = Vec::new();
    for (from, caller) in processes.iter().enumerate() {
        for (_, callee) in processes.iter().enumerate().filter(|(to, _)| *to != from) {
            let client = callee.server.client(&caller.keyring).await;
            callers.push(Caller::start(client, Arc::clone(&done)));
        }
    }

    for _ in 0..ROTATIONS {
        let old = processes[0].keyring.tokens().primary().clone();
        let next = Token::generate();
        for process in &processes {
            process.keyring.stage(next.clone()).unwrap();
        }
        for process in &processes {
            process.keyring.promote().unwrap();
        }
        wait_for_calls_under_way(&callers).await;
        for process in &processes {
            process.keyring.retire().unwrap();
        }
        let retired = Keyring::new(old);
        for process in &processes {
            let mut client = process.server.client(&retired).await;
            let refused = client.unary(EchoMessage::default()).await.unwrap_err();
            assert_eq!(refused.code(), Code::Unauthenticated, "a retired token is refused at once");
        }
    }
    done.store(true, Ordering::Relaxed);
    for caller in callers {
        tokio::time::timeout(BOUND, caller.task).await.expect("callers end").unwrap().expect("no call fails");
    }
}

/// Makes one call after the other until told to stop, or until one fails.
struct Caller {
    answered: Arc<AtomicUsize>,
    task: JoinHandle<Result<(), Status>>,
}

impl Caller {
    fn start(mut client: EchoClient<AddToken<Channel>>, done: Arc<AtomicBool>) -> Self {
        let answered = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&answered);
        let task = tokio::spawn(async move {
            while !done.load(Ordering::Relaxed) {
                client.unary(EchoMessage { payload: "ping".into() }).await?;
                count.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        });
        Self { answered, task }
    }
}

/// Waits until every caller has had two more answers: the call it had under way, which may carry the old token, and one
/// that it began since.
async fn wait_for_calls_under_way(callers: &[Caller]) {
    let seen: Vec<usize> = callers.iter().map(|caller| caller.answered.load(Ordering::Relaxed)).collect();
    let waiting = async {
        while callers.iter().zip(&seen).any(|(caller, seen)| caller.answered.load(Ordering::Relaxed) < seen + 2) {
            assert!(callers.iter().all(|caller| !caller.task.is_finished()), "no call fails");
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(BOUND, waiting).await.expect("calls go on");
}
