use bytes::Bytes;

use super::Store;
use crate::bounds::{BoundError, Bounds};

fn store() -> Store {
    Store::new(Bounds::default())
}

fn filled(entries: &[(&str, &str, &str)]) -> Store {
    let store = store();
    for (namespace, key, value) in entries {
        store.put(namespace.as_bytes(), key.as_bytes(), value.as_bytes(), true).unwrap();
    }
    store
}

fn keys(store: &Store, namespace: &str, prefix: &str) -> Vec<Bytes> {
    store.keys(namespace.as_bytes(), prefix.as_bytes()).unwrap()
}

#[test]
fn put_adds_replaces_or_leaves() {
    // (what, value before, overwrite, added, value after)
    let cases = [
        ("new", None, false, true, "new"),
        ("new, to be replaced", None, true, true, "new"),
        ("there, to be kept", Some("old"), false, false, "old"),
        ("there, to be replaced", Some("old"), true, false, "new"),
        ("there and empty, to be kept", Some(""), false, false, ""),
    ];
    for (what, before, overwrite, added, after) in cases {
        let store = store();
        if let Some(before) = before {
            store.put(b"n", b"k", before.as_bytes(), true).unwrap();
        }
        assert_eq!(store.put(b"n", b"k", b"new", overwrite), Ok(added), "{what}");
        assert_eq!(store.get(b"n", b"k").as_deref(), Some(after.as_bytes()), "{what}");
        assert_eq!(store.usage(), (1, 2 + after.len()), "{what}");
    }
}

#[test]
fn namespaces_do_not_see_each_other() {
    let store = filled(&[("", "k", "1"), ("a", "k", "2"), ("ab", "k", "3")]);
    for (namespace, expected) in [("", Some("1")), ("a", Some("2")), ("ab", Some("3")), ("b", None)] {
        assert_eq!(store.get(namespace.as_bytes(), b"k").as_deref(), expected.map(str::as_bytes), "{namespace:?}");
        assert_eq!(store.exists(namespace.as_bytes(), b"k"), expected.is_some(), "{namespace:?}");
    }
    assert_eq!(store.delete(b"a", b"k", false), 1);
    assert_eq!(keys(&store, "ab", ""), ["k"]);
}

#[test]
fn keys_by_prefix() {
    let store = filled(&[("n", "", ""), ("n", "a", ""), ("n", "ab", ""), ("n", "abc", ""), ("n", "b", "")]);
    let cases: [(&str, &[&str]); 5] = [
        ("", &["", "a", "ab", "abc", "b"]),
        ("a", &["a", "ab", "abc"]),
        ("ab", &["ab", "abc"]),
        ("b", &["b"]),
        ("c", &[]),
    ];
    for (prefix, expected) in cases {
        assert_eq!(keys(&store, "n", prefix), expected, "{prefix:?}");
        assert_eq!(keys(&store, "other", prefix), [""; 0], "{prefix:?}");
    }
}

#[test]
fn a_prefix_may_end_in_the_highest_byte() {
    let store = store();
    for key in [&b"\xff"[..], b"\xff\xff", b"\xff\x00", b"\xfe"] {
        store.put(b"n", key, b"", true).unwrap();
    }
    assert_eq!(store.keys(b"n", b"\xff").unwrap(), [&b"\xff"[..], b"\xff\x00", b"\xff\xff"]);
    assert_eq!(store.delete(b"n", b"\xff", true), 3);
}

#[test]
fn delete_says_how_many_went() {
    // (what, key, by prefix, deleted, left)
    let cases: [(&str, &str, bool, usize, &[&str]); 6] = [
        ("one", "ab", false, 1, &["a", "abc", "b"]),
        ("missing", "x", false, 0, &["a", "ab", "abc", "b"]),
        ("a prefix that is no key", "abcd", true, 0, &["a", "ab", "abc", "b"]),
        ("a prefix that is a key", "ab", true, 2, &["a", "b"]),
        ("all", "", true, 4, &[]),
        ("the empty key", "", false, 0, &["a", "ab", "abc", "b"]),
    ];
    for (what, key, by_prefix, deleted, left) in cases {
        let store = filled(&[("n", "a", "1"), ("n", "ab", "2"), ("n", "abc", "3"), ("n", "b", "4")]);
        assert_eq!(store.delete(b"n", key.as_bytes(), by_prefix), deleted, "{what}");
        assert_eq!(keys(&store, "n", ""), left, "{what}");
        let bytes: usize = left.iter().map(|key| "n".len() + key.len() + 1).sum();
        assert_eq!(store.usage(), (left.len(), bytes), "{what}");
    }
    assert_eq!(store().delete(b"nowhere", b"", true), 0);
}

#[test]
fn an_empty_namespace_leaves_nothing_behind() {
    let store = store();
    for number in 0..100_u8 {
        store.put(&[number], b"k", b"v", true).unwrap();
        assert_eq!(store.delete(&[number], b"k", false), 1);
    }
    assert_eq!(store.usage(), (0, 0));
    assert!(store.read().namespaces.is_empty());
}

