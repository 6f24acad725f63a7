//! `signpath-tool doctor`: what is wrong, for people, for scripts, and for a ticket.

use super::{print, print_json};
use crate::arguments::Output;
use crate::console::Console;
use crate::doctor::{self, Doctor};
use crate::outcome::Result;

pub(crate) fn run(arguments: &Doctor, console: &Console) -> Result<()> {
    let mut progress = console.progress();
    progress.show("examining the way from the configuration to a signature");
    let report = doctor::examine(arguments);
    drop(progress);
    match arguments.output.output {
        Output::Json => print_json(&report)?,
        Output::Text => print(report.text(console.paint_of_output()))?,
    }
    report.ending()
}
