//! `noctule completions` and `noctule man`: the grammar of the command line, for shells and `man`.

use clap::CommandFactory as _;
use noctule_num::{InputError, hint};

use super::print;
use crate::cli::Cli;
use crate::exit::{Done, Failure};

pub(crate) fn completions(shell: clap_complete::Shell) -> Result<Done, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "noctule", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Done::Done)
}

pub(crate) fn man(verb: Option<&str>) -> Result<Done, Failure> {
    let mut command = Cli::command();
    command.build();
    if let Some(name) = verb {
        let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        let Some(found) = command.find_subcommand(name) else {
            let error = InputError::new("there is no such verb", "verb", name, hint::list(&names));
            return Err(hint::with_guess(error, name, &names).into());
        };
        command = found.clone();
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    print(&String::from_utf8_lossy(&page))?;
    Ok(Done::Done)
}
