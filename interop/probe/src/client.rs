//! Our client layer against a real GCS and a real raylet.

use std::future::Future;
use std::time::Duration;

use anyhow::{Context, Result};
use ray_auth::ClusterAuth;
use ray_auth::auth::AuthChannel;
use ray_auth::proto::internal_kv_gcs_service_client::InternalKvGcsServiceClient;
use ray_auth::proto::node_info_gcs_service_client::NodeInfoGcsServiceClient;
use ray_auth::proto::node_manager_service_client::NodeManagerServiceClient;
use ray_auth::proto::{
    CheckAliveRequest, GetAgentPiDsRequest, GetAllNodeInfoRequest, GetClusterIdRequest, GetSystemConfigRequest,
    InternalKvDelRequest, InternalKvExistsRequest, InternalKvGetRequest, InternalKvKeysRequest, InternalKvPutRequest,
};
use serde_json::{Map, Value, json};
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::{Code, Response, Status};
use tower_layer::Layer;

/// No call to a server on this machine takes this long.
const BOUND: Duration = Duration::from_secs(20);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Address of the GCS.
    #[arg(long)]
    gcs: String,
    /// Address of the raylet.
    #[arg(long)]
    raylet: Option<String>,
}

/// What each call came to.
struct Report(Map<String, Value>);

impl Report {
    /// Waits for the call and writes down its status. Returns the message of a call that went well.
    async fn add<T>(
        &mut self,
        name: &str,
        call: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<Option<T>> {
        let outcome =
            tokio::time::timeout(BOUND, call).await.with_context(|| format!("{name} took more than {BOUND:?}"))?;
        let (status, message) = match outcome {
            Ok(response) => ("OK".to_owned(), Some(response.into_inner())),
            Err(status) => (name_of(status.code()), None),
        };
        self.0.insert(name.to_owned(), status.into());
        Ok(message)
    }
}

pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    let attach = std::env::var_os("RAY_AUTH_PROBE_ATTACH").is_none_or(|value| value != "none");
    // Without the layer, and with whatever else the environment says.
    let disabled = |name: &str| {
        if name == "RAY_AUTH_MODE" { Some("disabled".into()) } else { std::env::var_os(name) }
    };
    let auth = if attach { ClusterAuth::from_env()? } else { ClusterAuth::builder().from_vars(disabled)? };
    let retry = std::env::var_os("RAY_AUTH_PROBE_RETRY").is_some_and(|value| value == "accepted");
    let mut report = Report(Map::new());
    let mut facts = Map::new();
    let gcs = auth.connect(&arguments.gcs).await?;
    if retry {
        ask_gcs(auth.add_token().retry_with_accepted().layer(gcs), &mut report, &mut facts).await?;
    } else {
        ask_gcs(gcs, &mut report, &mut facts).await?;
    }
    if let Some(raylet) = &arguments.raylet {
        ask_raylet(auth.connect(raylet).await?, &mut report).await?;
    }
    println!("{}", json!({ "calls": report.0, "facts": facts }));
    Ok(())
}

async fn ask_gcs<S>(channel: S, report: &mut Report, facts: &mut Map<String, Value>) -> Result<()>
where
    S: GrpcService<Body, ResponseBody = Body> + Clone,
{
    let mut nodes = NodeInfoGcsServiceClient::new(channel.clone());
    let mut kv = InternalKvGcsServiceClient::new(channel);
    let cluster = report.add("GetClusterId", nodes.get_cluster_id(GetClusterIdRequest {})).await?;
    let alive = report.add("CheckAlive", nodes.check_alive(CheckAliveRequest::default())).await?;
    let all = report.add("GetAllNodeInfo", nodes.get_all_node_info(GetAllNodeInfoRequest::default())).await?;
    facts.insert("cluster_id_bytes".into(), cluster.map(|reply| reply.cluster_id.len()).into());
    facts.insert("ray_version".into(), alive.map(|reply| reply.ray_version).into());
    facts.insert("nodes".into(), all.map(|reply| reply.node_info_list.len()).into());

    let (namespace, key, value) = ("ray-auth-interop", "key", "value");
    let put =
        InternalKvPutRequest { key: key.into(), value: value.into(), overwrite: true, namespace: namespace.into() };
    report.add("InternalKVPut", kv.internal_kv_put(put)).await?;
    let exists = InternalKvExistsRequest { key: key.into(), namespace: namespace.into() };
    report.add("InternalKVExists", kv.internal_kv_exists(exists)).await?;
    let get = InternalKvGetRequest { key: key.into(), namespace: namespace.into() };
    let got = report.add("InternalKVGet", kv.internal_kv_get(get)).await?;
    facts.insert("value_came_back".into(), got.map(|reply| reply.value == value).into());
    let keys = InternalKvKeysRequest { prefix: "k".into(), namespace: namespace.into() };
    report.add("InternalKVKeys", kv.internal_kv_keys(keys)).await?;
    let del = InternalKvDelRequest { key: key.into(), namespace: namespace.into(), del_by_prefix: false };
    report.add("InternalKVDel", kv.internal_kv_del(del)).await?;
    Ok(())
}

async fn ask_raylet(channel: AuthChannel, report: &mut Report) -> Result<()> {
    let mut raylet = NodeManagerServiceClient::new(channel);
    report.add("GetSystemConfig", raylet.get_system_config(GetSystemConfigRequest {})).await?;
    report.add("GetAgentPIDs", raylet.get_agent_pi_ds(GetAgentPiDsRequest {})).await?;
    Ok(())
}

/// gRPC's own name of a status, as `UNAUTHENTICATED`.
fn name_of(code: Code) -> String {
    let mut name = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}
