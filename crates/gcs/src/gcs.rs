//! The shared state of a cluster's control plane, and how to make one.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use ray_auth::proto::GcsNodeInfo;
use ray_auth::proto::internal_kv_gcs_service_server::InternalKvGcsServiceServer;
use ray_auth::proto::node_info_gcs_service_server::NodeInfoGcsServiceServer;

use crate::bounds::{BoundError, Bounds};
use crate::cluster_id::ClusterId;
use crate::kv::Store;
use crate::nodes::NodeTable;

/// Where `ray health-check` and `ray status` look for the versions of the cluster they speak to.
const METADATA: (&[u8], &[u8]) = (b"cluster", b"CLUSTER_METADATA");

/// An in-memory equivalent of Ray's GCS: the key-value store, the nodes, and the cluster's identity.
///
/// Clones share one state, so the one that is served can also be read and filled from within the process. It implements
/// both services; [`Server`](crate::Server) puts authentication and limits before them, and
/// [`Gcs::node_info_server`] and [`Gcs::internal_kv_server`] give them to a server of your own.
///
/// ```
/// use ray_auth_gcs::Gcs;
///
/// let gcs = Gcs::builder().add_entry("dashboard", "dashboard", "127.0.0.1:8265").build()?;
/// assert_eq!(gcs.get("dashboard", "dashboard").as_deref(), Some(&b"127.0.0.1:8265"[..]));
/// assert_eq!(gcs.get("dashboard", "serve"), None);
/// # Ok::<(), ray_auth_gcs::BoundError>(())
/// ```
#[derive(Clone)]
pub struct Gcs {
    shared: Arc<Shared>,
}

struct Shared {
    cluster_id: ClusterId,
    ray_version: String,
    internal_config: String,
    bounds: Bounds,
    store: Store,
    nodes: NodeTable,
}

impl Gcs {
    /// Starts making one.
    #[must_use]
    pub fn builder() -> GcsBuilder {
        GcsBuilder::default()
    }

    /// The cluster's identifier.
    #[must_use]
    pub fn cluster_id(&self) -> ClusterId {
        self.shared.cluster_id
    }

    /// The version of Ray the cluster claims to run.
    #[must_use]
    pub fn ray_version(&self) -> &str {
        &self.shared.ray_version
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, namespace: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Option<Bytes> {
        self.shared.store.get(namespace.as_ref(), key.as_ref())
    }

    /// Writes a value, over one that is there, and says whether the key is new.
    ///
    /// # Errors
    ///
    /// When one of the [`Bounds`] is passed; nothing is then changed.
    pub fn put(
        &self,
        namespace: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
        value: impl AsRef<[u8]>,
    ) -> Result<bool, BoundError> {
        self.shared.store.put(namespace.as_ref(), key.as_ref(), value.as_ref(), true)
    }

    /// Adds a node, as the call `RegisterNode` does.
    ///
    /// # Errors
    ///
    /// When one of the [`Bounds`] is passed; nothing is then changed.
    pub fn register_node(&self, node: GcsNodeInfo) -> Result<(), BoundError> {
        self.shared.nodes.register(node)
    }

    /// The service of nodes, held to [`Bounds::message_bytes`].
    #[must_use]
    pub fn node_info_server(&self) -> NodeInfoGcsServiceServer<Self> {
        NodeInfoGcsServiceServer::new(self.clone()).max_decoding_message_size(self.shared.bounds.message_bytes())
    }

    /// The service of the key-value store, held to [`Bounds::message_bytes`].
    #[must_use]
    pub fn internal_kv_server(&self) -> InternalKvGcsServiceServer<Self> {
        InternalKvGcsServiceServer::new(self.clone()).max_decoding_message_size(self.shared.bounds.message_bytes())
    }

    pub(crate) fn store(&self) -> &Store {
        &self.shared.store
    }

    pub(crate) fn nodes(&self) -> &NodeTable {
        &self.shared.nodes
    }

    pub(crate) fn internal_config(&self) -> &str {
        &self.shared.internal_config
    }
}

impl fmt::Debug for Gcs {
    /// Says how much there is, never what: values may be anybody's secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (keys, bytes) = self.shared.store.usage();
        let (alive, dead) = self.shared.nodes.usage();
        f.debug_struct("Gcs")
            .field("cluster_id", &self.shared.cluster_id)
            .field("ray_version", &self.shared.ray_version)
            .field("keys", &keys)
            .field("bytes", &bytes)
            .field("alive_nodes", &alive)
            .field("dead_nodes", &dead)
            .finish()
    }
}

