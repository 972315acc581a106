//! The store as a gRPC service.

use ray_auth::proto::internal_kv_gcs_service_server::InternalKvGcsService;
use ray_auth::proto::{
    GcsStatus, GetInternalConfigReply, GetInternalConfigRequest, InternalKvDelReply, InternalKvDelRequest,
    InternalKvExistsReply, InternalKvExistsRequest, InternalKvGetReply, InternalKvGetRequest, InternalKvKeysReply,
    InternalKvKeysRequest, InternalKvMultiGetReply, InternalKvMultiGetRequest, InternalKvPutReply,
    InternalKvPutRequest, MapFieldEntry,
};
use tonic::{Request, Response, Status};

use crate::gcs::Gcs;
use crate::status;

/// How Ray encodes a namespace into a key where its storage has none; keys of callers must not look like it.
const RESERVED_PREFIX: &str = "@namespace_";

/// The status of a call with this key, when it must not be served.
fn reserved(key: &[u8]) -> Option<GcsStatus> {
    if key.starts_with(RESERVED_PREFIX.as_bytes()) { status::reserved_key(RESERVED_PREFIX) } else { None }
}

#[tonic::async_trait]
impl InternalKvGcsService for Gcs {
    async fn internal_kv_get(
        &self,
        request: Request<InternalKvGetRequest>,
    ) -> Result<Response<InternalKvGetReply>, Status> {
        let request = request.into_inner();
        if let refused @ Some(_) = reserved(&request.key) {
            return Ok(Response::new(InternalKvGetReply { status: refused, ..Default::default() }));
        }
        let reply = match self.store().get(&request.namespace, &request.key) {
            Some(value) => InternalKvGetReply { status: status::ok(), value },
            None => InternalKvGetReply { status: status::key_not_found(), ..Default::default() },
        };
        Ok(Response::new(reply))
    }

    async fn internal_kv_multi_get(
        &self,
        request: Request<InternalKvMultiGetRequest>,
    ) -> Result<Response<InternalKvMultiGetReply>, Status> {
        let request = request.into_inner();
        if let refused @ Some(_) = request.keys.iter().find_map(|key| reserved(key)) {
            return Ok(Response::new(InternalKvMultiGetReply { status: refused, ..Default::default() }));
        }
        let entries = self.store().multi_get(&request.namespace, &request.keys)?;
        let results = entries.into_iter().map(|(key, value)| MapFieldEntry { key, value }).collect();
        Ok(Response::new(InternalKvMultiGetReply { status: status::ok(), results }))
    }

    async fn internal_kv_put(
        &self,
        request: Request<InternalKvPutRequest>,
    ) -> Result<Response<InternalKvPutReply>, Status> {
        let request = request.into_inner();
        if let refused @ Some(_) = reserved(&request.key) {
            return Ok(Response::new(InternalKvPutReply { status: refused, ..Default::default() }));
        }
        let added = self.store().put(&request.namespace, &request.key, &request.value, request.overwrite)?;
        Ok(Response::new(InternalKvPutReply { status: status::ok(), added }))
    }

    async fn internal_kv_del(
        &self,
        request: Request<InternalKvDelRequest>,
    ) -> Result<Response<InternalKvDelReply>, Status> {
        let request = request.into_inner();
        if let refused @ Some(_) = reserved(&request.key) {
            return Ok(Response::new(InternalKvDelReply { status: refused, ..Default::default() }));
        }
        let deleted = self.store().delete(&request.namespace, &request.key, request.del_by_prefix);
        let deleted_num = i32::try_from(deleted).unwrap_or(i32::MAX);
        Ok(Response::new(InternalKvDelReply { status: status::ok(), deleted_num }))
    }

    async fn internal_kv_exists(
        &self,
        request: Request<InternalKvExistsRequest>,
    ) -> Result<Response<InternalKvExistsReply>, Status> {
        let request = request.into_inner();
        if let refused @ Some(_) = reserved(&request.key) {
            return Ok(Response::new(InternalKvExistsReply { status: refused, ..Default::default() }));
        }
        let exists = self.store().exists(&request.namespace, &request.key);
        Ok(Response::new(InternalKvExistsReply { status: status::ok(), exists }))
    }

    async fn internal_kv_keys(
        &self,
        request: Request<InternalKvKeysRequest>,
    ) -> Result<Response<InternalKvKeysReply>, Status> {
        let request = request.into_inner();
        if let refused @ Some(_) = reserved(&request.prefix) {
            return Ok(Response::new(InternalKvKeysReply { status: refused, ..Default::default() }));
        }
        let results = self.store().keys(&request.namespace, &request.prefix)?;
        Ok(Response::new(InternalKvKeysReply { status: status::ok(), results }))
    }

    async fn get_internal_config(
        &self,
        _request: Request<GetInternalConfigRequest>,
    ) -> Result<Response<GetInternalConfigReply>, Status> {
        let config = self.internal_config().to_owned();
        Ok(Response::new(GetInternalConfigReply { status: status::ok(), config }))
    }
}
