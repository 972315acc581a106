use super::{ClusterId, ParseClusterIdError};

#[test]
fn written_and_read_again() {
    let mut bytes = [0; ClusterId::LEN];
    (0..).zip(&mut bytes).for_each(|(number, byte): (u8, _)| *byte = number.wrapping_mul(37));
    let id = ClusterId::from_bytes(bytes);
    let text = "00254a6f94b9de03284d7297bce1062b50759abfe4092e53789dc2e7";
    assert_eq!(id.to_string(), text);
    assert_eq!(id.digits(), text.as_bytes());
    assert_eq!(text.parse(), Ok(id));
    assert_eq!(format!("{id:?}"), format!("ClusterId({text})"));
}

#[test]
fn what_is_no_identifier() {
    let cases = [
        ("nothing", String::new()),
        ("too short", "a".repeat(55)),
        ("too long", "a".repeat(57)),
        ("upper case", "A".repeat(56)),
        ("not a digit", "g".repeat(56)),
        ("as many bytes, not ASCII", "ä".repeat(28)),
        ("blanks around", format!(" {} ", "a".repeat(54))),
    ];
    for (what, text) in cases {
        assert_eq!(text.parse::<ClusterId>(), Err(ParseClusterIdError), "{what}");
    }
}

#[test]
fn random_ones_differ() {
    assert_ne!(ClusterId::random(), ClusterId::random());
    assert_ne!(ClusterId::random(), ClusterId::NIL);
}
