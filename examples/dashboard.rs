//! A dashboard that people log into with the cluster's token, in a browser.
//!
//! ```text
//! cargo run -p ray-auth --example dashboard            # makes a token and prints it
//! RAY_AUTH_TOKEN_PATH=token cargo run -p ray-auth --example dashboard -- 127.0.0.1:8265
//! ```

use axum::Router;
use axum::response::Html;
use axum::routing::{get, post};
use ray_auth::auth::AuthError;
use ray_auth::http::Http;
use ray_auth::{ClusterAuth, Exempt, Keyring, Token};
use tokio::net::TcpListener;

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<title>Jobs</title>
<h1>Jobs</h1>
<p>None. <button>Start one</button>
<script>
document.querySelector("button").onclick = async () => alert(await (await fetch("/api/jobs/", { method: "POST" })).text());
</script>
"#;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().init();
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8265".to_owned());
    let auth = match ClusterAuth::from_env() {
        Ok(auth) => auth,
        Err(AuthError::Source(error)) if error.is_absence() => {
            let token = Token::generate();
            println!("{error}\nfor this run the token is {}", token.expose_secret());
            ClusterAuth::with_keyring(Keyring::new(token))
        }
        Err(error) => return Err(error.into()),
    };
    if auth.tls().is_some() {
        return Err(
            "RAY_USE_TLS is on, and this example speaks no TLS; the page of ray_auth::tls shows how axum does".into()
        );
    }

    // Behind a proxy that ends TLS: `.behind_tls()`, and `.allow_host` with the name that people know it by.
    let http = Http::new().with_login_page();
    let login = auth.login(http.clone());
    let router = Router::new()
        .route("/", get(async || Html(PAGE)))
        .route("/api/jobs/", post(async || "started"))
        .route_service("/api/authentication_mode", login.clone())
        .route_service("/api/authenticate", login)
        .layer(auth.require_token().exempt(Exempt::login()).http(http));

    let listener = TcpListener::bind(&address).await?;
    println!("open http://{}/ in a browser", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}
