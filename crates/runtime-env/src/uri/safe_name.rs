//! A name for a package that holds no secret and stays in its folder.

use thiserror::Error;

use super::ray_name::{sha1_hex, without_params};
use super::{RemoteUri, Scheme};
use crate::redact::parts::Parts;

/// The endings that a name may have.
const ENDINGS: [&str; 6] = [".tar.bz2", ".tar.gz", ".tar.xz", ".tgz", ".zip", ".jar"];

/// Why there is no safe name for a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PackageNameError {
    /// A `gcs` URI with a login: Ray would put it into the name.
    #[error("a gcs:// URI with a login has no safe name; remove what stands before the `@`")]
    UserInfo,
    /// A `gcs` URI whose package is no plain file name.
    #[error("the package of the gcs:// URI is no plain file name; use ASCII letters, digits, `.`, `_` and `-`")]
    FileName,
    /// A wheel whose file name says nothing that an installer understands.
    #[error("the wheel of the URI has no valid file name; it is name-version-python-abi-platform.whl, in ASCII")]
    Wheel,
}

pub(super) fn safe_package_name(uri: &RemoteUri) -> Result<String, PackageNameError> {
    let text = uri.expose_uri();
    // A target of a redirect may hold an `@` in its path: then there is no reading, and no ending.
    let parts = Parts::split(text).ok();
    if uri.scheme() == Scheme::Gcs {
        return gcs_name(parts);
    }
    let path = parts.map_or("", |parts| parts.path);
    let path = if uri.scheme().is_http() { without_params(path) } else { path };
    if path.ends_with(".whl") {
        return wheel_name(path.rsplit('/').next().unwrap_or_default(), &sha1_hex(text));
    }
    let ending = ENDINGS.into_iter().find(|ending| path.ends_with(ending)).unwrap_or_default();
    Ok(format!("{}_{}{ending}", uri.scheme(), sha1_hex(text)))
}

fn gcs_name(parts: Option<Parts<'_>>) -> Result<String, PackageNameError> {
    let parts = parts.ok_or(PackageNameError::FileName)?;
    if parts.user_info.is_some() {
        return Err(PackageNameError::UserInfo);
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let is_name = parts.port.is_none() && !parts.host.trim_matches('.').is_empty() && parts.host.bytes().all(plain);
    if is_name { Ok(parts.host.to_owned()) } else { Err(PackageNameError::FileName) }
}

/// The longest file name that a file system takes.
const NAME_MAX: usize = 255;

/// The wheel's own name with the hash in its build tag, which begins with a digit and is the third of six parts.
fn wheel_name(file: &str, hash: &str) -> Result<String, PackageNameError> {
    let stem = file.strip_suffix(".whl").ok_or(PackageNameError::Wheel)?;
    let parts: Vec<_> = stem.split('-').collect();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'+' | b'!');
    let valid = |part: &&str| !part.is_empty() && !part.starts_with('.') && part.bytes().all(plain);
    if !parts.iter().all(valid) {
        return Err(PackageNameError::Wheel);
    }
    let name = match parts[..] {
        [name, version, python, abi, platform] => format!("{name}-{version}-0_{hash}-{python}-{abi}-{platform}.whl"),
        [name, version, build, python, abi, platform] if build.starts_with(|first: char| first.is_ascii_digit()) => {
            format!("{name}-{version}-{build}_{hash}-{python}-{abi}-{platform}.whl")
        }
        _ => return Err(PackageNameError::Wheel),
    };
    if name.len() <= NAME_MAX { Ok(name) } else { Err(PackageNameError::Wheel) }
}
