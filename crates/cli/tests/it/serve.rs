//! `serve`, from its first line to its last.

use rustix::process::Signal;

use crate::support::{Serving, Tool, ending_signals, mode};

const ARGS: &[&str] = &["serve", "--listen", "127.0.0.1:0"];

#[tokio::test]
async fn it_serves_until_it_is_told_to_end() {
    for (signal, _) in ending_signals() {
        let tool = Tool::new().var("RAY_AUTH_TOKEN", "open-sesame");
        let serving = Serving::start(&tool, ARGS).await;
        assert!(serving.address.starts_with("127.0.0.1:") && !serving.address.ends_with(":0"), "{}", serving.address);
        assert_eq!(tool.run(&["check", &serving.address]).await.code, 0);
        let wrong = Tool::new().var("RAY_AUTH_TOKEN", "open-sesam");
        assert_eq!(wrong.run(&["check", &serving.address]).await.code, 1);
        serving.signal(signal);
        let ran = serving.end().await;
        assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
        assert!(ran.stderr.contains("call refused"), "{}", ran.stderr);
        assert!(!ran.stderr.contains('\x1b'), "colours in a pipe: {}", ran.stderr);
    }
}

#[tokio::test]
async fn it_can_make_the_token_of_a_new_cluster() {
    let tool = Tool::new();
    let serving = Serving::start(&tool, &[ARGS, &["--generate"]].concat()).await;
    assert_eq!(mode(&tool.default_file()), 0o600);
    assert_eq!(tool.run(&["check", &serving.address]).await.code, 0);
    serving.signal(Signal::TERM);
    let ran = serving.end().await;
    assert_eq!(ran.code, 0);
    let expected = format!("Generated new authentication token and saved to {}\n", tool.default_file().display());
    assert!(ran.stderr.contains(&expected), "{}", ran.stderr);
}

#[tokio::test]
async fn disabled_works_and_is_told_loudly_even_without_logs() {
    let tool = Tool::new().vars(&[("RAY_AUTH_MODE", "disabled"), ("RAY_AUTH_LOG", "off")]);
    let serving = Serving::start(&tool, ARGS).await;
    let ran = tool.run(&["check", &serving.address, "--json"]).await;
    assert!(ran.stdout.contains("\"enforced\": false"), "{}", ran.stdout);
    let warning = format!(
        "warning: authentication is disabled: whoever reaches {} can read and change this cluster; \
         set RAY_AUTH_MODE=token to change that\n",
        serving.address
    );
    serving.signal(Signal::TERM);
    let ran = serving.end().await;
    assert_eq!((ran.code, ran.stderr), (0, warning));
}

#[tokio::test]
async fn other_machines_are_warned_of() {
    let tool = Tool::new().vars(&[("RAY_AUTH_TOKEN", "token"), ("RAY_AUTH_LOG", "off")]);
    let serving = Serving::start(&tool, &["serve", "--listen", "0.0.0.0:0"]).await;
    let port = serving.address.rsplit(':').next().unwrap();
    assert_eq!(tool.run(&["check", &format!("127.0.0.1:{port}")]).await.code, 0);
    serving.signal(Signal::TERM);
    let ran = serving.end().await;
    assert!(ran.stderr.contains("can be reached from other machines"), "{}", ran.stderr);
}

#[tokio::test]
async fn it_follows_its_token_file() {
    let tool = Tool::new().file(".ray/auth_token", "the-first-token\n");
    let mut serving = Serving::start(&tool, ARGS).await;
    let another = Tool::new().var("RAY_AUTH_TOKEN", "the-second-token");
    assert_eq!(another.run(&["check", &serving.address]).await.code, 1);

    let tool = tool.file(".ray/new", "the-first-token\nnext the-second-token\n");
    std::fs::rename(tool.home().join(".ray/new"), tool.default_file()).unwrap();
    serving.has_generation(2).await;
    assert_eq!(another.run(&["check", &serving.address]).await.code, 0);
    assert_eq!(tool.run(&["check", &serving.address]).await.code, 0);
    serving.signal(Signal::TERM);
    assert_eq!(serving.end().await.code, 0);
}

/// A call whose message never comes. Ends when the server ends it; the server has it when this returns.
async fn open_call(address: &str, token: &str) -> tokio::task::JoinHandle<Result<(), tonic::Status>> {
    let token = ray_auth::Token::parse(token).unwrap();
    let auth = ray_auth::ClusterAuth::with_keyring(ray_auth::Keyring::new(token));
    let channel = auth.connect(address).await.unwrap();

    // That the message is asked for says that the call is under way.
    let (asked, was_asked) = tokio::sync::oneshot::channel();
    let mut asked = Some(asked);
    let messages = futures_util::stream::poll_fn(move |_| {
        asked.take().into_iter().for_each(|asked| asked.send(()).unwrap());
        std::task::Poll::<Option<()>>::Pending
    });
    let mut client = tonic::client::Grpc::new(channel.clone());
    let call = tokio::spawn(async move {
        client.ready().await.unwrap();
        let path = http::uri::PathAndQuery::from_static("/ray.rpc.NodeInfoGcsService/GetClusterId");
        let codec = tonic_prost::ProstCodec::<(), ()>::default();
        client.client_streaming(tonic::Request::new(messages), path, codec).await.map(|_| ())
    });
    was_asked.await.unwrap();
    // One that was sent after it was answered, so the server has it.
    let mut gcs = ray_auth::proto::node_info_gcs_service_client::NodeInfoGcsServiceClient::new(channel);
    gcs.get_cluster_id(ray_auth::proto::GetClusterIdRequest {}).await.unwrap();
    call
}

#[tokio::test]
async fn a_call_ends_when_its_token_is_retired() {
    let tool = Tool::new().file(".ray/auth_token", "the-new-token\naccept the-old-token\n");
    let mut serving = Serving::start(&tool, ARGS).await;
    let with_old = open_call(&serving.address, "the-old-token").await;
    let with_new = open_call(&serving.address, "the-new-token").await;
    assert_eq!(tool.run(&["rotate", "retire"]).await.code, 0);
    serving.has_generation(2).await;
    let ended = tokio::time::timeout(std::time::Duration::from_secs(60), with_old).await;
    let status = ended.expect("it ends").unwrap().unwrap_err();
    assert_eq!(status.code(), tonic::Code::Unauthenticated, "{status:?}");
    assert!(!with_new.is_finished());
    serving.signal(Signal::TERM);
    serving.log_line("shutting down").await;
    serving.signal(Signal::TERM);
    assert_eq!(serving.end().await.code, 1);
}

#[tokio::test]
async fn open_calls_may_finish_and_a_second_signal_cuts_them_off() {
    let tool = Tool::new().var("RAY_AUTH_TOKEN", "token");
    let mut serving = Serving::start(&tool, ARGS).await;
    let call = open_call(&serving.address, "token").await;

    serving.signal(Signal::TERM);
    serving.log_line("shutting down").await;
    assert!(!call.is_finished());
    serving.signal(Signal::TERM);
    let ran = serving.end().await;
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("open calls were cut off"), "{}", ran.stderr);
    assert!(call.await.unwrap().is_err());
}
