use super::*;

fn token(text: &str) -> Token {
    Token::parse(text).unwrap()
}

/// A set of primary `a` and the given others.
fn tokens(next: Option<&str>, accepted: &[&str]) -> TokenSet {
    let tokens = TokenSet::new(token("a"));
    let tokens = next.into_iter().fold(tokens, |tokens, next| tokens.with_next(token(next)).unwrap());
    accepted.iter().fold(tokens, |tokens, text| tokens.add_accepted(token(text)).unwrap())
}

fn set(primary: &str, accepted: &[&str]) -> TokenSet {
    accepted.iter().fold(TokenSet::new(token(primary)), |tokens, text| tokens.add_accepted(token(text)).unwrap())
}

/// A set's tokens by role, as `primary next accepted…`.
fn shape(tokens: &TokenSet) -> String {
    let next = tokens.next().map_or("-", Token::expose_secret);
    let accepted: Vec<_> = tokens.accepted().iter().map(Token::expose_secret).collect();
    format!("{} {next} {}", tokens.primary().expose_secret(), accepted.join(","))
}

fn named(text: &str) -> Option<Selector> {
    Some(token(text).fingerprint().into())
}

/// The name of a case, the set it starts from, and the change.
type Case = (&'static str, Option<&'static str>, &'static [&'static str], Change);

