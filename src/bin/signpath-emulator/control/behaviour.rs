//! How the emulator answers: shapes and faults.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Mistake, done, listed, read};
use crate::emulator::Emulator;
use crate::faults::description;
use crate::http::ReceivedRequest;
use crate::http::answer::Answer;
use crate::shapes::{Shape, Shapes};

/// A shape as the control interface shows it.
#[derive(Serialize)]
struct ShapeReport {
    key: &'static str,
    value: &'static str,
    values: &'static [&'static str],
    about: &'static str,
}

/// Every shape with its value and those that it could have.
pub(super) fn list_shapes(emulator: &Emulator) -> Answer {
    let choices = emulator.shapes().choices();
    let report = |(shape, (key, value)): (&Shape, (&'static str, &'static str))| ShapeReport {
        key,
        value,
        values: shape.values,
        about: shape.about,
    };
    listed("shapes", Shapes::TABLE.iter().zip(choices).map(report).collect())
}

/// Changes the shapes named in `{"key": "value", …}`; all of them, or none when one is wrong.
pub(super) fn change_shapes(emulator: &Emulator, request: &ReceivedRequest) -> Result<Answer, Mistake> {
    let changes: BTreeMap<String, Value> = read(request)?;
    let mut shapes = emulator.shapes();
    for (key, value) in changes {
        // `true` and `400` may be written without quotation marks.
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        shapes.set(&key, &value).map_err(|unknown| Mistake::invalid(unknown.to_string()))?;
    }
    Ok(done(|| emulator.set_shapes(shapes)))
}

/// Queues one fault, or an array of them; all of them, or none when one is wrong.
pub(super) fn add_faults(emulator: &Emulator, request: &ReceivedRequest) -> Result<Answer, Mistake> {
    let is_array = request.body.trim_ascii_start().starts_with(b"[");
    let descriptions: Vec<Box<RawValue>> = if is_array { read(request)? } else { vec![read(request)?] };
    let faults: Vec<_> = descriptions
        .iter()
        .enumerate()
        .map(|(position, json)| {
            description::read(json)
                .map_err(|reason| Mistake::invalid(format!("fault {}: {reason}", position + 1)))
        })
        .collect::<Result<_, _>>()?;
    Ok(done(|| faults.into_iter().for_each(|fault| emulator.faults.push(fault))))
}
