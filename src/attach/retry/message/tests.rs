use http::HeaderMap;
use http_body_util::{BodyExt, Full, StreamBody};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const LIMIT: usize = 64;

/// What a body gives when it is asked.
#[derive(Clone, Debug)]
enum Answer {
    Data(Vec<u8>),
    Trailers,
    Error,
    NotYet,
}

/// A body that gives these answers, and nothing more after them. It panics when it is asked after its end.
struct Script {
    answers: VecDeque<Answer>,
    ended: bool,
}

impl http_body::Body for Script {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        assert!(!self.ended, "asked after its end");
        match self.answers.pop_front() {
            Some(Answer::Data(data)) => Poll::Ready(Some(Ok(Frame::data(data.into())))),
            Some(Answer::Trailers) => Poll::Ready(Some(Ok(Frame::trailers(HeaderMap::new())))),
            Some(Answer::Error) => Poll::Ready(Some(Err(Status::data_loss("broken")))),
            Some(Answer::NotYet) => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            None => {
                self.ended = true;
                Poll::Ready(None)
            }
        }
    }
}

fn body(answers: &[Answer]) -> Body {
    Body::new(Script { answers: answers.iter().cloned().collect(), ended: false })
}

/// All that a body gives, as bytes and a word for what is not bytes.
fn drain(mut body: Body) -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut given = Vec::new();
        while let Some(frame) = body.frame().await {
            match frame.map(Frame::into_data) {
                Ok(Ok(data)) => given.extend_from_slice(&data),
                Ok(Err(_)) => given.extend_from_slice(b"<trailers>"),
                Err(status) => given.extend_from_slice(status.message().as_bytes()),
            }
        }
        given
    })
}

fn expected(answers: &[Answer]) -> Vec<u8> {
    let mut given = Vec::new();
    for answer in answers {
        match answer {
            Answer::Data(data) => given.extend_from_slice(data),
            Answer::Trailers => given.extend_from_slice(b"<trailers>"),
            Answer::Error => given.extend_from_slice(b"broken"),
            Answer::NotYet => {}
        }
    }
    given
}

/// A gRPC message of these bytes.
fn framed(payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&[0][..], &length, payload].concat()
}

/// Whether a body is to be taken as one message, told in another way than the code does: by all its bytes at once.
fn is_one_message(answers: &[Answer], limit: usize) -> bool {
    let plain = answers.iter().all(|answer| matches!(answer, Answer::Data(_)));
    let bytes = expected(answers);
    plain
        && answers.len() < MAX_PIECES
        && bytes.len() <= limit
        && bytes.split_first_chunk().is_some_and(|(prefix, payload): (&[u8; PREFIX], _)| {
            u32::from_be_bytes([prefix[1], prefix[2], prefix[3], prefix[4]]) as usize == payload.len()
        })
}

fn answers() -> impl Strategy<Value = Vec<Answer>> {
    let bytes = || vec(any::<u8>(), 0..12);
    let other = prop_oneof![Just(Answer::Trailers), Just(Answer::Error), Just(Answer::NotYet)];
    // One message, cut anywhere, any number of times.
    let cut = (vec(any::<u8>(), 0..80), vec(any::<prop::sample::Index>(), 0..18)).prop_map(|(payload, cuts)| {
        let whole = framed(&payload);
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(whole.len() + 1)).collect();
        cuts.extend([0, whole.len()]);
        cuts.sort_unstable();
        cuts.windows(2).map(|ends| Answer::Data(whole[ends[0]..ends[1]].to_vec())).collect::<Vec<_>>()
    });
    let anything = vec(
        prop_oneof![
            4 => bytes().prop_map(Answer::Data),
            4 => bytes().prop_map(|payload| Answer::Data(framed(&payload))),
            1 => other
        ],
        0..20,
    );
    let mixed = (cut.clone(), anything.clone(), any::<prop::sample::Index>()).prop_map(|(mut cut, anything, place)| {
        let place = place.index(cut.len() + 1);
        cut.splice(place..place, anything.into_iter().take(1));
        cut
    });
    prop_oneof![cut, anything, mixed]
}

proptest! {
    #[test]
    fn what_goes_on_is_what_came_and_what_is_sent_again_is_the_same(answers in answers(), limit in 0..LIMIT) {
        let sent = expected(&answers);
        match look(body(&answers), limit) {
            Looked::Whole(message) => {
                prop_assert!(is_one_message(&answers, limit), "{:?}", answers);
                prop_assert_eq!(drain(message.to_body()), &sent[..], "the first time");
                prop_assert_eq!(drain(message.to_body()), &sent[..], "the second time");
            }
            Looked::Other(body) => {
                prop_assert!(!is_one_message(&answers, limit), "{:?}", answers);
                prop_assert_eq!(drain(body), sent);
            }
        }
    }
}

/// Counts how often it is asked; each time it gives the same.
struct Endless {
    data: Bytes,
    asked: std::sync::Arc<std::sync::atomic::AtomicUsize>,
}

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        self.asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(self.data.clone()))))
    }
}

#[test]
fn a_stream_is_not_taken_further_than_to_see_that_it_is_one() {
    let large = [&[0, 0xff, 0xff, 0xff, 0xff][..], &[7; 100]].concat();
    let table = [
        ("messages", framed(b"hello"), 2),
        ("two messages at once", framed(b"hello").repeat(2), 1),
        ("empty frames", Vec::new(), MAX_PIECES),
        ("single bytes of a message", vec![0], PREFIX + 1),
        ("a message over the limit", large, 1),
    ];
    for (name, data, most) in table {
        let asked = std::sync::Arc::default();
        let endless = Endless { data: data.into(), asked: std::sync::Arc::clone(&asked) };
        assert!(matches!(look(Body::new(endless), LIMIT), Looked::Other(_)), "{name}");
        assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), most, "{name}");
    }
}

#[test]
fn the_limit_is_inclusive_and_counts_the_prefix() {
    let is_whole = |payload: usize, limit| {
        matches!(look(Body::new(Full::from(framed(&vec![0; payload]))), limit), Looked::Whole(_))
    };
    assert!(is_whole(LIMIT - PREFIX, LIMIT));
    assert!(!is_whole(LIMIT - PREFIX + 1, LIMIT));
    assert!(is_whole(0, PREFIX));
    assert!(!is_whole(0, PREFIX - 1));
    assert!(!is_whole(0, 0));
}

#[test]
fn the_size_that_is_announced_is_the_bodys_own() {
    let known = || Body::new(Full::from(framed(b"hello")));
    let unknown = || {
        let frames = [Ok::<_, Status>(Frame::data(Bytes::from(framed(b"hello"))))];
        Body::new(StreamBody::new(tokio_stream::iter(frames)))
    };
    for body in [known, unknown as fn() -> Body] {
        let exact = body().size_hint().exact();
        let Looked::Whole(message) = look(body(), LIMIT) else { panic!("one message") };
        for _ in 0..2 {
            assert_eq!(message.to_body().size_hint().exact(), exact);
            assert!(!message.to_body().is_end_stream());
        }
    }
    let trailers = body(&[Answer::Data(framed(b"hello")), Answer::Trailers]);
    let Looked::Other(body) = look(trailers, LIMIT) else { panic!("trailers are not part of a message") };
    assert_eq!(body.size_hint().exact(), None);
}

#[test]
fn an_empty_body_stays_empty() {
    let Looked::Other(body) = look(Body::empty(), LIMIT) else { panic!("no message") };
    assert!(body.is_end_stream());
    assert_eq!(body.size_hint().exact(), Some(0));
}
