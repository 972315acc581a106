//! The key-value store, as a client sees it.

use bytes::Bytes;
use ray_auth::proto::{
    GcsStatus, GetInternalConfigRequest, InternalKvDelRequest, InternalKvExistsRequest, InternalKvGetRequest,
    InternalKvKeysRequest, InternalKvMultiGetRequest, InternalKvPutRequest,
};
use ray_auth_gcs::{Bounds, Gcs, Server};
use tonic::{Code, Status};

use crate::support::{start, start_gcs, start_gcs_within};

fn put(namespace: &'static str, key: &'static str, value: impl Into<Bytes>, overwrite: bool) -> InternalKvPutRequest {
    InternalKvPutRequest { key: key.into(), value: value.into(), overwrite, namespace: namespace.into() }
}

fn get(namespace: &'static str, key: &'static str) -> InternalKvGetRequest {
    InternalKvGetRequest { key: key.into(), namespace: namespace.into() }
}

const OK: Option<GcsStatus> = Some(GcsStatus { code: 0, message: String::new() });

#[tokio::test]
async fn values_are_put_got_and_deleted() {
    let server = start_gcs().await;
    let mut kv = server.kv().await;
    for (overwrite, value, added, kept) in [
        (false, "one", true, "one"),
        (false, "two", false, "one"),
        (true, "three", false, "three"),
        (true, "", false, ""),
    ] {
        let reply = kv.internal_kv_put(put("n", "key", value, overwrite)).await.unwrap().into_inner();
        assert_eq!((reply.status, reply.added), (OK, added), "{value:?}");
        let reply = kv.internal_kv_get(get("n", "key")).await.unwrap().into_inner();
        assert_eq!((reply.status, &reply.value[..]), (OK, kept.as_bytes()), "{value:?}");
    }
    let delete = |del_by_prefix| InternalKvDelRequest { key: "ke".into(), namespace: "n".into(), del_by_prefix };
    for (by_prefix, deleted) in [(false, 0), (true, 1), (true, 0)] {
        let reply = kv.internal_kv_del(delete(by_prefix)).await.unwrap().into_inner();
        assert_eq!((reply.status, reply.deleted_num), (OK, deleted), "by prefix: {by_prefix}");
    }
}

#[tokio::test]
async fn a_missing_key_is_a_status_in_the_reply() {
    let server = start_gcs().await;
    let mut kv = server.kv().await;
    kv.internal_kv_put(put("n", "key", "value", true)).await.unwrap();
    for (namespace, key) in [("n", "other"), ("other", "key"), ("", "key"), ("n", "")] {
        let reply = kv.internal_kv_get(get(namespace, key)).await.unwrap().into_inner();
        let status = GcsStatus { code: 17, message: "Failed to find the key".to_owned() };
        assert_eq!((reply.status, &reply.value[..]), (Some(status), &b""[..]), "{namespace:?} {key:?}");
    }
}

#[tokio::test]
async fn several_keys_at_once() {
    let server = start_gcs().await;
    let mut kv = server.kv().await;
    for key in ["a", "ab", "b"] {
        kv.internal_kv_put(put("n", key, key, true)).await.unwrap();
    }
    let asked = ["b", "x", "a", "b"].map(Bytes::from).to_vec();
    let request = InternalKvMultiGetRequest { keys: asked, namespace: "n".into() };
    let reply = kv.internal_kv_multi_get(request).await.unwrap().into_inner();
    let found: Vec<(&[u8], &[u8])> = reply.results.iter().map(|entry| (&entry.key[..], &entry.value[..])).collect();
    assert_eq!((reply.status, found), (OK, vec![(&b"a"[..], &b"a"[..]), (b"b", b"b")]));

    for (prefix, expected) in [("", &["a", "ab", "b"][..]), ("a", &["a", "ab"]), ("c", &[])] {
        let request = InternalKvKeysRequest { prefix: prefix.into(), namespace: "n".into() };
        let reply = kv.internal_kv_keys(request).await.unwrap().into_inner();
        assert_eq!(reply.results, expected, "{prefix:?}");
        assert_eq!(reply.status, OK, "{prefix:?}");
    }
    for (key, exists) in [("ab", true), ("abc", false)] {
        let request = InternalKvExistsRequest { key: key.into(), namespace: "n".into() };
        let reply = kv.internal_kv_exists(request).await.unwrap().into_inner();
        assert_eq!((reply.status, reply.exists), (OK, exists), "{key:?}");
    }
}

