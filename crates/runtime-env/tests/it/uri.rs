//! What a remote URI is taken for: the table of vectors, cases of our own, and any text at all.

use std::fs;
use std::path::Path;

use ray_auth_runtime_env::redact::redact_uri;
use ray_auth_runtime_env::uri::{RemoteUri, ray_package_name};
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) uri: String,
    pub(crate) redacted: String,
    pub(crate) secrets: Vec<String>,
    ray_2_60_package_name: Option<String>,
}

pub(crate) fn vectors() -> Vec<Vector> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/uri_redaction.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_vector_is_redacted_and_named_as_it_says() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 38);
    for Vector { name, uri, redacted, secrets, ray_2_60_package_name } in vectors {
        assert_eq!(redact_uri(&uri), redacted, "{name}");
        assert_eq!(ray_package_name(&uri), ray_2_60_package_name, "{name}");
        let parsed = RemoteUri::parse(&uri);
        if redacted.contains("<unparseable URI>") {
            assert!(parsed.is_err(), "{name} is not refused");
        }
        let mut shown = vec![redacted.clone()];
        match parsed {
            Ok(parsed) => {
                assert_eq!(parsed.to_string(), redacted, "{name}");
                assert_eq!(parsed.ray_package_name(), ray_package_name(&uri), "{name}");
                assert_eq!(parsed.expose_uri(), uri, "{name}");
                shown.extend([format!("{parsed:?}"), format!("{parsed:#?}"), format!("{:?}", parsed.origin())]);
                shown.extend(parsed.safe_package_name().ok());
            }
            Err(error) => shown.extend([error.to_string(), format!("{error:?}")]),
        }
        for (secret, shown) in secrets.iter().flat_map(|secret| shown.iter().map(move |shown| (secret, shown))) {
            assert!(!shown.contains(secret.as_str()), "{name}: {secret} is in {shown}");
        }
    }
}
