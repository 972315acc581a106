//! The thread that looks for changes of the files.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::error::TlsError;
use super::files::TlsFiles;
use super::judge::{Found, Judge, Look};
use super::material::Material;
use super::{Inner, LOG_TARGET};
use crate::reload::{Verdict, Watch};
use crate::source::FileWarning;

/// Reads the files, and says what there is to mend about them.
pub(super) fn load(files: &TlsFiles, told: &mut Vec<FileWarning>) -> Result<Found<Material>, TlsError> {
    let contents = files.read()?;
    let found =
        Found { material: Material::new(files, &contents)?, digest: contents.digest, exposed: contents.exposed() };
    for warning in contents.warnings.iter().filter(|warning| !told.contains(warning)) {
        tracing::warn!(target: LOG_TARGET, "{warning}");
    }
    *told = contents.warnings;
    Ok(found)
}

/// Says whom peers will not let this process be.
pub(super) fn warn_one_sided(files: &TlsFiles, material: &Material) {
    if let Some(what) = material.one_sided {
        tracing::warn!(
            target: LOG_TARGET,
            "{} may not be used to {what}: peers refuse it then; issue it for servers and clients if this process does both",
            files.certificate
        );
    }
}

/// Looks for changes until the last handle is gone.
pub(super) struct Follower {
    pub(super) inner: Weak<Inner>,
    pub(super) files: TlsFiles,
    pub(super) watch: Watch,
    pub(super) judge: Judge,
    /// What was said of the files already.
    pub(super) told: Vec<FileWarning>,
}

impl Follower {
    pub(super) fn spawn(self, inner: &Inner) {
        let spawned = std::thread::Builder::new().name("ray-auth-tls".to_owned()).spawn(move || self.run());
        if let Err(error) = spawned {
            tracing::error!(target: LOG_TARGET, %error, "no thread to look for changes of the certificates, they change only by restart");
            inner.failed(TlsError::NoThread);
        }
    }

    fn run(mut self) {
        let mut wait = Duration::ZERO;
        while self.watch.wait(wait) {
            // Before the look: what happens after it is an event.
            self.watch.arm(self.files.paths(), &self.files);
            // No handle is held while the file system is asked: it may hang.
            let look = Look { read: load(&self.files, &mut self.told), at: Instant::now() };
            let Some(inner) = self.inner.upgrade() else { return };
            let verdict = self.judge.judge(look);
            wait = verdict.wait();
            match verdict {
                Verdict::Nothing | Verdict::LookAgain(_) => {}
                Verdict::Take(material) => {
                    warn_one_sided(&self.files, &material);
                    inner.reloaded(Arc::new(material));
                    metrics::counter!("ray_auth_tls_reloads_total", "result" => "ok").increment(1);
                    tracing::info!(target: LOG_TARGET, files = %self.files, "certificates reloaded, for new connections");
                }
                Verdict::Keep(error) => {
                    metrics::counter!("ray_auth_tls_reloads_total", "result" => "failed").increment(1);
                    tracing::error!(target: LOG_TARGET, %error, "the last good certificates stay");
                    inner.failed(error);
                }
            }
        }
    }
}
