//! The two layers as tonic interceptors, for code that is built around `with_interceptor`.
//!
//! They do what the layers do, with an interceptor's limits: an interceptor does not see the path, so there are no
//! exemptions and refusals are counted under the method `other`; it runs after routing, so an unknown service or method
//! is answered with UNIMPLEMENTED without a token; and its refusals carry Ray's message percent-encoded, as tonic sends
//! every status. A call is allowed when its token is accepted. A refused caller sees status 16 and Ray's message.
//!
//! ```
//! use ray_auth::interceptor::{AddTokenInterceptor, RequireTokenInterceptor};
//! use ray_auth::{Keyring, Token};
//! use tonic::service::Interceptor;
//!
//! let keyring = Keyring::new(Token::parse("open-sesame")?);
//! let mut server = RequireTokenInterceptor::new(keyring.clone());
//!
//! let request = AddTokenInterceptor::new(keyring).call(tonic::Request::new(()))?;
//! assert!(server.call(request).is_ok());
//!
//! let refused = server.call(tonic::Request::new(())).unwrap_err();
//! assert_eq!(refused.code(), tonic::Code::Unauthenticated);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::sync::Arc;

use tonic::service::Interceptor;
use tonic::{Request, Status};

use crate::attach::attach;
use crate::credential::Credential;
use crate::keyring::Keyring;
use crate::require::{Refusals, judge};
use crate::token::Indexing;

/// [`AddTokenLayer`](crate::AddTokenLayer) as an interceptor: attaches the primary token to calls that have no
/// `authorization` value.
#[derive(Clone, Debug)]
pub struct AddTokenInterceptor {
    keyring: Keyring,
}

impl AddTokenInterceptor {
    /// Attaches the primary token of `keyring`.
    #[must_use]
    pub fn new(keyring: Keyring) -> Self {
        Self { keyring }
    }
}

impl Interceptor for AddTokenInterceptor {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        attach(&self.keyring, Indexing::Never, request.metadata_mut().as_mut());
        Ok(request)
    }
}

/// [`RequireTokenLayer`](crate::RequireTokenLayer) as an interceptor: refuses calls without an accepted token.
#[derive(Clone, Debug)]
pub struct RequireTokenInterceptor {
    keyring: Keyring,
    refusals: Arc<Refusals>,
}

impl RequireTokenInterceptor {
    /// Accepts the tokens of `keyring`.
    #[must_use]
    pub fn new(keyring: Keyring) -> Self {
        Self { keyring, refusals: Arc::default() }
    }
}

impl Interceptor for RequireTokenInterceptor {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let credential = Credential::from_grpc(request.metadata_mut().as_mut());
        match judge(&self.keyring, credential, false, |_, _| ()) {
            Ok(()) => Ok(request),
            Err(rejection) => {
                self.refusals.record(rejection, None, request.extensions());
                Err(rejection.into_status())
            }
        }
    }
}
