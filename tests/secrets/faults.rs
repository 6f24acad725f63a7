//! Every row of the table of faults, at the most verbose level: whatever goes wrong, nothing of the token is told, and
//! nothing is left of it in the end.

use std::sync::Mutex;

use crate::host::{Call, Host};
use crate::places::found;
use crate::row::{Function, Limit, Row};
use crate::scene::Scene;
use crate::secret::Secret;
use crate::support::artifacts;
use crate::table;

/// Nearly all of a row's time is spent waiting.
const ROWS_AT_A_TIME: usize = 10;

#[test]
fn nothing_of_a_token_is_told_or_left_by_any_fault() {
    let (rows, failed) = (Mutex::new(table::rows().into_iter()), Mutex::new(Vec::new()));
    let count = table::rows().len();
    let next = || rows.lock().unwrap().next();
    std::thread::scope(|scope| {
        for _ in 0..ROWS_AT_A_TIME {
            scope.spawn(|| {
                while let Some(row) = next() {
                    let places = places_after(&row);
                    if !places.is_empty() {
                        failed.lock().unwrap().push((row.fault, row.function, places));
                    }
                }
            });
        }
    });
    println!("{count} rows searched");

    assert!(failed.lock().unwrap().is_empty(), "{failed:#?}");
}

/// The places in which the token is found after the fault of a row and everything else.
fn places_after(row: &Row) -> Vec<(&'static str, String)> {
    let scene = Scene::new(&row.trouble);
    let pin = scene.emulator.pin();
    let mut host =
        Host::start(&artifacts::module(), &["--pin".to_owned(), pin.clone()], &variables(&scene, row));
    host.succeeds(&[Call::Initialize]);
    if signs(row.function) {
        host.succeeds(&[Call::Find]);
    }
    scene.begin(if signs(row.function) { "signHash" } else { "mySigningPolicies" });
    match row.function {
        Function::Login => host.log_in(&pin),
        Function::FindObjectsInit => host.call(Call::Find),
        Function::Sign => host.call(Call::Sign),
        Function::SignFinal => host.call(Call::SignParts),
    };
    scene.end();
    // it depends on the fault whether anybody is logged in
    host.call(Call::Logout);
    host.succeeds(&[Call::Finalize, Call::Clear]);
    found(&host, &scene.emulator, &Secret::new(&scene.emulator.token))
}

fn signs(function: Function) -> bool {
    matches!(function, Function::Sign | Function::SignFinal)
}

/// C_Login gets a PIN; the others find their credentials configured.
fn variables(scene: &Scene, row: &Row) -> Vec<(&'static str, String)> {
    let mut variables = scene.address();
    if row.function != Function::Login {
        variables.push(("SIGNPATH_ORGANIZATION_ID", scene.emulator.organization.clone()));
        variables.push(("SIGNPATH_API_TOKEN", scene.emulator.token.clone()));
    }
    let seconds = if matches!(row.limit, Limit::LongAttempt) { "20" } else { "1" };
    let settings = [
        ("SIGNPATH_LOG_CONSOLE_LEVEL", "verbose"),
        ("SIGNPATH_LOG_FILE_LEVEL", "verbose"),
        ("SIGNPATH_HTTP_REQUEST_TIMEOUT_IN_SECONDS", seconds),
        ("SIGNPATH_SERVICE_UNAVAILABLE_TIMEOUT_IN_SECONDS", seconds),
        ("SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY", "0.05"),
        ("SIGNPATH_TIMEOUTS_RETRY_COUNT", "2"),
    ];
    variables.extend(settings.map(|(name, value)| (name, value.to_owned())));
    variables
}
