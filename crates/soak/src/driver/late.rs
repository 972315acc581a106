//! Clients that do not learn of the new token: let in while the old one is accepted, and refused from the moment it is
//! retired, on the same connection.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use ray_auth::auth::AuthChannel;
use ray_auth::proto::testing::EchoMessage;
use ray_auth::proto::testing::echo_client::EchoClient;
use ray_auth::{ClusterAuth, Keyring, Token};
use tokio::sync::mpsc;
use tonic::{Code, Status, Streaming};

use super::process::Process;

/// No answer takes as long as this.
const LIMIT: Duration = Duration::from_secs(20);

/// A late client of each process.
pub(super) struct LateClients {
    auth: ClusterAuth,
    clients: Vec<LateClient>,
}

struct LateClient {
    process: Arc<Process>,
    channel: AuthChannel,
    /// When the connection was opened: it does not outlive its process.
    turns: u64,
    /// A stream that was opened with the token.
    stream: Stream,
}

struct Stream {
    messages: mpsc::Sender<EchoMessage>,
    answers: Streaming<EchoMessage>,
}

impl LateClients {
    /// Connects to each process and opens a stream, with a token that is accepted now.
    pub(super) async fn start(processes: &[Arc<Process>], token: &Token) -> Result<Self> {
        let auth = ClusterAuth::with_keyring(Keyring::new(token.clone()));
        let mut clients = Vec::new();
        for process in processes {
            let channel = auth.connect(process.address.to_string()).await?;
            let mut stream = Stream::open(channel.clone()).await?;
            stream.goes_on().await.with_context(|| format!("a stream of {}", process.name()))?;
            clients.push(LateClient { process: Arc::clone(process), channel, turns: process.turns(), stream });
        }
        Ok(Self { auth, clients })
    }

    /// Sees that each is refused now that the token is retired. Where calls end with their token, the stream must have
    /// ended, and elsewhere it goes on.
    pub(super) async fn are_refused(&mut self) -> Result<()> {
        for client in &mut self.clients {
            let (process, closes) = (&client.process, client.process.identity.closes);
            let name = process.name();
            let was_killed = process.was_down_since(client.turns);
            if was_killed {
                client.channel = self.auth.connect(process.address.to_string()).await?;
            }
            let call = EchoClient::new(client.channel.clone()).unary(EchoMessage::default()).await;
            let code = call.map_or_else(|status| status.code(), |_| Code::Ok);
            ensure!(code == Code::Unauthenticated, "{name} answers a retired token with {code:?}");
            if was_killed {
                continue;
            }
            let went_on = client.stream.goes_on().await;
            match went_on.map_err(|status| status.code()) {
                Ok(()) if !closes => {}
                Err(Code::Unauthenticated) if closes => {}
                other => bail!("a stream of {name}, which was let in by a retired token: {other:?}"),
            }
        }
        Ok(())
    }
}

impl Stream {
    async fn open(channel: AuthChannel) -> Result<Self, Status> {
        let (messages, mut receiver) = mpsc::channel(1);
        let outgoing = futures_util::stream::poll_fn(move |context| receiver.poll_recv(context));
        let answers = EchoClient::new(channel).bidi(outgoing).await?.into_inner();
        Ok(Self { messages, answers })
    }

    /// Whether a message comes back.
    async fn goes_on(&mut self) -> Result<(), Status> {
        // Where nobody takes it any more, the answers say why.
        let _ = self.messages.send(EchoMessage { payload: "late".into() }).await;
        match tokio::time::timeout(LIMIT, self.answers.message()).await {
            Ok(Ok(Some(_))) => Ok(()),
            Ok(Ok(None)) => Err(Status::unknown("the stream ended well")),
            Ok(Err(status)) => Err(status),
            Err(_) => Err(Status::deadline_exceeded("no answer")),
        }
    }
}
