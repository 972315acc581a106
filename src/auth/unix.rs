//! Connecting to a socket on this machine.

#[cfg(unix)]
mod connector {
    use std::future::Future;
    use std::io;
    use std::path::PathBuf;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::task::{Context, Poll};

    use http::Uri;
    use hyper_util::rt::TokioIo;
    use tokio::net::UnixStream;
    use tower_service::Service;

    /// Connects to one socket, whatever the URI is.
    #[derive(Clone, Debug)]
    pub(in crate::auth) struct UnixConnector(Arc<PathBuf>);

    impl UnixConnector {
        pub(in crate::auth) fn new(path: PathBuf) -> Self {
            Self(Arc::new(path))
        }
    }

    impl Service<Uri> for UnixConnector {
        type Response = TokioIo<UnixStream>;
        type Error = io::Error;
        type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Uri) -> Self::Future {
            let path = Arc::clone(&self.0);
            Box::pin(async move { UnixStream::connect(&*path).await.map(TokioIo::new) })
        }
    }
}

#[cfg(unix)]
pub(super) use self::connector::UnixConnector;
