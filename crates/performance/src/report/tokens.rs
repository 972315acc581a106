//! What more accepted tokens cost, longer ones, and every other case.

use super::cases::{ACCEPT, LENGTH, counted, float};
use super::figures::Figures;
use super::table::{NONE, Table, count, plural, times};

pub(super) fn text(figures: &Figures) -> String {
    let instructions = &figures.instructions;
    let tokens = counted(instructions, ACCEPT, "token");
    let mut text = String::from(
        "## As tokens grow in number and length\n\nEvery accepted token is compared with what a caller presents, wherever a match stands, so each\ncosts the same.\n",
    );
    if let (Some((fewest, first)), Some((most, last))) = (tokens.first(), tokens.last())
        && most > fewest
    {
        let each = float(last.instructions - first.instructions) / f64::from(most - fewest);
        text.push_str(&format!(
            "With {} a call is let in for {} instructions, with {} for {}: {each:.0} more for each.\n",
            plural(*fewest, "accepted token"),
            count(first.instructions),
            most,
            count(last.instructions),
        ));
        let mut table = Table::new(&["accepted tokens", "instructions", "times the first"]);
        for (tokens, row) in &tokens {
            table.row([
                tokens.to_string(),
                count(row.instructions),
                times(float(row.instructions) / float(first.instructions)),
            ]);
        }
        text.push_str(&format!("\n{}", table.text()));
    }
    let lengths = counted(instructions, LENGTH, "");
    if let (Some((shortest, first)), Some((longest, last))) = (lengths.first(), lengths.last())
        && longest > shortest
    {
        let each = float(last.instructions - first.instructions) / f64::from(longest - shortest);
        let mut table = Table::new(&["bytes of the token", "instructions"]);
        for (length, row) in &lengths {
            table.row([count(*length), count(row.instructions)]);
        }
        text.push_str(&format!(
            "\nFrom the shortest to the longest, a byte of the token costs {each:.1} instructions, with one token; one of Ray's form, with\n64 bytes, has a way of its own, which is shorter than that of others:\n\n{}",
            table.text()
        ));
    }
    text.push_str(
        "\n![Instructions of a call that is let in, by accepted tokens and by length](performance/tokens.svg)\n",
    );
    text.push_str(&format!("\nAll cases that were counted:\n\n{}", all(figures)));
    text
}

fn all(figures: &Figures) -> String {
    let mut table = Table::new(&["case", " whose", "instructions", "budget"]);
    for row in &figures.instructions.rows {
        let whose = if row.peer { "another crate's" } else { "ours" };
        table.row([&row.case, whose, &count(row.instructions), &row.budget.map_or_else(|| NONE.to_owned(), count)]);
    }
    table.text()
}
