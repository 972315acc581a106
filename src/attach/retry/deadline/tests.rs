use std::time::Duration;

use http::HeaderValue;

use super::*;

fn headers(timeout: &str) -> HeaderMap {
    HeaderMap::from_iter([(GRPC_TIMEOUT, HeaderValue::from_str(timeout).unwrap())])
}

#[test]
fn what_is_left_is_never_more_than_the_caller_gave() {
    let second = Duration::from_secs(1);
    let table = [
        ("1S", Duration::ZERO, "1000000u"),
        ("1S", Duration::from_nanos(1), "999999u"),
        ("1S", Duration::from_millis(999), "1000000n"),
        ("1S", second, "1n"),
        ("1S", 10 * second, "1n"),
        ("0S", Duration::ZERO, "1n"),
        ("30S", second, "29000000u"),
        ("5000m", second, "4000000u"),
        ("250u", Duration::from_micros(50), "200000n"),
        ("90n", Duration::from_nanos(20), "70n"),
        ("10M", second, "599000m"),
        ("99999999H", second, "99999998H"),
        ("1000H", second, "3599999S"),
    ];
    for (given, spent, left) in table {
        let mut headers = headers(given);
        let deadline = Deadline::of(&headers).unwrap();
        deadline.put_rest(&mut headers, deadline.since + spent);
        assert_eq!(headers[GRPC_TIMEOUT], left, "{given} after {spent:?}");
        assert!(parse(&headers[GRPC_TIMEOUT]).unwrap() <= deadline.nanos.max(1));
        assert_eq!(headers.get_all(GRPC_TIMEOUT).iter().count(), 1);
    }
}

#[test]
fn what_is_no_timeout_is_left_alone() {
    for text in ["", "S", "1", "1s", "123456789S", "-1S", "+1S", "1.5S", "1 S", "S1", "1SS"] {
        assert!(Deadline::of(&headers(text)).is_none(), "{text}");
    }
    let mut odd = HeaderMap::new();
    odd.insert(GRPC_TIMEOUT, HeaderValue::from_bytes(b"1\xff").unwrap());
    assert!(Deadline::of(&odd).is_none());
    assert!(Deadline::of(&HeaderMap::new()).is_none());
}
