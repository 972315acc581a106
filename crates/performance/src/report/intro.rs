//! What is measured and how, and how to do it again.

pub(super) fn text() -> String {
    "\
# What the layers cost

This page is made by `ray-auth-performance report` from the data in [performance/](performance/): no figure on it is
written by hand. It says what a call costs more because its token is attached and validated, beside what others cost that
do the same.

## What is measured, and how

- **Instructions of one call**, counted by callgrind. Each case is run with two numbers of calls, and the difference of
  the counts is divided by the difference of the numbers, so that what starting costs falls out. The same is done with
  the same call to a service that does nothing, and that is subtracted. Such counts repeat with the same compiler and the
  same versions; times do not. All who are compared are in one program, but for webgates-tonic.
- **Allocations of one call**, counted by an allocator, over the same call to a service that does nothing.
- **Time**, where there is no other way: calls over loopback and on two threads, in windows with the layers and without
  in turn, so that what else the machine does meets both. A ratio stands with the bounds of its 95% interval over the pairs of windows.

Read ratios, and those of one table only. How long a call takes on this machine says nothing of yours.
"
    .to_owned()
}

pub(super) fn anew() -> String {
    "\
## Taking it anew

On a quiet machine with valgrind, and real Ray for the rows that have its name (`interop/setup` installs it):

```sh
cargo run --release -p ray-auth-performance -- measure && cargo run --release -p ray-auth-performance -- report
```

The first takes everything anew and writes the data, the second makes this page, its plots and the table in the README of
them. `measure --only instructions allocations` takes those two; a measurement that fails leaves what was there.
`report --check` writes nothing and says whether the page is what the data give. The data of each measurement are one
file, which says more than the tables here.
"
    .to_owned()
}
