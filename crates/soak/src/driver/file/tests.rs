use ray_auth::Token;

use super::*;

fn tokens() -> (TokenSet, TokenSet) {
    let old = TokenSet::new(Token::generate());
    let new = old.clone().with_next(Token::generate()).unwrap();
    (old, new)
}

#[tokio::test]
async fn every_way_puts_the_tokens_there() {
    let parent = tempfile::tempdir().unwrap();
    let table = [
        (Layout::Plain, Way::Step),
        (Layout::Plain, Way::Rename),
        (Layout::Plain, Way::InPlace),
        (Layout::Volume, Way::Swap),
    ];
    for (layout, way) in table {
        let (old, new) = tokens();
        let file = TokenFile::create(parent.path().join(way.name()), layout, None, &old).unwrap();
        let change = Change::Stage(new.next().unwrap().clone());
        file.put(way, &change, &new, &mut Rng::with_seed(1)).await.unwrap();
        assert_eq!(fs::read_to_string(file.path()).unwrap(), *text(&new).unwrap(), "{}", way.name());
        assert!(file.changed_at().unwrap().elapsed().unwrap().as_secs() < 60, "{}", way.name());
    }
}

#[test]
fn what_is_left_of_a_cut_text_is_never_a_keyring() {
    let (old, new) = tokens();
    let promoted = TokenSet::new(Token::generate()).add_accepted(Token::generate()).unwrap();
    let mut rng = Rng::with_seed(1);
    for tokens in [old, new, promoted] {
        let text = text(&tokens).unwrap();
        for _ in 0..2_000 {
            let left = &text[..cut(&text, &mut rng)];
            let is_beginning = |token: &Token| {
                token.expose_secret().len() < tokens.primary().expose_secret().len()
                    && tokens.primary().expose_secret().starts_with(token.expose_secret())
            };
            assert!(KeyringText::parse(left).map_or(true, |parsed| is_beginning(parsed.tokens.primary())));
        }
    }
}
