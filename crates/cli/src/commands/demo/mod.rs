pub(crate) use clap::Args as _A;
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Args { }
pub(crate) fn run(_: Args) -> Result<crate::exit::Exit, crate::exit::Failure> { Ok(crate::exit::Exit::Done) }