#[test]
fn a_change_does_what_it_says() {
    use Change::{Abort, DangerousInstall, Install, Promote, Retire, Stage};
    let table: [(Case, &str); 15] = [
        (("stage", None, &[], Stage(token("b"))), "a b "),
        (("promote", Some("b"), &[], Promote(None)), "b - a"),
        (("promote the named", Some("b"), &[], Promote(named("b"))), "b - a"),
        (("promote keeps what was accepted", Some("b"), &["z"], Promote(None)), "b - a,z"),
        (("retire", None, &["z"], Retire(None)), "a - "),
        (("retire all", None, &["y", "z"], Retire(None)), "a - "),
        (("retire the named", None, &["x", "y", "z"], Retire(named("y"))), "a - x,z"),
        (("abort", Some("b"), &[], Abort), "a - "),
        (("abort keeps what was accepted", Some("b"), &["z"], Abort), "a - z"),
        (("install a stage", None, &[], Install(tokens(Some("b"), &[]))), "a b "),
        (("install a promotion", Some("b"), &[], Install(set("b", &["a"]))), "b - a"),
        (("install a retirement", None, &["z"], Install(set("a", &[]))), "a - "),
        (("install the way back", None, &["z"], Install(set("z", &["a"]))), "z - a"),
        (("install another by force", Some("b"), &["z"], DangerousInstall(set("n", &[]))), "n - "),
        (("install over a skipped step by force", None, &[], DangerousInstall(set("b", &["a"]))), "b - a"),
    ];
    for ((name, next, accepted, change), after) in table {
        let changed = change.apply(&tokens(next, accepted)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(changed.as_ref().map(shape).as_deref(), Some(after), "{name}");
    }
    let generated = Change::StageGenerated.apply(&tokens(None, &[])).unwrap().unwrap();
    assert!(generated.primary().matches("a"));
    assert_eq!(generated.next().unwrap().expose_secret().len(), 64);
}

#[test]
fn a_change_made_twice_changes_nothing_the_second_time() {
    use Change::{Abort, DangerousInstall, Install, Promote, Retire, Stage, StageGenerated};
    let table: [Case; 15] = [
        ("stage", Some("b"), &[], Stage(token("b"))),
        ("stage, an old one accepted by hand", Some("b"), &["z"], Stage(token("b"))),
        ("stage any", Some("b"), &[], StageGenerated),
        ("promote", None, &["z"], Promote(None)),
        ("promote the primary", None, &["z"], Promote(named("a"))),
        ("promote the primary, long ago", None, &[], Promote(named("a"))),
        ("promote the primary, another staged", Some("b"), &[], Promote(named("a"))),
        ("retire", None, &[], Retire(None)),
        ("retire one that is gone", None, &[], Retire(named("z"))),
        ("retire one that is gone, of several", None, &["y"], Retire(named("z"))),
        ("abort", None, &[], Abort),
        ("abort after promote", None, &["z"], Abort),
        ("install", Some("b"), &["z"], Install(tokens(Some("b"), &["z"]))),
        ("install by force", Some("b"), &["z"], DangerousInstall(tokens(Some("b"), &["z"]))),
        ("install one", None, &[], Install(tokens(None, &[]))),
    ];
    for (name, next, accepted, change) in table {
        let changed = change.apply(&tokens(next, accepted));
        assert_eq!(changed.map(|changed| changed.as_ref().map(shape)), Ok(None), "{name}");
    }
}

#[test]
fn a_change_that_would_break_a_cluster_is_refused() {
    use Change::{Install, Promote, Retire, Stage, StageGenerated};
    use KeyringError::{
        AlreadyPrimary, AlreadyStaged, NothingStaged, PrimaryDropped, PrimaryNotAccepted, RotationUnfinished,
        StillStaged,
    };
    let asked = |text: &str| Selector::from(token(text).fingerprint());
    let rule = ChangeError::Rule;
    let table: [(Case, ChangeError); 17] = [
        (("stage over another", Some("b"), &[], Stage(token("c"))), rule(AlreadyStaged)),
        (("stage the primary", None, &[], Stage(token("a"))), rule(AlreadyPrimary)),
        (("stage before retire", None, &["z"], Stage(token("b"))), rule(RotationUnfinished)),
        (("stage the old one", None, &["z"], Stage(token("z"))), rule(RotationUnfinished)),
        (("stage any before retire", None, &["z"], StageGenerated), rule(RotationUnfinished)),
        (("promote nothing", None, &[], Promote(None)), rule(NothingStaged)),
        (("promote what is not there", None, &[], Promote(named("b"))), rule(NothingStaged)),
        (("promote the old one", None, &["z"], Promote(named("z"))), rule(NothingStaged)),
        (("promote another", Some("b"), &[], Promote(named("c"))), ChangeError::OtherStaged { asked: asked("c") }),
        (("retire before promote", Some("b"), &["z"], Retire(None)), rule(StillStaged)),
        (("retire the named before promote", Some("b"), &["z"], Retire(named("z"))), rule(StillStaged)),
        (("retire the staged", Some("b"), &[], Retire(named("b"))), rule(StillStaged)),
        (("retire the primary", None, &["z"], Retire(named("a"))), ChangeError::IsPrimary { asked: asked("a") }),
        (
            ("retire the primary too early", Some("b"), &[], Retire(named("a"))),
            ChangeError::IsPrimary { asked: asked("a") },
        ),
        (("install without stage", None, &[], Install(set("b", &["a"]))), rule(PrimaryNotAccepted)),
        (("install without accepting the old", Some("b"), &[], Install(set("b", &[]))), rule(PrimaryDropped)),
        (("install another cluster's", None, &[], Install(set("x", &[]))), rule(PrimaryNotAccepted)),
    ];
    for ((name, next, accepted, change), error) in table {
        let changed = change.apply(&tokens(next, accepted));
        assert_eq!(changed.map(|changed| changed.as_ref().map(shape)), Err(error), "{name}");
    }
}

#[test]
fn a_filter_gives_text_in_the_form_this_crate_writes() {
    let filtered = Change::Stage(token("b")).filter("a\r\n# mine\nstray\naccept a\n").unwrap();
    assert_eq!((filtered.step, filtered.ignored.as_slice()), (Step::Done, &[3][..]));
    let staged = "a\n# ray-auth keyring: 2 tokens\nnext b\n# ray-auth keyring: 2 tokens\n";
    assert_eq!(filtered.expose_text(), staged);
    assert_eq!((shape(&filtered.before.unwrap()), shape(&filtered.tokens)), ("a - ".to_owned(), "a b ".to_owned()));

    for same in ["a\nnext b", staged] {
        let filtered = Change::Stage(token("b")).filter(same).unwrap();
        assert_eq!((filtered.step, filtered.expose_text()), (Step::AlreadyDone, staged));
    }
}

#[test]
fn a_filter_refuses_malformed_text_unless_it_does_not_matter() {
    use crate::token::TokenError;
    for text in ["", "a\nnext \n", "a\naccept b\n# ray-auth keyring: 3 tokens\n"] {
        assert!(matches!(Change::Abort.filter(text), Err(FilterError::Text(_))), "{text}");
        assert!(matches!(Change::Install(set("a", &[])).filter(text), Err(FilterError::Text(_))), "{text}");
        let filtered = Change::DangerousInstall(set("n", &["o"])).filter(text).unwrap();
        assert_eq!((filtered.step, filtered.before.is_none()), (Step::Done, true));
        assert_eq!(filtered.expose_text(), "n\n# ray-auth keyring: 2 tokens\naccept o\n# ray-auth keyring: 2 tokens\n");
    }
    let error = Change::Abort.filter(" ").unwrap_err();
    assert_eq!(error, FilterError::Text(crate::source::KeyringTextError::Primary(TokenError::Empty)));
    assert!(error.to_string().starts_with("the keyring is malformed: line 1: the token is empty"), "{error}");
}

#[test]
fn a_token_that_reads_like_another_line_is_not_staged() {
    let keyword = Err(FilterError::Refused(ChangeError::Keyword));
    let refused = |change: Change, text: &str| change.filter(text).map(|filtered| shape(&filtered.tokens));
    assert_eq!(refused(Change::Stage(token("next b")), "a"), keyword);
    assert_eq!(refused(Change::Stage(token("b")), "accept a"), keyword);
    assert_eq!(refused(Change::Install(tokens(Some("accept b"), &[])), "a"), keyword);
    assert_eq!(refused(Change::Stage(token("next")), "a"), Ok("a next ".to_owned()));
}

#[test]
fn debug_shows_no_token() {
    let filtered = Change::Stage(token("hunter2hunter2")).filter("5ecret5ecret").unwrap();
    let shown = format!("{filtered:?} {:?}", Change::Stage(token("hunter2hunter2")));
    assert!(!shown.contains("hunter2") && !shown.contains("5ecret"), "{shown}");
}
