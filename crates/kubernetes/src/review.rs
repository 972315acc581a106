//! The two questions, and what their answers mean.

use bytes::Bytes;
use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec, TokenReviewStatus, UserInfo};
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec, SubjectAccessReviewStatus,
};
use ray_auth::verify::Identity;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::client::Api;
use crate::throttle::Throttle;
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
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) cluster: String,
    pub(crate) namespace: String,
    pub(crate) verb: String,
    /// None: the API server's own.
    pub(crate) audiences: Vec<String>,
    /// What the log says of access that was not evaluated in full.
    pub(crate) not_evaluated: Throttle,
}

/// What is read of an answer: its kind, and what it says. The question that it echoes holds the token, and is skipped.
#[derive(Deserialize)]
struct Answer<T> {
    kind: Option<String>,
    status: Option<T>,
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
        let allowed = self.allowed(&answer.inspect_err(|trouble| count("access", trouble.label()))?)?;
        Ok(if allowed { Judgement::Allowed(identity) } else { Judgement::NotAllowed })
    }

    /// The review as it is sent. Its `Debug` would show the token.
    fn token_review(&self, token: &str) -> Bytes {
        let audiences = (!self.audiences.is_empty()).then(|| self.audiences.clone());
        let spec = TokenReviewSpec { audiences, token: Some(token.to_owned()) };
        let mut review = TokenReview { spec, ..TokenReview::default() };
        // Room for a token of nothing but escapes, so that no buffer is outgrown and left behind unwiped.
        let mut body = Zeroizing::new(Vec::with_capacity(6 * token.len() + 1_024));
        serde_json::to_writer(&mut *body, &review).expect("a review is JSON");
        let body = Bytes::from_owner(body);
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
        let status: TokenReviewStatus = said(answer, "TokenReview", "token")?;
        let known = status.authenticated == Some(true)
            && status.error.as_deref().unwrap_or_default().is_empty()
            && self.is_meant(status.audiences.as_deref().unwrap_or_default());
        let user = status.user.filter(|user| known && user.username.as_deref().is_some_and(|name| !name.is_empty()));
        count("token", if user.is_some() { "yes" } else { "no" });
        Ok(user)
    }

    /// Whether the answer lets the user in. Allowed and denied at once is denied.
    fn allowed(&self, answer: &[u8]) -> Result<bool, Trouble> {
        let status: SubjectAccessReviewStatus = said(answer, "SubjectAccessReview", "access")?;
        if let Some(error) = status.evaluation_error.filter(|error| !error.is_empty())
            && let Some(unsaid) = self.not_evaluated.admit()
        {
            let error: String = error.escape_default().take(256).collect();
            tracing::warn!(target: "ray_auth::kubernetes", unsaid, error, "access was not evaluated in full");
        }
        let allowed = status.allowed && !status.denied.unwrap_or_default();
        count("access", if allowed { "yes" } else { "no" });
        Ok(allowed)
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

/// What an answer of this kind says.
fn said<T: DeserializeOwned>(answer: &[u8], kind: &str, label: &'static str) -> Result<T, Trouble> {
    let answer: Option<Answer<T>> = serde_json::from_slice(answer).ok();
    let of_kind = answer.filter(|answer| answer.kind.as_deref().is_none_or(|said| said == kind));
    of_kind.and_then(|answer| answer.status).ok_or_else(|| {
        count(label, Trouble::Malformed.label());
        Trouble::Malformed
    })
}

fn count(kind: &'static str, result: &'static str) {
    metrics::counter!("ray_auth_kubernetes_reviews_total", "kind" => kind, "result" => result).increment(1);
}
