//! `signpath-tool submit`: an artifact, such as the archive of `generate --zip`, signed by SignPath.

use signpath_pkcs11::signpath::Submitted;

use super::{leave, print_request};
use crate::arguments::Submit;
use crate::command_line;
use crate::console::Console;
use crate::files;
use crate::interruption::Interruption;
use crate::outcome::{Ending, Exit, Result};
use crate::service::Service;
use crate::signed_artifact::LARGEST;
use crate::signing_request;

pub(crate) fn run(arguments: &Submit, console: &Console) -> Result<()> {
    let service = Service::configured()?;
    let request = match (&arguments.waiting.resume, &arguments.artifact) {
        (Some(id), _) => signing_request::resumed(&service, id)?,
        (None, Some(path)) => {
            files::must_be_writable(&arguments.signed_artifact, path)?;
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
            let submission = service.submission(&arguments.request, &name, files::read(path)?)?;
            signing_request::submit(&service, console, &submission)?
        }
        (None, None) => {
            return Err(Ending::new(
                Exit::Configuration,
                "no artifact is given; name a file, or use --resume",
            ));
        }
    };
    let again = again(&request, arguments);
    if arguments.waiting.no_wait {
        return leave(&request, &again, console, arguments.output.output);
    }
    let interruption = Interruption::watch(&service.client, console, &again)?;
    let finished = finish(&service, console, &request, arguments, &interruption);
    finished.map_err(|ending| ending.with_command(&again))?;
    print_request(&request, arguments.output.output)
}

fn finish(
    service: &Service,
    console: &Console,
    request: &Submitted,
    arguments: &Submit,
    interruption: &Interruption,
) -> Result<()> {
    signing_request::wait(service, console, request, arguments.waiting.limit(), interruption)?;
    let signed = service.client.signed_artifact(&service.user, &request.id, LARGEST)?;
    files::write(&arguments.signed_artifact, &signed)?;
    console.say(&format!("wrote {}", arguments.signed_artifact.display()));
    Ok(())
}

fn again(request: &Submitted, arguments: &Submit) -> String {
    let path = arguments.signed_artifact.display().to_string();
    let id = request.id.to_string();
    command_line::of(&["signpath-tool", "submit", "--resume", &id, "--signed-artifact", &path])
}