#[test]
fn multi_get_returns_each_present_key_once() {
    let store = filled(&[("n", "a", "1"), ("n", "b", ""), ("m", "c", "3")]);
    let asked: Vec<Bytes> = ["b", "a", "b", "c", "d"].into_iter().map(Bytes::from).collect();
    let expected = [("a", "1"), ("b", "")].map(|(key, value)| (Bytes::from(key), Bytes::from(value)));
    assert_eq!(store.multi_get(b"n", &asked), Ok(expected.to_vec()));
    assert_eq!(store.multi_get(b"nowhere", &asked), Ok(Vec::new()));
}

#[test]
fn what_passes_a_bound_is_refused_and_changes_nothing() {
    let bounds = Bounds { key_bytes: 4, value_bytes: 8, keys: 3, total_bytes: 26, ..Bounds::default() };
    type Put = (&'static str, &'static str, &'static str);
    let cases: [(&str, Put, Option<BoundError>); 9] = [
        ("key as long as allowed", ("n", "kkkk", ""), None),
        ("key too long", ("n", "kkkkk", ""), Some(BoundError::Key { len: 5, limit: 4 })),
        ("namespace as long as allowed", ("nnnn", "k", ""), None),
        ("namespace too long", ("nnnnn", "k", ""), Some(BoundError::Namespace { len: 5, limit: 4 })),
        ("value as long as allowed", ("n", "k", "vvvvvvvv"), None),
        ("value too long", ("n", "k", "vvvvvvvvv"), Some(BoundError::Value { len: 9, limit: 8 })),
        ("as many bytes in all as allowed", ("n", "kk", "vvvvvvv"), None),
        ("too many bytes in all", ("n", "kk", "vvvvvvvv"), Some(BoundError::TotalBytes { len: 27, limit: 26 })),
        (
            "a namespace counts with each key",
            ("nnn", "k", "vvvvvvv"),
            Some(BoundError::TotalBytes { len: 27, limit: 26 }),
        ),
    ];
    for (what, (namespace, key, value), refused) in cases {
        let store = Store::new(bounds.clone());
        for (key, value) in [("a", "12345678"), ("b", "1234")] {
            store.put(b"n", key.as_bytes(), value.as_bytes(), true).unwrap();
        }
        let added = store.put(namespace.as_bytes(), key.as_bytes(), value.as_bytes(), true);
        assert_eq!(added, refused.clone().map_or(Ok(true), Err), "{what}");
        if refused.is_some() {
            assert_eq!(store.usage(), (2, 16), "{what}");
            assert_eq!(keys(&store, "n", ""), ["a", "b"], "{what}");
            assert_eq!(store.get(b"n", b"a").as_deref(), Some(&b"12345678"[..]), "{what}");
        }
    }
}

#[test]
fn replacing_with_a_longer_value_counts_only_the_difference() {
    let bounds = Bounds { total_bytes: 10, ..Bounds::default() };
    let store = Store::new(bounds);
    store.put(b"n", b"k", b"12345678", true).unwrap();
    assert_eq!(store.put(b"n", b"k", b"87654321", true), Ok(false));
    let refused = store.put(b"n", b"k", b"123456789", true);
    assert_eq!(refused, Err(BoundError::TotalBytes { len: 11, limit: 10 }));
    assert_eq!(store.get(b"n", b"k").as_deref(), Some(&b"87654321"[..]));
    assert_eq!(store.put(b"n", b"k", b"", true), Ok(false));
    assert_eq!(store.usage(), (1, 2));
}

#[test]
fn a_full_store_takes_no_new_key_and_still_replaces() {
    let store = Store::new(Bounds { keys: 2, ..Bounds::default() });
    store.put(b"n", b"a", b"1", true).unwrap();
    store.put(b"m", b"b", b"2", true).unwrap();
    assert_eq!(store.put(b"n", b"c", b"3", true), Err(BoundError::Keys { limit: 2 }));
    assert_eq!(store.put(b"n", b"a", b"4", true), Ok(false));
    assert_eq!(store.put(b"n", b"a", b"5", false), Ok(false));
    store.delete(b"m", b"b", false);
    assert_eq!(store.put(b"n", b"c", b"3", true), Ok(true));
}

#[test]
fn a_reply_that_is_too_long_is_never_made() {
    // With these bounds a message holds 4 MiB.
    let store = Store::new(Bounds { value_bytes: 3 << 20, ..Bounds::default() });
    assert_eq!(store.bounds.message_bytes(), 4 << 20);
    let value = vec![0; 3 << 20];
    store.put(b"n", b"a", &value, true).unwrap();
    store.put(b"n", b"b", &value, true).unwrap();
    let too_long = BoundError::Reply { limit: 4 << 20 };
    let both = [Bytes::from("a"), Bytes::from("b")];
    assert_eq!(store.multi_get(b"n", &both[..1]).unwrap().len(), 1);
    assert_eq!(store.multi_get(b"n", &both), Err(too_long.clone()));

    let key = |number: u8| [&[number][..], &[b'k'; 65_535]].concat();
    for number in 0..64 {
        store.put(b"m", &key(number), b"", true).unwrap();
    }
    assert_eq!(store.keys(b"m", b""), Err(too_long));
    assert_eq!(store.keys(b"m", &[7]).unwrap(), [key(7)]);
}

#[test]
fn what_is_kept_does_not_keep_the_message_it_came_in() {
    let message = Bytes::from(vec![b'x'; 1 << 20]);
    let store = store();
    store.put(&message.slice(0..1), &message.slice(1..2), &message.slice(2..3), true).unwrap();
    assert!(message.is_unique());
}
