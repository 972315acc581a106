//! What nobody should read out of the figures.

pub(super) fn text() -> String {
    "\
## What the figures do not say

- Instructions are not time. A comparison with many instructions and no branches can be over sooner than a shorter one
  that waits for memory. They are counted since they repeat, and since what is counted is what a change of ours changes.
- Who is compared does not do the same. A header value that is fixed when a channel is built needs no look at a keyring,
  and cannot be changed while the process runs. A check that is written by hand accepts one token, counts no use of it, has
  no exemptions, and compares in constant time only if somebody saw to that.
- To tell a handler who called costs what any value in the map of a request's extensions does, and little more: the case
  `identity/a value inserted by hand` does nothing else. So the budget of `identity/tell the handler` is higher than the
  one it was meant to have, and to be within it does not say that this was met.
- webgates-tonic is counted by a program of its own, `benches/webgates/`, since it needs a newer compiler and many
  crates that nothing else does; so it has no row among the allocations.
- On loopback there is no network between client and server, and a handler that does next to nothing makes the layers'
  share as large as it can be. With a handler that works, it is smaller.
- Where calls a second fall and processor time does not, calls wait for each other longer and cost no more. Why they do at
  one load and not at the next was not looked into.
- Client and server of the calls over loopback share one machine's cores. The ratio of with and without stands; calls a
  second for a server that has a machine of its own are others.
- Ray's servers and ours do not do the same in a call. Their rows show what a cluster's members do anyway, and what their
  own check costs them; they are no race.
- That dudect found nothing is no proof. It is one machine, one compiler and one function; what was compiled otherwise may
  behave otherwise. The counts of instructions say more, and do not see what the processor does with each.
"
    .to_owned()
}
