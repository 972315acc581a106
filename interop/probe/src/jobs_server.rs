//! What Ray's job clients call on a dashboard, behind our server layer in its HTTP spelling. Everything is in memory, and
//! no job runs: its output is the words of its entrypoint. One that begins with `sleep` goes on until it is stopped.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, body::Bytes};
use axum_tws::{CloseCode, Message, WebSocket, WebSocketUpgrade};
use ray_auth::http::Http;
use ray_auth::{ClusterAuth, Exempt};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// As Ray's `DASHBOARD_CLIENT_MAX_SIZE`.
const MAX_PACKAGE: usize = 100 * 1024 * 1024;
/// How long a client may take to agree that a log has ended.
const CLOSING: Duration = Duration::from_secs(10);

pub(crate) async fn run() -> Result<()> {
    let auth = ClusterAuth::from_env()?;
    let mut ended = signal(SignalKind::terminate())?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on {}", listener.local_addr()?);
    std::io::stdout().flush()?;
    tokio::select! {
        served = axum::serve(listener, router(&auth)).into_future() => served?,
        // Logs that are still followed end with their connection.
        _ = ended.recv() => {}
    }
    Ok(())
}

fn router(auth: &ClusterAuth) -> Router {
    let http = Http::new();
    let login = auth.login(http.clone());
    Router::new()
        .route("/api/version", get(version))
        .route(
            "/api/packages/{protocol}/{name}",
            get(package_exists).put(upload_package).layer(DefaultBodyLimit::max(MAX_PACKAGE)),
        )
        .route("/api/jobs/", get(list).post(submit))
        .route("/api/jobs/{id}", get(info).delete(delete))
        .route("/api/jobs/{id}/stop", post(stop))
        .route("/api/jobs/{id}/logs", get(logs))
        .route("/api/jobs/{id}/logs/tail", get(tail))
        .with_state(Shared::default())
        .route_service("/api/authentication_mode", login.clone())
        .route_service("/api/authenticate", login)
        .layer(auth.require_token().exempt(Exempt::ray_dashboard()).http(http))
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Cluster>>);

#[derive(Default)]
struct Cluster {
    /// In the order of their submission.
    jobs: Vec<Job>,
    submitted: u64,
    /// The URIs of what was uploaded.
    packages: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Submission {
    entrypoint: String,
    submission_id: Option<String>,
    #[serde(default)]
    runtime_env: Map<String, Value>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

struct Job {
    id: String,
    submission: Submission,
    started: u64,
    ended: Option<u64>,
    status: watch::Sender<Status>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    Running,
    Stopped,
    Succeeded,
}

/// A request that there is no answer to, as Ray says it.
struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, self.1).into_response()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Cluster> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cluster {
    fn position(&self, id: &str) -> Result<usize, Refusal> {
        let found = self.jobs.iter().position(|job| job.id == id);
        found.ok_or_else(|| Refusal(StatusCode::NOT_FOUND, format!("Job {id} does not exist")))
    }

    fn job(&mut self, id: &str) -> Result<&mut Job, Refusal> {
        let position = self.position(id)?;
        Ok(&mut self.jobs[position])
    }
}

impl Job {
    fn new(id: String, submission: Submission) -> Self {
        let stays = submission.entrypoint.starts_with("sleep ");
        let mut job = Self { id, submission, started: now(), ended: None, status: watch::Sender::new(Status::Running) };
        if !stays {
            job.end(Status::Succeeded);
        }
        job
    }

    fn is_running(&self) -> bool {
        *self.status.borrow() == Status::Running
    }

    fn end(&mut self, status: Status) {
        self.ended = Some(now());
        self.status.send_replace(status);
    }

    fn output(&self) -> String {
        format!("{}\n", self.submission.entrypoint)
    }

