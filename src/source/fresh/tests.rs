use std::fs;

use super::*;

#[test]
fn what_is_unfinished_beside_a_file_is_known_by_its_name() {
    let table = [
        (".auth_token.AbC123.new", true),
        (".auth_token.abcde.new", false),
        (".auth_token.abcdefg.new", false),
        (".auth_token.abc_ef.new", false),
        (".auth_token.new", false),
        (".auth_token..new", false),
        (".auth_token.abcdef", false),
        ("auth_token.abcdef.new", false),
        (".auth_token.2.abcdef.new", false),
        (".other.abcdef.new", false),
        ("auth_token", false),
    ];
    for (name, fresh) in table {
        assert_eq!(is_fresh_name(OsStr::new(name), Path::new("/x/auth_token")), fresh, "{name}");
    }
    assert!(!is_fresh_name(OsStr::new(".abcdef.new"), Path::new("/")));
}

#[test]
fn a_fresh_file_has_such_a_name_and_is_gone_unless_it_is_put_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens");
    let names = || fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();

    let mut fresh = FreshFile::create(&path).unwrap();
    fresh.write(&["a", "\n"]).unwrap();
    let [name] = names().try_into().unwrap();
    assert!(is_fresh_name(&name, &path), "{name:?}");
    drop(fresh);
    assert!(names().is_empty());

    let mut fresh = FreshFile::create(&path).unwrap();
    fresh.write(&["a", "\n"]).unwrap();
    assert!(fresh.put_new().unwrap());
    assert!(!FreshFile::create(&path).unwrap().put_new().unwrap());
    let late = FreshFile::create(&path).unwrap();
    FreshFile::remove_stale(&path);
    assert!(!late.put_new().unwrap(), "a change of the file cleared it away");
    assert_eq!(fs::read_to_string(&path).unwrap(), "a\n");
    let mut fresh = FreshFile::create(&path).unwrap();
    fresh.write(&["b"]).unwrap();
    fresh.replace().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "b");
    assert_eq!(names(), ["tokens"]);
}

#[test]
fn only_what_is_unfinished_is_removed_and_only_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for name in ["token", ".token.abcdef.new", ".token.ABC123.new", ".token.abc.new", ".other.abcdef.new"] {
        fs::write(path(name), "tok").unwrap();
    }
    fs::create_dir(path(".token.folder.new")).unwrap();
    FreshFile::remove_stale(&path("token"));
    let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [".other.abcdef.new", ".token.abc.new", ".token.folder.new", "token"]);
}
