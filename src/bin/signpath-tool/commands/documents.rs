//! `signpath-tool completions` and `signpath-tool man`: what packages install beside the tool, made from its command
//! line.

use clap::CommandFactory;
use clap_mangen::Man;

use super::print;
use crate::arguments::{self, Arguments};
use crate::console::Console;
use crate::outcome::{Ending, Exit, Result};

/// Prints what a shell reads.
pub(crate) fn completions(arguments: &arguments::Completions) -> Result<()> {
    let mut script = Vec::new();
    let mut command = Arguments::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    print(script)
}

/// Prints the tool's page, or writes one for each command into a folder.
pub(crate) fn man(arguments: &arguments::Man, console: &Console) -> Result<()> {
    let command = Arguments::command();
    let Some(folder) = &arguments.out else {
        let mut page = Vec::new();
        Man::new(command)
            .render(&mut page)
            .map_err(|error| Ending::new(Exit::Failed, format!("writing the manual page: {error}")))?;
        return print(page);
    };
    clap_mangen::generate_to(command, folder).map_err(|error| {
        let message =
            format!("writing manual pages into {}: {error}; name a folder that exists", folder.display());
        Ending::new(Exit::Configuration, message)
    })?;
    console.say(&format!("wrote manual pages into {}", folder.display()));
    Ok(())
}
