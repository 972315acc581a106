//! Credentials for an HTTP client of one's own, here reqwest: the client sends what it is told and follows no redirect by
//! itself, and each redirect's credential is asked for anew.
//!
//! ```text
//! cargo run -p ray-auth-runtime-env --example own_client -- https://git.example/team/code/archive/main.zip
//! ```

use ray_auth_runtime_env::RemoteUri;
use ray_auth_runtime_env::credentials::{Credentials, is_redirect};
use reqwest::header::{AUTHORIZATION, LOCATION};
use reqwest::redirect::Policy;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let uri = RemoteUri::parse(&std::env::args().nth(1).ok_or("which URI?")?)?;
    // The TLS stack of this workspace: reqwest is built without one of its own.
    rustls::crypto::ring::default_provider().install_default().map_err(|_| "there is another TLS provider already")?;
    // Through no proxy: what goes over http to this machine itself must not leave it.
    let client = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build()?;

    let mut request = Credentials::from_env()?.begin(&uri)?;
    for warning in request.warnings() {
        eprintln!("warning: {warning}");
    }
    let response = loop {
        let mut sent = client.get(request.uri().expose_request_uri());
        if let Some(authorization) = request.authorization() {
            sent = sent.header(AUTHORIZATION, authorization.clone());
        }
        // Its errors show the URI, with a signature in the query, if they are not asked to leave it out.
        let response = sent.send().await.map_err(reqwest::Error::without_url)?;
        let location = response.headers().get(LOCATION).filter(|_| is_redirect(response.status()));
        let Some(location) = location else { break response };
        request = request.redirect(location.as_bytes())?;
    };
    println!("{} from {}, {} redirects away", response.status(), request.uri(), request.redirects());
    Ok(())
}
