//! Connections to the API server.

use futures_util::future::{join, join_all};

use crate::api::{Api, held};
use crate::caller::Server;

#[tokio::test]
async fn reviews_at_once_do_not_shake_hands_each_time() {
    const WAVES: usize = 40;
    const AT_ONCE: usize = 16;
    let api = Api::start().await;
    let server = Server::usual(&api);
    api.answer(held);
    for wave in 1..=WAVES {
        let callers = join_all((0..AT_ONCE).map(|caller| server.status(format!("bad-{wave}-{caller}"))));
        let (seen, ()) = join(callers, async {
            api.under_way(wave * AT_ONCE).await;
            api.release();
        })
        .await;
        assert_eq!(seen, [16; AT_ONCE]);
    }
    // A review takes whatever is there first, a new connection or one that was given back, so that there may be some more.
    let connections = api.connections();
    assert!((AT_ONCE..=4 * AT_ONCE).contains(&connections), "{connections} for {WAVES} times {AT_ONCE} reviews");
}
