//! Disks that are full, or mounted in ways that do not let a file be replaced.

use crate::Home;
use crate::child::{As, Staged};

fn assert_untouched(what: &str, staged: &Staged) {
    assert_eq!(staged.text, "old\n", "{what}: {staged:?}");
    assert!(staged.names.iter().all(|name| !name.ends_with(".new")), "{what}: {staged:?}");
}

#[test]
fn on_a_full_disk_the_file_stays_as_it_is() {
    // No file may grow, and the signal that says so is ignored, so that writing fails as on a full disk.
    let home = Home::new("old\n");
    let limited = As { setup: Some("trap '' XFSZ && ulimit -f 0"), ..As::default() };
    let staged = limited.stage(&home.token).expect("every shell has limits");
    assert_eq!(staged.result, "Write", "{staged:?}");
    assert_untouched("a limit", &staged);
    assert!(staged.error.as_ref().is_some_and(|error| error.contains("(os error 27); mend that")), "{staged:?}");

    let full = "mount -t tmpfs -o size=8k none \"$FOLDER\" && echo old > \"$FILE\" && chmod 600 \"$FILE\" && \
                { cat /dev/zero > \"$FOLDER/rest\" 2>/dev/null; true; }";
    let home = Home::new("old\n");
    let Some(staged) = (As { setup: Some(full), mounts: true, ..As::default() }).stage(&home.token) else { return };
    assert_eq!(staged.result, "Write", "{staged:?}");
    assert_untouched("a full disk", &staged);
    assert!(staged.error.as_ref().is_some_and(|error| error.contains("(os error 28); mend that")), "{staged:?}");
}

#[test]
fn a_mount_that_does_not_let_a_file_be_replaced_is_named_with_the_way_out() {
    let read_only = "mount --bind \"$FOLDER\" \"$FOLDER\" && mount -o remount,bind,ro \"$FOLDER\"";
    let by_itself = "mount --bind \"$FILE\" \"$FILE\"";
    for (setup, result, way_out) in [
        (read_only, "ReadOnly", "change it where it is written"),
        (by_itself, "MountPoint", "mount the folder it is in instead"),
    ] {
        let home = Home::new("old\n");
        let Some(staged) = (As { setup: Some(setup), mounts: true, ..As::default() }).stage(&home.token) else {
            return;
        };
        assert_eq!(staged.result, result, "{staged:?}");
        assert_untouched(result, &staged);
        assert!(staged.error.as_ref().is_some_and(|error| error.contains(way_out)), "{staged:?}");
    }
}
