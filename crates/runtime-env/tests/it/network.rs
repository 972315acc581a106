//! Downloads of the table's cases, from servers on two ports that speak for every name in it.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex};

use ray_auth_runtime_env::RemoteUri;
use ray_auth_runtime_env::credentials::CredentialError;
use ray_auth_runtime_env::download::{FetchError, Fetched};
use ray_auth_runtime_env::uri::UriError;
use tempfile::TempDir;

use crate::server::{Answer, Asked, NAMES, Server, readable};
use crate::support::Setting;
use crate::table::{Case, Sent};

pub(crate) const PACKAGE: &[u8] = b"the package";

/// The servers.
pub(crate) struct Network {
    setting: Setting,
    main: Server,
    other: Server,
    now: Arc<Mutex<Now>>,
}

/// The case that is being downloaded.
#[derive(Default)]
struct Now {
    redirects: BTreeMap<String, (String, String)>,
    asked: Vec<Asked>,
}

/// What a download looked like from outside.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) asked: Vec<Asked>,
    pub(crate) ended: Result<Fetched, Failed>,
    /// The names in the folder for packages.
    pub(crate) left: Vec<String>,
    pub(crate) content: Option<Vec<u8>>,
}

/// Where it failed.
#[derive(Debug)]
pub(crate) enum Failed {
    Uri(UriError),
    Credentials(CredentialError),
    Fetch(FetchError),
}

impl Failed {
    /// The word for it that `ray-auth fetch --json` has.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Uri(_) => "bad_uri",
            Self::Credentials(error) => error.as_str(),
            Self::Fetch(error) => error.as_str(),
        }
    }

    /// Everything that can be printed of it.
    pub(crate) fn shown(&self) -> String {
        let error: &(dyn Error + 'static) = match self {
            Self::Uri(error) => error,
            Self::Credentials(error) => error,
            Self::Fetch(error) => error,
        };
        let causes = std::iter::successors(Some(error), |error: &&(dyn Error + 'static)| (*error).source());
        causes.map(|error| format!("{error} {error:?} {error:#?}\n")).collect()
    }
}

impl Network {
    pub(crate) async fn start() -> Self {
        let setting = Setting::new();
        let now = Arc::new(Mutex::new(Now::default()));
        let decide = |now: &Arc<Mutex<Now>>| {
            let now = Arc::clone(now);
            move |asked: &Asked, _| now.lock().unwrap().answer(asked)
        };
        let (main, other) = (setting.server(decide(&now)).await, setting.server(decide(&now)).await);
        Self { setting, main, other, now }
    }

    pub(crate) fn cases(&self) -> Vec<Case> {
        Case::all(self.main.address.port(), self.other.address.port())
    }

    /// Downloads one case, in an environment of its own.
    pub(crate) async fn download(&self, case: &Case) -> Seen {
        let redirect = |at: &String| {
            let (status, location) = case.redirect(at)?;
            Some((at.clone(), (status.to_owned(), location.to_owned())))
        };
        let redirects = case.redirects.keys().filter_map(redirect).collect();
        *self.now.lock().unwrap() = Now { redirects, asked: Vec::new() };

        let ended = self.fetch(case).await;

        let asked = self.now.lock().unwrap().asked.clone();
        let content = std::fs::read(self.setting.package()).ok();
        let left = self.setting.left();
        if content.is_some() {
            std::fs::remove_file(self.setting.package()).unwrap();
        }
        Seen { asked, ended, left, content }
    }

    async fn fetch(&self, case: &Case) -> Result<Fetched, Failed> {
        let folder = TempDir::new().unwrap();
        let uri = RemoteUri::parse(&case.uri).map_err(Failed::Uri)?;
        let credentials = case.credentials(folder.path()).map_err(Failed::Credentials)?;
        let builder = self.setting.downloader(credentials);
        let builder = NAMES.into_iter().fold(builder, |builder, name| builder.add_address(name, self.main.address));
        builder.build().unwrap().fetch(&uri, self.setting.package()).await.map_err(Failed::Fetch)
    }
}

impl Now {
    fn answer(&mut self, asked: &Asked) -> Answer {
        self.asked.push(asked.clone());
        match self.redirects.get(&asked.at()) {
            Some((status, location)) => Answer::new(&format!("{status} Redirect"), b"").header("location", location),
            None => Answer::ok(PACKAGE),
        }
    }
}

impl Asked {
    /// The URI that was asked for.
    pub(crate) fn at(&self) -> String {
        format!("{}://{}{}", self.scheme, self.host, self.target)
    }

    pub(crate) fn as_in_table(&self) -> Sent {
        Sent { at: self.at(), authorization: self.authorization.iter().map(|value| readable(value)).collect() }
    }
}
