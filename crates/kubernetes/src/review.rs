//! The two questions, and what their answers mean.

use bytes::Bytes;
use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec, TokenReviewStatus, UserInfo};
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec, SubjectAccessReviewStatus,
};
use ray_auth::verify::Identity;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::client::Api;
use crate::trouble::Trouble;

const TOKEN_REVIEWS: &str = "/apis/authentication.k8s.io/v1/tokenreviews";
const ACCESS_REVIEWS: &str = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
/// What Ray's access is to, beside name and namespace.
const GROUP: &str = "ray.io";
const RESOURCE: &str = "rayclusters";

/// What two reviews came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    Allowed(Identity),
    /// Nobody that Kubernetes knows.
    Unknown,
    /// Somebody who may not.
    NotAllowed,
}

/// What is asked about every caller.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) cluster: String,
    pub(crate) namespace: String,
    pub(crate) verb: String,
    /// None: the API server's own.
    pub(crate) audiences: Vec<String>,
}

impl Question {
    /// Asks about the holder of `token`.
    pub(crate) async fn ask(&self, api: &Api, token: &str) -> Result<Judgement, Trouble> {
        let answer = api.post(TOKEN_REVIEWS, self.token_review(token)).await;
        let Some(user) = self.authenticated(&answer.inspect_err(|trouble| count("token", trouble.label()))?)? else {
            return Ok(Judgement::Unknown);
        };
        let identity = identity(&user);
        let answer = api.post(ACCESS_REVIEWS, self.access_review(user)).await;
        let allowed = allowed(&answer.inspect_err(|trouble| count("access", trouble.label()))?)?;
        Ok(if allowed { Judgement::Allowed(identity) } else { Judgement::NotAllowed })
    }

    /// The review as it is sent. Its `Debug` would show the token.
    fn token_review(&self, token: &str) -> Bytes {
        let audiences = (!self.audiences.is_empty()).then(|| self.audiences.clone());
        let spec = TokenReviewSpec { audiences, token: Some(token.to_owned()) };
        let mut review = TokenReview { spec, ..TokenReview::default() };
        let body = Bytes::from_owner(Zeroizing::new(serde_json::to_vec(&review).expect("a review is JSON")));
        drop(review.spec.token.take().map(Zeroizing::new));
        body
    }

    fn access_review(&self, user: UserInfo) -> Bytes {
        let resource = ResourceAttributes {
            group: Some(GROUP.to_owned()),
            resource: Some(RESOURCE.to_owned()),
            name: Some(self.cluster.clone()),
            namespace: Some(self.namespace.clone()),
            verb: Some(self.verb.clone()),
            ..ResourceAttributes::default()
        };
        let spec = SubjectAccessReviewSpec {
            user: user.username,
            uid: user.uid,
            groups: user.groups,
            extra: user.extra,
            resource_attributes: Some(resource),
            ..SubjectAccessReviewSpec::default()
        };
        let review = SubjectAccessReview { spec, ..SubjectAccessReview::default() };
        Bytes::from(serde_json::to_vec(&review).expect("a review is JSON"))
    }

    /// Who the token is of, if it is of anybody.
    fn authenticated(&self, answer: &[u8]) -> Result<Option<UserInfo>, Trouble> {
        let review: TokenReview = parse(answer, "token")?;
        let status: TokenReviewStatus = said(review.status, "token")?;
        let known = status.authenticated == Some(true)
            && status.error.as_deref().unwrap_or_default().is_empty()
            && self.is_meant(status.audiences.as_deref().unwrap_or_default());
        let user = status.user.filter(|user| known && user.username.as_deref().is_some_and(|name| !name.is_empty()));
        count("token", if user.is_some() { "yes" } else { "no" });
        Ok(user)
    }

    /// Whether the token is for one of the audiences that were asked for. An API server that says nothing of them did not
    /// look.
    fn is_meant(&self, audiences: &[String]) -> bool {
        self.audiences.is_empty() || audiences.iter().any(|audience| self.audiences.contains(audience))
    }
}

fn identity(user: &UserInfo) -> Identity {
    let identity = Identity::user(user.username.clone().unwrap_or_default());
    let identity = identity.with_groups(user.groups.iter().flatten().cloned());
    match user.uid.as_deref() {
        Some(uid) if !uid.is_empty() => identity.with_uid(uid),
        _ => identity,
    }
}

/// Whether the answer lets the user in. Allowed and denied at once is denied.
fn allowed(answer: &[u8]) -> Result<bool, Trouble> {
    let review: SubjectAccessReview = parse(answer, "access")?;
    let status: SubjectAccessReviewStatus = said(review.status, "access")?;
    if let Some(error) = status.evaluation_error.filter(|error| !error.is_empty()) {
        let error: String = error.escape_default().take(256).collect();
        tracing::warn!(target: "ray_auth::kubernetes", error, "access was not evaluated in full");
    }
    let allowed = status.allowed && !status.denied.unwrap_or_default();
    count("access", if allowed { "yes" } else { "no" });
    Ok(allowed)
}

fn parse<T: DeserializeOwned>(answer: &[u8], kind: &'static str) -> Result<T, Trouble> {
    serde_json::from_slice(answer).map_err(|_| {
        count(kind, Trouble::Malformed.label());
        Trouble::Malformed
    })
}

fn said<T>(status: Option<T>, kind: &'static str) -> Result<T, Trouble> {
    status.ok_or_else(|| {
        count(kind, Trouble::Malformed.label());
        Trouble::Malformed
    })
}

fn count(kind: &'static str, result: &'static str) {
    metrics::counter!("ray_auth_kubernetes_reviews_total", "kind" => kind, "result" => result).increment(1);
}