#[tokio::test]
async fn keys_that_look_like_namespaces_are_refused_everywhere() {
    const KEY: &str = "@namespace_n:key";
    let server = start_gcs().await;
    let mut kv = server.kv().await;
    let (key, namespace) = (|| Bytes::from(KEY), || Bytes::from("n"));
    let multi_get = InternalKvMultiGetRequest { keys: vec![Bytes::from("fine"), key()], namespace: namespace() };
    let delete = InternalKvDelRequest { key: key(), namespace: namespace(), del_by_prefix: true };
    let exists = InternalKvExistsRequest { key: key(), namespace: namespace() };
    let keys = InternalKvKeysRequest { prefix: key(), namespace: namespace() };
    let statuses = [
        ("get", kv.internal_kv_get(get("n", KEY)).await.unwrap().into_inner().status),
        ("multi get", kv.internal_kv_multi_get(multi_get).await.unwrap().into_inner().status),
        ("put", kv.internal_kv_put(put("n", KEY, "value", true)).await.unwrap().into_inner().status),
        ("del", kv.internal_kv_del(delete).await.unwrap().into_inner().status),
        ("exists", kv.internal_kv_exists(exists).await.unwrap().into_inner().status),
        ("keys", kv.internal_kv_keys(keys).await.unwrap().into_inner().status),
    ];
    let refused = GcsStatus { code: 2, message: "Key can't start with @namespace_".to_owned() };
    for (method, status) in statuses {
        assert_eq!(status, Some(refused.clone()), "{method}");
    }
}

#[tokio::test]
async fn the_configuration_is_what_the_builder_was_given() {
    for (gcs, expected) in
        [(Gcs::builder(), "{}"), (Gcs::builder().internal_config(r#"{"enable_x":true}"#), r#"{"enable_x":true}"#)]
    {
        let server = start(Server::builder().gcs(&gcs.build().unwrap())).await;
        let reply = server.kv().await.get_internal_config(GetInternalConfigRequest {}).await.unwrap().into_inner();
        assert_eq!((reply.status, &reply.config[..]), (OK, expected));
    }
}

#[tokio::test]
async fn what_passes_a_bound_is_an_error_of_the_call() {
    let bounds = Bounds { key_bytes: 16, value_bytes: 64, keys: 2, total_bytes: 1_024, ..Bounds::default() };
    let server = start_gcs_within(bounds).await;
    let mut kv = server.kv().await;
    // One key is there already: the one with the versions.
    kv.internal_kv_put(put("n", "key", "value", true)).await.unwrap();
    let cases = [
        (
            put("n", "a key that is too long", "", true),
            Code::InvalidArgument,
            "the key has 22 bytes and 16 are allowed; use a shorter key",
        ),
        (
            put("a namespace that is too long", "key", "", true),
            Code::InvalidArgument,
            "the namespace has 28 bytes and 16 are allowed; use a shorter namespace",
        ),
        (
            put("n", "key", vec![0; 65], true),
            Code::InvalidArgument,
            "the value has 65 bytes and 64 are allowed; store it elsewhere and keep its address here",
        ),
        (
            put("n", "another", "", true),
            Code::ResourceExhausted,
            "the store holds 2 keys, as many as it may; delete some first",
        ),
    ];
    for (request, code, message) in cases {
        let refused = kv.internal_kv_put(request).await.unwrap_err();
        assert_eq!((refused.code(), refused.message()), (code, message));
    }
    let kept = kv.internal_kv_get(get("n", "key")).await.unwrap().into_inner();
    assert_eq!(kept.value, "value");
}

#[tokio::test]
async fn the_largest_value_fits_into_a_message_and_a_longer_message_is_refused() {
    // The bound on messages is its floor of 4 MiB here.
    let bounds = Bounds { value_bytes: 3 << 20, ..Bounds::default() };
    assert_eq!(bounds.message_bytes(), 4 << 20);
    let server = start_gcs_within(bounds).await;
    let mut kv = server.kv().await;
    kv.internal_kv_put(put("n", "large", vec![7; 3 << 20], true)).await.unwrap();
    let reply = kv.internal_kv_get(get("n", "large")).await.unwrap().into_inner();
    assert_eq!(reply.value.len(), 3 << 20);

    let refused: Status = kv.internal_kv_put(put("n", "larger", vec![7; 4 << 20], true)).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
    assert!(refused.message().contains("4194304 bytes"), "{refused}");

    kv.internal_kv_put(put("n", "more", vec![7; 3 << 20], true)).await.unwrap();
    let both = InternalKvMultiGetRequest { keys: vec!["large".into(), "more".into()], namespace: "n".into() };
    let refused = kv.internal_kv_multi_get(both).await.unwrap_err();
    let message = "the reply would have more than 4194304 bytes; ask for less at a time";
    assert_eq!((refused.code(), refused.message()), (Code::ResourceExhausted, message));
}

#[tokio::test]
async fn the_largest_value_of_the_defaults_comes_back() {
    let server = start_gcs().await;
    let mut kv = server.kv().await;
    let value = Bytes::from(vec![7; Bounds::default().value_bytes]);
    kv.internal_kv_put(put("n", "key", value.clone(), true)).await.unwrap();
    assert!(kv.internal_kv_get(get("n", "key")).await.unwrap().into_inner().value == value);
}