    fn details(&self) -> Value {
        json!({
            "type": "SUBMISSION",
            "submission_id": self.id,
            "status": *self.status.borrow(),
            "entrypoint": self.submission.entrypoint,
            "start_time": self.started,
            "end_time": self.ended,
            "metadata": self.submission.metadata,
            "runtime_env": self.submission.runtime_env,
        })
    }
}

async fn version() -> Json<Value> {
    Json(json!({ "version": "4", "ray_version": "2.60.0", "ray_commit": "", "session_name": "interop" }))
}

async fn package_exists(
    State(shared): State<Shared>,
    Path((protocol, name)): Path<(String, String)>,
) -> Result<(), Refusal> {
    let uri = format!("{protocol}://{name}");
    let known = shared.lock().packages.contains(&uri);
    if known { Ok(()) } else { Err(Refusal(StatusCode::NOT_FOUND, format!("Package {uri} does not exist"))) }
}

async fn upload_package(
    State(shared): State<Shared>,
    Path((protocol, name)): Path<(String, String)>,
    package: Bytes,
) -> Result<(), Refusal> {
    // That it came is remembered, and what it was is not: nothing here would read it.
    if !package.starts_with(b"PK") {
        return Err(Refusal(StatusCode::BAD_REQUEST, "not a package".to_owned()));
    }
    shared.lock().packages.insert(format!("{protocol}://{name}"));
    Ok(())
}

async fn submit(State(shared): State<Shared>, Json(submission): Json<Submission>) -> Result<Json<Value>, Refusal> {
    let mut cluster = shared.lock();
    cluster.submitted += 1;
    let id = submission.submission_id.clone().unwrap_or_else(|| format!("raysubmit_{:016}", cluster.submitted));
    if cluster.position(&id).is_ok() {
        return Err(internal(format!("Job with submission_id {id} already exists")));
    }
    if let Some(Value::String(uri)) = submission.runtime_env.get("working_dir")
        && !cluster.packages.contains(uri)
    {
        return Err(internal(format!("Package {uri} does not exist")));
    }
    cluster.jobs.push(Job::new(id.clone(), submission));
    Ok(Json(json!({ "job_id": id, "submission_id": id })))
}

async fn list(State(shared): State<Shared>) -> Json<Vec<Value>> {
    Json(shared.lock().jobs.iter().map(Job::details).collect())
}

async fn info(State(shared): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    Ok(Json(shared.lock().job(&id)?.details()))
}

async fn stop(State(shared): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    let mut cluster = shared.lock();
    let job = cluster.job(&id)?;
    let stopped = job.is_running();
    if stopped {
        job.end(Status::Stopped);
    }
    Ok(Json(json!({ "stopped": stopped })))
}

async fn delete(State(shared): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    let mut cluster = shared.lock();
    let position = cluster.position(&id)?;
    if cluster.jobs[position].is_running() {
        return Err(internal(format!("Attempted to delete job '{id}', but it is in a non-terminal state RUNNING.")));
    }
    cluster.jobs.remove(position);
    Ok(Json(json!({ "deleted": true })))
}

async fn logs(State(shared): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    Ok(Json(json!({ "logs": shared.lock().job(&id)?.output() })))
}

/// The log over a WebSocket, until the job ends.
async fn tail(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Refusal> {
    let (output, status) = {
        let mut cluster = shared.lock();
        let job = cluster.job(&id)?;
        (job.output(), job.status.subscribe())
    };
    // Whoever goes away while a log is followed hears no more of it.
    Ok(upgrade.on_upgrade(async move |socket| drop(follow(socket, output, status).await)))
}

async fn follow(mut socket: WebSocket, output: String, mut status: watch::Receiver<Status>) -> Result<()> {
    socket.send(Message::text(output)).await?;
    status.wait_for(|status| *status != Status::Running).await?;
    socket.send(Message::close(Some(CloseCode::NORMAL_CLOSURE), "")).await?;
    tokio::time::timeout(CLOSING, async { while let Some(Ok(_)) = socket.recv().await {} }).await?;
    Ok(())
}

fn internal(text: String) -> Refusal {
    Refusal(StatusCode::INTERNAL_SERVER_ERROR, text)
}

/// Milliseconds, as Ray counts them.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
