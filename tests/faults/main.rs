//! What goes wrong between the module and the service, in one table: each fault in each function that can meet it, as
//! the built module does it, in a process of its own.
//!
//! The table itself is in [`table`]. A row is staged by [`scene`] and judged by [`row`]; here it is run and printed,
//! with what was measured.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on must fail, helpers included"
)]
#![allow(clippy::print_stdout, reason = "a row tells what it measured")]
#![allow(unreachable_pub, reason = "the parts of a test program share what they have")]

#[path = "../support/mod.rs"]
mod support;

mod certificates;
mod row;
mod scene;
mod table;

use std::io::Write as _;

use support::isolation::{Ended, in_own_process_side_by_side};

/// Nearly all of a row's time is spent waiting.
const ROWS_AT_A_TIME: usize = 10;

#[test]
fn every_fault_ends_as_the_table_says_and_the_next_call_succeeds() {
    let ended = in_own_process_side_by_side(table::rows(), ROWS_AT_A_TIME, |row| row::run(&row));
    print(&ended);
    let failed: Vec<&str> =
        ended.iter().filter(|ended| !ended.passed).map(|ended| ended.output.as_str()).collect();

    assert!(failed.is_empty(), "{} rows of {} failed:\n{}", failed.len(), ended.len(), failed.join("\n"));
}

/// Prints the table past the capture of the test's output: it is there to be read when all is well.
fn print(ended: &[Ended]) {
    let lines: Vec<&str> = ended.iter().filter_map(|ended| line(&ended.output)).collect();
    if lines.is_empty() {
        return;
    }
    let (heading, rule, count) = (row::HEADING, row::RULE, lines.len());
    let table = format!("\n{heading}\n{rule}\n{}\n{count} rows\n", lines.join("\n"));
    std::io::stdout().write_all(table.as_bytes()).unwrap();
}

fn line(output: &str) -> Option<&str> {
    output.lines().find_map(|line| line.strip_prefix(row::MARK))
}
