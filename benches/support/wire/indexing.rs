//! A client whose HPACK encoder keeps what it sent in the connection's table, the token included: what `dangerous_indexed`
//! permits, and tonic's encoder does not do.

use httlib_hpack::Encoder;

use super::recording::Call;
use super::representation::Fields;

/// Keeps all that tonic's encoder keeps, and the token.
const KEPT: u8 = Encoder::BEST_FORMAT | Encoder::HUFFMAN_NAME | Encoder::HUFFMAN_VALUE | Encoder::WITH_INDEXING;
/// tonic's encoder sends the path in full with each call. So does this one: they shall differ in the token alone.
const NOT_KEPT: u8 = KEPT & !Encoder::WITH_INDEXING;

/// The same calls, with each list of headers encoded anew.
pub(crate) fn encode(calls: &[Call], fields: &[Fields]) -> Vec<Call> {
    let mut encoder = Encoder::default();
    let encoded = calls.iter().zip(fields).map(|(call, fields)| {
        let mut call = call.clone();
        call.headers.payload.clear();
        for (name, value) in fields {
            let flags = if name == b":path" { NOT_KEPT } else { KEPT };
            let field = (name.clone(), value.clone(), flags);
            encoder.encode(field, &mut call.headers.payload).expect("what was decoded can be encoded");
        }
        call
    });
    encoded.collect()
}