/// What a [`Gcs`] starts with.
#[derive(Clone)]
pub struct GcsBuilder {
    cluster_id: Option<ClusterId>,
    ray_version: String,
    python_version: String,
    internal_config: String,
    bounds: Bounds,
    entries: Vec<(Vec<u8>, Vec<u8>, Vec<u8>)>,
    nodes: Vec<GcsNodeInfo>,
}

impl Default for GcsBuilder {
    fn default() -> Self {
        Self {
            cluster_id: None,
            ray_version: "2.60.0".to_owned(),
            python_version: "3.11.7".to_owned(),
            internal_config: "{}".to_owned(),
            bounds: Bounds::default(),
            entries: Vec::new(),
            nodes: Vec::new(),
        }
    }
}

impl GcsBuilder {
    /// The cluster's identifier. Default: random.
    #[must_use]
    pub fn cluster_id(mut self, cluster_id: ClusterId) -> Self {
        self.cluster_id = Some(cluster_id);
        self
    }

    /// The version of Ray the cluster claims to run; Ray's command line refuses to speak to another than its own.
    /// Default: 2.60.0.
    #[must_use]
    pub fn ray_version(mut self, version: impl Into<String>) -> Self {
        self.ray_version = version.into();
        self
    }

    /// The version of Python the cluster claims to run; Ray's command line refuses to speak to another than its own.
    /// Default: 3.11.7.
    #[must_use]
    pub fn python_version(mut self, version: impl Into<String>) -> Self {
        self.python_version = version.into();
        self
    }

    /// What `GetInternalConfig` answers: one JSON object. Default: an empty one.
    #[must_use]
    pub fn internal_config(mut self, config: impl Into<String>) -> Self {
        self.internal_config = config.into();
        self
    }

    /// How much is held.
    #[must_use]
    pub fn bounds(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// Adds an entry of the key-value store. Of several with one key the last stays.
    #[must_use]
    pub fn add_entry(
        mut self,
        namespace: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
        value: impl Into<Vec<u8>>,
    ) -> Self {
        self.entries.push((namespace.into(), key.into(), value.into()));
        self
    }

    /// Adds a node.
    #[must_use]
    pub fn add_node(mut self, node: GcsNodeInfo) -> Self {
        self.nodes.push(node);
        self
    }

    /// Makes it. The entry with the versions is there from the start, unless one of [`GcsBuilder::add_entry`] replaced it.
    ///
    /// # Errors
    ///
    /// When entries or nodes pass one of the [`Bounds`].
    pub fn build(self) -> Result<Gcs, BoundError> {
        let store = Store::new(self.bounds.clone());
        let metadata = serde_json::json!({ "ray_version": self.ray_version, "python_version": self.python_version });
        store.put(METADATA.0, METADATA.1, metadata.to_string().as_bytes(), true)?;
        for (namespace, key, value) in &self.entries {
            store.put(namespace, key, value, true)?;
        }
        let nodes = NodeTable::new(self.bounds.clone());
        self.nodes.into_iter().try_for_each(|node| nodes.register(node))?;
        Ok(Gcs {
            shared: Arc::new(Shared {
                cluster_id: self.cluster_id.unwrap_or_else(ClusterId::random),
                ray_version: self.ray_version,
                internal_config: self.internal_config,
                bounds: self.bounds,
                store,
                nodes,
            }),
        })
    }
}

impl fmt::Debug for GcsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GcsBuilder")
            .field("cluster_id", &self.cluster_id)
            .field("ray_version", &self.ray_version)
            .field("python_version", &self.python_version)
            .field("bounds", &self.bounds)
            .field("entries", &self.entries.len())
            .field("nodes", &self.nodes.len())
            .finish_non_exhaustive()
    }
}
