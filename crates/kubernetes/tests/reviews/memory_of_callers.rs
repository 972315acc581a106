//! What is remembered, for how long, and who waits for whom.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use ray_auth_kubernetes::Verifier;
use serde_json::json;

use crate::api::{Api, Kind, Reply, held, usual};
use crate::caller::{Call, Server, bearer};

/// Lets time pass for the verifier alone.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// A token that says when it ends.
fn jwt(name: &str, lasts: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({"sub": name, "exp": i64::try_from(now).unwrap() + lasts}).to_string();
    format!("{}.{}.good", BASE64_URL_SAFE_NO_PAD.encode("{}"), BASE64_URL_SAFE_NO_PAD.encode(claims))
}

#[tokio::test]
async fn an_approval_counts_from_the_reviews_on_and_is_not_prolonged_by_use() {
    let api = Api::start().await;
    let server = Server::usual(&api);
    for (after, reviews) in [(0, 1), (299, 1), (2, 2), (298, 2), (3, 3)] {
        pass(Duration::from_secs(after)).await;
        assert_eq!(server.status("good").await, 0);
        assert_eq!(api.reviews(), (reviews, reviews), "after {after} s more");
    }
    let short = Server::new(&api, Verifier::builder().ttl(Duration::from_secs(30)));
    for (after, reviews) in [(0, 4), (29, 4), (2, 5)] {
        pass(Duration::from_secs(after)).await;
        assert_eq!(short.status("good").await, 0);
        assert_eq!(api.reviews(), (reviews, reviews), "after {after} s more");
    }
    let never = Server::new(&api, Verifier::builder().ttl(Duration::ZERO));
    assert_eq!((never.status("good").await, never.status("good").await), (0, 0));
    assert_eq!(api.reviews(), (7, 7));
    let greedy = Server::new(&api, Verifier::builder().ttl(Duration::MAX));
    assert_eq!(greedy.status("good").await, 0);
    pass(Duration::from_secs(301)).await;
    assert_eq!(greedy.status("good").await, 0);
    assert_eq!(api.reviews(), (9, 9));
}

#[tokio::test]
async fn a_token_counts_no_longer_than_it_says_of_itself() {
    let api = Api::start().await;
    let server = Server::usual(&api);
    let short = jwt("ada", 60);
    assert_eq!(server.status(&short).await, 0);
    pass(Duration::from_secs(50)).await;
    assert_eq!(server.status(&short).await, 0);
    assert_eq!(api.reviews(), (1, 1));
    pass(Duration::from_secs(15)).await;
    // The verifier's time has passed and the system's clock has not: the token is asked about again.
    assert_eq!(server.status(&short).await, 0);
    assert_eq!(api.reviews(), (2, 2));
    for over in [jwt("ada", -1), jwt("ada", -100_000)] {
        assert_eq!(server.status(&over).await, 16);
    }
    assert_eq!(api.reviews(), (2, 2), "what is over by its own word is not asked about");
}

#[tokio::test]
async fn a_no_counts_for_a_while_and_a_right_that_is_given_is_noticed() {
    let api = Api::start().await;
    let server = Server::usual(&api);
    assert_eq!(server.status("bad").await, 16);
    assert_eq!(server.status("denied").await, 16);
    pass(Duration::from_secs(9)).await;
    assert_eq!((server.status("bad").await, server.status("denied").await), (16, 16));
    assert_eq!(api.reviews(), (2, 1));
    api.answer(|kind, review| match kind {
        Kind::Token => usual(kind, &json!({"spec": {"token": "good"}})),
        Kind::Access => usual(kind, review),
    });
    pass(Duration::from_secs(2)).await;
    assert_eq!((server.status("bad").await, server.status("denied").await), (0, 0));
}

#[tokio::test]
async fn a_right_that_is_taken_away_ends_with_the_approval() {
    let api = Api::start().await;
    let server = Server::usual(&api);
    assert_eq!(server.status("good").await, 0);
    api.answer(|_, _| Reply::Json(201, json!({"status": {"authenticated": false}})));
    pass(Duration::from_secs(299)).await;
    assert_eq!(server.status("good").await, 0);
    pass(Duration::from_secs(2)).await;
    assert_eq!(server.status("good").await, 16);
    assert_eq!(server.status("good").await, 16);
    assert_eq!(api.reviews(), (2, 1));
}

#[tokio::test]
async fn who_was_let_in_goes_on_while_nobody_can_be_asked_only_where_that_was_chosen() {
    for (stale, after) in [(0, 14), (600, 0)] {
        let api = Api::start().await;
        let server = Server::new(&api, Verifier::builder().stale_if_error(Duration::from_secs(stale)));
        let (opaque, short) = ("good".to_owned(), jwt("ada", 400));
        assert_eq!((server.status(&opaque).await, server.status(&short).await), (0, 0));
        api.answer(|_, _| Reply::Text(503, ""));
        assert_eq!(server.status(&opaque).await, 0, "from what is remembered");
        pass(Duration::from_secs(301)).await;
        assert_eq!((server.status(&opaque).await, server.status(&short).await), (after, after), "{stale}");
        assert_eq!(server.status("good-and-new").await, 14, "nobody new");
        pass(Duration::from_secs(100)).await;
        assert_eq!(server.status(&short).await, 14, "{stale}: not beyond the token's own end");
        pass(Duration::from_secs(500)).await;
        assert_eq!(server.status(&opaque).await, 14, "{stale}: not for ever");
        api.answer(usual);
        assert_eq!(server.status(&opaque).await, 0);
    }
}

