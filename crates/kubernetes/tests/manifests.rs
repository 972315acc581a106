//! Every manifest of `deploy/kubernetes` is what it says it is: read into the types that the API server has, and KubeRay's
//! by its published names of fields, none is unknown and none gets lost. What a real API server says to them is in the interop suite.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{PodTemplateSpec, Secret, Service, ServiceAccount};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, RoleBinding};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// KubeRay's, by the names that its CustomResourceDefinition publishes, as far as they are used.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RayCluster {
    api_version: String,
    kind: String,
    metadata: ObjectMeta,
    spec: Spec,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Spec {
    ray_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_options: Option<AuthOptions>,
    head_group_spec: HeadGroup,
    worker_group_specs: Vec<WorkerGroup>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AuthOptions {
    mode: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", rename = "enableK8sTokenAuth")]
    enable_k8s_token_auth: Option<bool>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct HeadGroup {
    ray_start_params: BTreeMap<String, String>,
    template: PodTemplateSpec,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WorkerGroup {
    group_name: String,
    replicas: i32,
    min_replicas: i32,
    max_replicas: i32,
    ray_start_params: BTreeMap<String, String>,
    template: PodTemplateSpec,
}

/// The documents of each file.
fn manifests() -> BTreeMap<String, Vec<Value>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../deploy/kubernetes");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files
        .map(|path| {
            let documents = serde_saphyr::from_multiple(&std::fs::read_to_string(&path).unwrap());
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, documents.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        })
        .collect()
}

/// Reads the document as a `T`, which must be able to say all of it again.
fn read<T: DeserializeOwned + Serialize>(file: &str, document: &Value) -> T {
    let typed: T = serde_json::from_value(document.clone()).unwrap_or_else(|error| panic!("{file}: {error}"));
    assert_eq!(without_nothing(serde_json::to_value(&typed).unwrap()), without_nothing(document.clone()), "{file}");
    typed
}

/// Fields that are there and hold nothing are as good as none.
fn without_nothing(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name, without_nothing(value)));
            Value::Object(
                fields.filter(|(_, value)| *value != Value::Null && *value != serde_json::json!({})).collect(),
            )
        }
        Value::Array(values) => Value::Array(values.into_iter().map(without_nothing).collect()),
        other => other,
    }
}

fn rule_of(role: &ClusterRole) -> (Vec<String>, Vec<String>, Vec<String>) {
    let rules = role.rules.as_deref().unwrap_or_default();
    let all = |field: fn(&k8s_openapi::api::rbac::v1::PolicyRule) -> Vec<String>| {
        let mut all: Vec<_> = rules.iter().flat_map(field).collect();
        all.sort();
        all.dedup();
        all
    };
    (
        all(|rule| rule.api_groups.clone().unwrap_or_default()),
        all(|rule| rule.resources.clone().unwrap_or_default()),
        all(|rule| rule.verbs.clone()),
    )
}

#[test]
fn every_manifest_is_of_a_known_kind_with_known_fields_only() {
    let mut kinds = BTreeMap::new();
    for (file, documents) in manifests() {
        assert!(!documents.is_empty(), "{file} is empty");
        for document in &documents {
            let kind = document["kind"].as_str().unwrap_or_else(|| panic!("{file}: no kind"));
            *kinds.entry(kind.to_owned()).or_insert(0) += 1;
            match kind {
                "ServiceAccount" => drop(read::<ServiceAccount>(&file, document)),
                "ClusterRoleBinding" => drop(read::<ClusterRoleBinding>(&file, document)),
                "RoleBinding" => drop(read::<RoleBinding>(&file, document)),
                "ClusterRole" => drop(read::<ClusterRole>(&file, document)),
                "Secret" => drop(read::<Secret>(&file, document)),
                "Deployment" => drop(read::<Deployment>(&file, document)),
                "Service" => drop(read::<Service>(&file, document)),
                "RayCluster" => assert_eq!(read::<RayCluster>(&file, document).api_version, "ray.io/v1"),
                other => panic!("{file}: {other} has no row here"),
            }
        }
    }
    assert_eq!(kinds["RayCluster"], 4);
    assert_eq!(kinds.len(), 8, "{kinds:?}");
}

#[test]
fn the_roles_allow_what_is_asked_and_no_more() {
    let roles: BTreeMap<_, _> = manifests()["rbac.yaml"]
        .iter()
        .map(|document| read::<ClusterRole>("rbac.yaml", document))
        .map(|role| (role.metadata.name.clone().unwrap(), rule_of(&role)))
        .collect();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let authenticator = (
        words(&["authentication.k8s.io", "authorization.k8s.io"]),
        words(&["subjectaccessreviews", "tokenreviews"]),
        words(&["create"]),
    );
    let writer = (words(&["ray.io"]), words(&["rayclusters"]), words(&["ray:write"]));
    assert_eq!(
        roles,
        BTreeMap::from([("ray-authenticator".to_owned(), authenticator), ("ray-writer".to_owned(), writer)])
    );
}

#[test]
fn a_cluster_is_told_its_mode_by_the_field_or_by_hand() {
    let manifests = manifests();
    let cluster = |file: &str| read::<RayCluster>(file, &manifests[file][0]);
    let by_field =
        |file: &str| cluster(file).spec.auth_options.map(|options| (options.mode, options.enable_k8s_token_auth));
    assert_eq!(by_field("raycluster-token.yaml"), Some(("token".to_owned(), None)));
    assert_eq!(by_field("raycluster-kubernetes.yaml"), Some(("token".to_owned(), Some(true))));
    for (file, wanted) in [
        ("raycluster-token-by-hand.yaml", &["RAY_AUTH_MODE", "RAY_AUTH_TOKEN"][..]),
        (
            "raycluster-kubernetes-by-hand.yaml",
            &["RAY_AUTH_MODE", "RAY_ENABLE_K8S_TOKEN_AUTH", "RAY_CLUSTER_NAME", "RAY_CLUSTER_NAMESPACE"],
        ),
    ] {
        assert_eq!(by_field(file), None, "{file}");
        let spec = cluster(file).spec;
        let templates = std::iter::once(&spec.head_group_spec.template)
            .chain(spec.worker_group_specs.iter().map(|group| &group.template));
        for container in templates.flat_map(|template| &template.spec.as_ref().unwrap().containers) {
            let names: Vec<_> = container.env.iter().flatten().map(|variable| variable.name.as_str()).collect();
            assert!(wanted.iter().all(|name| names.contains(name)), "{file}, {}: {names:?}", container.name);
        }
    }
}
