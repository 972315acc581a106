//! What a rotation of a whole cluster is like: its steps, what it costs, and what fails when somebody does not wait.

use super::super::table::{NONE, Table, count};
use super::{bytes, float};
use crate::data::scale::{RotationRow, Scale};

pub(super) fn text(scale: &Scale) -> String {
    format!(
        "### A rotation\n\nAll nodes read one Secret, and a rotation changes it three times: stage, promote, retire. `Watch`, `Cache` and\n\
         `Get` are the ways in which a kubelet finds a change. The operator asks all processes before each next step, and\n\
         leaves time for calls that wait. Seconds are from the change of the Secret on:\n\n{}\n\
         In these no call may fail. So many calls were tried twice: by chance between two nodes at a time, and at the worst\n\
         moments, just before and when a sender changed its token. To spare is the time between the last node that accepted the\n\
         new token and the first that sent it, and between the last call with the old token and the first node that refused it:\n\n{}\n\
         What a rotation costs: messages from the API server, the most of them in one second, the requests that nodes made\n\
         meanwhile, and the processor time of all nodes and of the operator's machine:\n\n{}\n\
         The controls break one rule each, and calls fail in them; so the simulation sees what it is there to see:\n\n{}",
        steps(scale),
        calls(scale.rotations.iter().filter(|row| row.must_hold)),
        costs(&scale.rotations),
        calls(scale.rotations.iter().filter(|row| !row.must_hold)),
    )
}

/// Calls that failed in a rotation, tried in either way.
pub(super) fn failed(row: &RotationRow) -> u64 {
    row.failed + row.failed_at_changes
}

fn steps(scale: &Scale) -> String {
    let mut table = Table::new(&[
        "rotation",
        " step",
        "begun after, s",
        "half of the nodes, s",
        "99%",
        "all",
        "operator knew",
        "asked all, times",
    ]);
    for row in &scale.steps {
        let confirmed = row.confirmed_s.map_or_else(|| NONE.to_owned(), seconds);
        let [begun, half, nearly_all, all] = [row.begun_s, row.half_s, row.nearly_all_s, row.all_s].map(seconds);
        table.row([&row.variant, &row.step, &begun, &half, &nearly_all, &all, &confirmed, &count(row.rounds)]);
    }
    table.text()
}

fn calls<'a>(rows: impl Iterator<Item = &'a RotationRow>) -> String {
    let mut table = Table::new(&[
        "rotation",
        "nodes",
        "length, s",
        "calls",
        "failed by chance",
        "failed at the worst moments",
        "to spare before promote, s",
        "before retire, s",
        "nodes that were away",
    ]);
    for row in rows {
        let failed =
            |failed: u64| if row.must_hold && failed > 0 { format!("**{}**", count(failed)) } else { count(failed) };
        table.row([
            row.variant.clone(),
            count(row.nodes),
            seconds(row.length_s),
            count(row.calls),
            failed(row.failed),
            failed(row.failed_at_changes),
            seconds(row.margin_accept_s),
            seconds(row.margin_retire_s),
            count(row.restarted),
        ]);
    }
    table.text()
}

fn costs(rows: &[RotationRow]) -> String {
    let mut table = Table::new(&[
        "rotation",
        "messages",
        "in one second",
        "requests",
        "sent",
        "reloads",
        "processor time of them, s",
        "processes asked",
        "processor time of that, s",
    ]);
    for row in rows.iter().filter(|row| row.must_hold) {
        table.row([
            row.variant.clone(),
            count(row.api_messages),
            count(row.api_messages_in_busiest_second),
            count(row.api_requests),
            bytes(float(row.api_bytes)),
            count(row.reloads),
            seconds(row.reload_cpu_s),
            count(row.asks),
            seconds(row.ask_cpu_s),
        ]);
    }
    table.text()
}

fn seconds(time: f64) -> String {
    format!("{time:.1}")
}