#[tokio::test]
async fn who_calls_cannot_choose_that_nobody_can_be_asked() {
    let api = Api::start().await;
    let builder = Verifier::builder().stale_if_error(Duration::from_secs(3_600)).max_reviews(4);
    let server = Server::new(&api, builder);
    assert_eq!(server.status("good").await, 0);
    pass(Duration::from_secs(301)).await;
    api.answer(|_, _| Reply::Silence);
    let hasty = Call { timeout: Some("1m"), ..bearer("good") };
    assert_eq!(server.call(hasty).await.0, 14, "in less time than anybody can answer");
    let junk = Call { timeout: Some("1m"), ..bearer("junk") };
    assert_eq!(server.call(junk).await.0, 14, "its own address has no review left");
    assert_eq!(server.status("other").await, 14);
}

#[tokio::test]
async fn while_the_api_server_is_silent_who_was_let_in_need_not_wait_for_it() {
    let api = Api::start().await;
    let builder = Verifier::builder().stale_if_error(Duration::from_secs(3_600)).deadline(Duration::from_millis(200));
    let server = Server::new(&api, builder);
    assert_eq!(server.status("good").await, 0);
    pass(Duration::from_secs(301)).await;
    api.answer(|_, _| Reply::Silence);
    assert_eq!(server.status("good").await, 0, "after the deadline");
    assert_eq!(server.status("good").await, 0, "at once");
    // The review that nobody waits for finds out that the right is gone.
    api.answer(|_, _| Reply::Json(201, json!({"status": {"authenticated": false}})));
    let found_out = async {
        while server.status("good").await == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), found_out).await.unwrap();
    assert_eq!(server.status("good").await, 16);
}

#[tokio::test]
async fn twenty_callers_of_one_token_make_one_review_of_each_kind() {
    let api = Api::start().await;
    let server = Server::usual(&api);
    let seen = join_all((0..20).map(|_| server.status("good"))).await;
    assert_eq!((seen, api.reviews()), (vec![0; 20], (1, 1)));
    let seen = join_all((0..20).map(|_| server.status("bad"))).await;
    assert_eq!((seen, api.reviews()), (vec![16; 20], (2, 1)));
}

#[tokio::test]
async fn one_who_gives_up_takes_nobodys_answer_away() {
    let api = Api::start().await;
    api.answer(held);
    let server = Server::usual(&api);
    let first = tokio::spawn({
        let server = server.clone();
        async move { server.status("good").await }
    });
    api.under_way(1).await;
    let second = tokio::spawn({
        let server = server.clone();
        async move { server.status("good").await }
    });
    let hasty = Call { timeout: Some("1m"), ..bearer("good") };
    assert_eq!(server.call(hasty).await.0, 14, "waits for nobody longer than it was told to");
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    let landed = async {
        loop {
            api.release();
            if server.status("good").await == 0 {
                break;
            }
        }
    };
    let released = async {
        let second = second;
        second.await.unwrap()
    };
    let release = async {
        loop {
            api.release();
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        seen = released => assert_eq!(seen, 0),
        () = release => unreachable!(),
    }
    landed.await;
    assert_eq!(api.reviews(), (1, 1), "one review served all");
}

#[tokio::test]
async fn a_review_under_way_holds_up_nobody_else() {
    let api = Api::start().await;
    let server = Server::usual(&api);
    assert_eq!(server.status("good-and-known").await, 0);
    assert_eq!(server.status("bad-and-known").await, 16);
    api.answer(|_, _| Reply::Silence);
    let waiting = tokio::spawn({
        let server = server.clone();
        async move { server.status("good-and-new").await }
    });
    api.under_way(3).await;
    assert_eq!(server.status("good-and-known").await, 0);
    assert_eq!(server.status("bad-and-known").await, 16);
    assert_eq!(server.call(Call { authorization: None, ..bearer("") }).await.0, 16);
    assert!(!waiting.is_finished());
    waiting.abort();
}

#[tokio::test]
async fn bad_tokens_displace_no_good_ones_and_one_address_crowds_out_no_other() {
    let api = Api::start().await;
    let server = Server::new(&api, Verifier::builder().capacity(4, 4).max_reviews(8));
    assert_eq!(server.status("good").await, 0);
    for bad in 0..200 {
        assert_eq!(server.status(format!("bad-{bad}")).await, 16);
    }
    assert_eq!(server.status("good").await, 0);
    assert_eq!(api.reviews(), (201, 1), "the good one was remembered");

    api.answer(held);
    let from = |token: &str, from: &'static str| {
        let (server, call) = (server.clone(), Call { from, ..bearer(token) });
        tokio::spawn(async move { server.call(call).await.0 })
    };
    let flood: Vec<_> = (0..50).map(|n| from(&format!("flood-{n}"), "10.0.0.66:1")).collect();
    let turned_away = async {
        while flood.iter().filter(|call| call.is_finished()).count() < 48 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), turned_away).await.expect("a quarter of the reviews are its own");
    let member = from("good-and-new", "10.0.0.7:1");
    api.under_way(201 + 3).await;
    assert_eq!(server.call(Call { from: "10.0.0.66:2", ..bearer("more") }).await.0, 14);
    api.answer(usual);
    let release = async {
        loop {
            api.release();
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        seen = member => assert_eq!(seen.unwrap(), 0),
        () = release => unreachable!(),
    }
}
