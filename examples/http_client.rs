//! A client of a dashboard's HTTP interface on reqwest: the token goes to the one origin it is for, whatever redirects say.
//!
//! ```text
//! RAY_AUTH_TOKEN_PATH=token cargo run -p ray-auth --example http_client -- http://127.0.0.1:8265 /api/version
//! ```

use http::{Request, Uri};
use ray_auth::ClusterAuth;
use reqwest::Body;
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_http::follow_redirect::FollowRedirectLayer;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let origin: Uri = arguments.next().unwrap_or_else(|| "http://127.0.0.1:8265".to_owned()).parse()?;
    let path = arguments.next().unwrap_or_else(|| "/api/version".to_owned());
    let auth = ClusterAuth::from_env()?;
    auth.check_plaintext(&origin)?;

    // The TLS stack of this workspace; without a choice reqwest panics where another crate asks it for TLS without one.
    rustls::crypto::ring::default_provider().install_default().map_err(|_| "there is another TLS provider already")?;

    // Redirects are followed above the layer, so that each request is looked at before it gets the token.
    let reqwest = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let send = service_fn(move |request: Request<Body>| {
        let reqwest = reqwest.clone();
        async move { reqwest.execute(request.try_into()?).await.map(http::Response::from) }
    });
    let client = ServiceBuilder::new()
        .layer(FollowRedirectLayer::new())
        .layer(auth.add_token().for_origin(&origin)?)
        .service(send);

    let uri = Uri::builder()
        .scheme(origin.scheme().cloned().ok_or("the origin has no scheme")?)
        .authority(origin.authority().cloned().ok_or("the origin has no host")?)
        .path_and_query(path)
        .build()?;
    let response = client.oneshot(Request::get(uri).body(Body::default())?).await?;
    println!("{} {}", response.status(), reqwest::Response::from(response).text().await?);
    Ok(())
}
