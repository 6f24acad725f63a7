//! Other programs, run with a time limit: one that hangs must not keep the report back.

use std::io::{self, ErrorKind, Read};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

/// No program that is asked here for more than its name and version has anything to wait for.
pub(super) const LIMIT: Duration = Duration::from_secs(20);

/// What a program writes until it ends; what fits into a pipe, for one that writes more does not end.
///
/// # Errors
///
/// It cannot be started, or has not ended within [`LIMIT`], which is `ErrorKind::TimedOut`.
pub(super) fn output(command: &mut Command) -> io::Result<Output> {
    let pipes = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn()?;
    let status = ended(&mut child)?;
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let _ = child.stdout.take().map(|mut pipe| pipe.read_to_end(&mut stdout));
    let _ = child.stderr.take().map(|mut pipe| pipe.read_to_end(&mut stderr));
    Ok(Output { status, stdout, stderr })
}

fn ended(child: &mut Child) -> io::Result<ExitStatus> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if started.elapsed() > LIMIT {
            let _ = child.kill();
            let _ = child.wait();
            return Err(io::Error::new(
                ErrorKind::TimedOut,
                format!("it has not ended within {} s", LIMIT.as_secs()),
            ));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
