//! How long a call takes in the real layers, on this machine and now. Nothing is assumed of its clock or of how many
//! instructions it does a cycle.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::task::{Context, Poll};
use std::time::Instant;

use anyhow::{Context as _, Result};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, TE};
use http::{Request, Response};
use ray_auth::{AddTokenLayer, Keyring, RequireTokenLayer, Token, TokenSet};
use tower_layer::Layer;
use tower_service::Service;

use super::inputs::Inputs;
use crate::data::scale::CheckRow;

/// Calls in one window of one case: their requests are made before, and so few are still in the processor's cache.
const WINDOW: usize = 100;
/// Windows of each case, one after the other in turn, so that whatever else the machine does falls on all of them.
const WINDOWS: usize = 1_000;
/// How far the time that instructions predict may be from the time measured: they differ in how long they take (attach has
/// more atomic ones, which take long), and others share the machine.
const TOLERANCE: f64 = 2.0;

/// Nanoseconds of one call, over those of the same call without a layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nanos {
    pub(crate) attach: f64,
    pub(crate) accept_1: f64,
    pub(crate) accept_3: f64,
}

impl Nanos {
    /// Times the layers.
    ///
    /// # Errors
    ///
    /// When a request cannot be made.
    pub(crate) fn measure() -> Result<Self> {
        let (one, credential) = keyring(1)?;
        let (three, third) = keyring(3)?;
        let mut attach = AddTokenLayer::new(one.clone()).layer(NoOp);
        let mut accept_1 = RequireTokenLayer::new(one).layer(NoOp);
        let mut accept_3 = RequireTokenLayer::new(three).layer(NoOp);
        let mut times: [Vec<f64>; 5] = Default::default();
        for _ in 0..WINDOWS {
            let window = [
                time(&mut NoOp, None)?,
                time(&mut attach, None)?,
                time(&mut NoOp, Some(&credential))?,
                time(&mut accept_1, Some(&credential))?,
                time(&mut accept_3, Some(&third))?,
            ];
            times.iter_mut().zip(window).for_each(|(times, time)| times.push(time));
        }
        let [bare, attach, with_header, accept_1, accept_3] = times.map(median);
        // What is not longer than nothing was measured badly; the checks will say so.
        let over = |time: f64, without: f64| (time - without).max(0.1);
        Ok(Self {
            attach: over(attach, bare),
            accept_1: over(accept_1, with_header),
            accept_3: over(accept_3, with_header),
        })
    }

    /// Instructions in a nanosecond, in a call that is sent and accepted with three tokens: so that each of its parts, and
    /// accepting with one, can be checked with it.
    pub(crate) fn instructions_per_nano(self, inputs: Inputs) -> f64 {
        (inputs.attach + inputs.accept_3) / (self.attach + self.accept_3)
    }

    /// What instructions predict of each case, against what was measured.
    pub(crate) fn checks(self, inputs: Inputs, optimized: bool) -> Vec<CheckRow> {
        let rate = self.instructions_per_nano(inputs);
        let cases = [
            ("attach", inputs.attach, self.attach),
            ("accept, 1 token", inputs.accept_1, self.accept_1),
            ("accept, 3 tokens", inputs.accept_3, self.accept_3),
        ];
        let check = |(what, instructions, measured): (&str, f64, f64)| {
            let modelled = instructions / rate;
            let (low, high) = (modelled / TOLERANCE, modelled * TOLERANCE);
            CheckRow {
                what: format!("time of a call: {what}"),
                unit: "ns".to_owned(),
                modelled,
                measured,
                low,
                high,
                // The instructions are those of a build with optimizations.
                holds: !optimized || (low..=high).contains(&measured),
            }
        };
        cases.map(check).into()
    }
}

/// Answers at once, so that what is measured is what stands around it.
#[derive(Clone)]
struct NoOp;

impl Service<Request<()>> for NoOp {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        black_box(request);
        ready(Ok(Response::new(())))
    }
}

/// A keyring of so many tokens, and the credential that is compared last.
fn keyring(count: usize) -> Result<(Keyring, HeaderValue)> {
    let mut last = Token::generate();
    let mut tokens = TokenSet::new(last.clone());
    for _ in 1..count {
        last = Token::generate();
        tokens = tokens.add_accepted(last.clone())?;
    }
    let mut credential = HeaderValue::try_from(format!("Bearer {}", last.expose_secret()))?;
    credential.set_sensitive(true);
    Ok((Keyring::with_tokens(tokens), credential))
}

/// What a gRPC client sends.
fn request(credential: Option<&HeaderValue>) -> Result<Request<()>> {
    let mut request = Request::post("/ray.rpc.NodeInfoGcsService/CheckAlive")
        .header(TE, "trailers")
        .header(CONTENT_TYPE, "application/grpc")
        .body(())
        .context("the request is not valid")?;
    if let Some(credential) = credential {
        request.headers_mut().insert(AUTHORIZATION, credential.clone());
    }
    Ok(request)
}

/// Nanoseconds of one call, in one window.
fn time<S: Service<Request<()>>>(service: &mut S, credential: Option<&HeaderValue>) -> Result<f64> {
    // Each is made anew: a clone has no room for one more header, which a client's request has.
    let requests = (0..WINDOW).map(|_| request(credential)).collect::<Result<Vec<_>>>()?;
    let begun = Instant::now();
    for request in requests {
        drop(black_box(service.call(request)));
    }
    Ok(begun.elapsed().as_secs_f64() * 1e9 / WINDOW as f64)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prediction_holds_within_its_tolerance_and_only_with_optimizations() {
        let inputs = Inputs { attach: 300.0, accept_1: 400.0, accept_3: 500.0, header_bytes: 70.0 };
        // 800 instructions in 160 ns: 60 ns are predicted for attach, 80 ns and 100 ns for accept.
        let table = [
            ((60.0, 80.0, 100.0), true, [true, true, true]),
            ((60.0, 160.0, 100.0), true, [true, true, true]),
            ((60.0, 39.0, 100.0), true, [true, false, true]),
            ((60.0, 161.0, 100.0), true, [true, false, true]),
            ((10.0, 80.0, 150.0), true, [false, true, true]),
            ((10.0, 161.0, 150.0), false, [true, true, true]),
        ];
        for ((attach, accept_1, accept_3), optimized, expected) in table {
            let checks = Nanos { attach, accept_1, accept_3 }.checks(inputs, optimized);
            assert_eq!(checks.iter().map(|check| check.modelled).collect::<Vec<_>>(), [60.0, 80.0, 100.0]);
            let holds: Vec<_> = checks.iter().map(|check| check.holds).collect();
            assert_eq!(holds, expected, "{attach}, {accept_1} and {accept_3}, optimized: {optimized}");
        }
    }

    #[test]
    fn the_layers_take_time() {
        let nanos = Nanos::measure().unwrap();
        for time in [nanos.attach, nanos.accept_1, nanos.accept_3] {
            assert!(time.is_finite() && time > 0.0, "{nanos:?}");
        }
    }
}
