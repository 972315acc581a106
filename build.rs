//! Compiles `proto/` into `ray_auth::proto`, when the feature `proto` is on. protox is the protobuf compiler, so none
//! needs to be on the machine.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "proto")]
    proto::generate()?;
    Ok(())
}

#[cfg(feature = "proto")]
mod proto {
    use std::error::Error;

    const INCLUDE: &str = "proto";

    const FILES: [&str; 4] = [
        "ray/rpc/gcs_service.proto",
        "ray/rpc/node_manager.proto",
        "ray_auth/testing/v1/echo.proto",
        "ray_auth/v1/keyring.proto",
    ];

    pub(super) fn generate() -> Result<(), Box<dyn Error>> {
        // The whole folder: cargo looks at every file in it.
        println!("cargo::rerun-if-changed={INCLUDE}");
        let descriptors = protox::compile(FILES, [INCLUDE])?;
        tonic_prost_build::configure()
            // `connect` needs tonic's transport, which the library's users may not want. Clients are made with `new`.
            .build_transport(false)
            // Values and payloads pass through without being copied.
            .bytes(".")
            .compile_fds(descriptors)?;
        Ok(())
    }
}
