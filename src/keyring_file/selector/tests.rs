use super::*;

#[test]
fn a_selector_is_a_fingerprint_as_it_is_shown_in_either_case() {
    let token = Token::parse("abc").unwrap();
    for text in ["cc7903c27dfb", "CC7903C27DFB"] {
        let selector: Selector = text.parse().unwrap();
        assert!(selector.names(&token));
        assert_eq!(selector, Selector::from(token.fingerprint()));
        assert_eq!(selector.to_string(), "cc7903c27dfb");
        assert_eq!(format!("{selector:?}"), "Selector(cc7903c27dfb)");
    }
    assert!(!"cc7903c27dfc".parse::<Selector>().unwrap().names(&token));
    for text in ["", "cc7903c27df", "cc7903c27dfb0", "cc7903c27dfg", " c7903c27dfb", "weak-primary", "\u{e4}c7903c27df"]
    {
        assert_eq!(text.parse::<Selector>(), Err(SelectorError), "{text}");
    }
}

#[test]
fn of_two_tokens_with_one_fingerprint_none_is_guessed() {
    let [one, other, asked] = ["111111111111", "222222222222", "111111111111"].map(|text| text.parse().unwrap());
    let among = |selectors: &[Selector]| Selector::check_among(asked, selectors.iter().copied());
    assert_eq!(among(&[]), Ok(()));
    assert_eq!(among(&[other, other]), Ok(()));
    assert_eq!(among(&[other, one]), Ok(()));
    assert_eq!(among(&[one, other, one]), Err(ChangeError::Ambiguous { asked }));
}
