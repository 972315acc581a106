//! What the tests begin with.

use std::path::PathBuf;
use std::time::Duration;

use ray_auth_runtime_env::RemoteUri;
use ray_auth_runtime_env::credentials::Credentials;
use ray_auth_runtime_env::download::{Downloader, DownloaderBuilder};
use ray_auth_testing::certificates::Authority;
use tempfile::TempDir;

use crate::server::{Answer, Asked, Server};

/// An authority that nobody knows but those who are told, and a folder to download to.
pub(crate) struct Setting {
    pub(crate) authority: Authority,
    pub(crate) folder: TempDir,
}

impl Setting {
    pub(crate) fn new() -> Self {
        let setting =
            Self { authority: Authority::new("servers of packages").unwrap(), folder: TempDir::new().unwrap() };
        std::fs::create_dir(setting.path("out")).unwrap();
        std::fs::write(setting.path("ca.pem"), setting.authority.pem()).unwrap();
        setting
    }

    pub(crate) async fn server(&self, decide: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static) -> Server {
        Server::start(&self.authority, decide).await
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where packages go.
    pub(crate) fn package(&self) -> PathBuf {
        self.path("out").join("package.zip")
    }

    /// The names in the folder for packages.
    pub(crate) fn left(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.path("out")).unwrap();
        let mut names: Vec<_> = names.map(|name| name.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Knows the authority, and gives up soon.
    pub(crate) fn downloader(&self, credentials: Credentials) -> DownloaderBuilder {
        let builder = Downloader::builder().credentials(credentials).attempts(1, Duration::ZERO);
        builder.timeout(Duration::from_secs(20)).add_certificates(self.path("ca.pem")).unwrap()
    }
}

pub(crate) fn uri(text: &str) -> RemoteUri {
    RemoteUri::parse(text).unwrap()
}

/// With this as `RAY_RUNTIME_ENV_BEARER_TOKEN`, and no netrc file.
pub(crate) fn bearer(token: &str) -> Credentials {
    Credentials::from_vars(|name| (name == "RAY_RUNTIME_ENV_BEARER_TOKEN").then(|| token.into())).unwrap()
}
