//! Every misuse of a function that its arguments allow, and the answer that is right.
//!
//! Of several mistakes the first in this order decides: not initialised, bad handle, bad argument, not supported. The
//! standard leaves the order open (PKCS#11 v3.1 section 5.1); this is the one in which nothing is said about what
//! somebody may not even see.

use cryptoki_sys::*;
use signpath_pkcs11::token::names::ReturnValue;

use super::arguments::{Argument, Change};
use super::functions::{Begun, Function};
use super::stage::Stage;

/// A way to call a function.
pub struct Misuse {
    pub kind: Kind,
    pub changes: Vec<(usize, Change)>,
    /// What was begun in the session.
    pub begun: Begun,
    pub expected: ReturnValue,
    /// The length that is told, where one is.
    pub told: Option<CK_ULONG>,
}

/// Kinds of misuse, as they are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    NotInitialized,
    EverythingWrongAndNotInitialized,
    Right,
    BadHandle,
    EverythingWrong,
    EverythingButTheSessionWrong,
    NullPointer,
    NullWhereAllowed,
    Reserved,
    Room,
    HostileLength,
    HostileParameter,
    HostileValue,
    NothingBegun,
    AlreadyBegun,
}

impl Kind {
    pub fn in_words(self) -> &'static str {
        match self {
            Self::NotInitialized => "before C_Initialize",
            Self::EverythingWrongAndNotInitialized => {
                "before C_Initialize, every handle 0, every pointer NULL"
            }
            Self::Right => "right arguments",
            Self::BadHandle => "a handle that is 0, was valid once, or is the greatest number",
            Self::EverythingWrong => "every handle 0, every pointer NULL",
            Self::EverythingButTheSessionWrong => "the same, but a valid session",
            Self::NullPointer => "a needed pointer NULL",
            Self::NullWhereAllowed => "a pointer NULL that may be",
            Self::Reserved => "a reserved pointer not NULL",
            Self::Room => "room for 0, 1, one less, all, one more",
            Self::HostileLength => "a length beyond all memory",
            Self::HostileParameter => "a mechanism's parameter NULL, or of a length beyond all memory",
            Self::HostileValue => "an attribute's value NULL, or of a length beyond all memory",
            Self::NothingBegun => "without the operation that it continues",
            Self::AlreadyBegun => "while the operation that it begins is active",
        }
    }
}

/// Lengths that no host can mean.
const HOSTILE: [CK_ULONG; 4] = [CK_ULONG::MAX, 1 << 63, (1 << 63) - 1, 1 << 56];

/// One that memory could have, and no process has.
const MORE_THAN_THERE_IS: CK_ULONG = 1 << 50;

/// Every misuse of a function in an initialised module.
pub fn misuses(function: &Function, stage: &Stage) -> Vec<Misuse> {
    let mut all = vec![of(function, Kind::Right, Vec::new(), function.right)];
    all.extend(bad_handles(function, stage));
    all.extend(everything_wrong(function));
    all.extend(pointers(function));
    all.extend(rooms(function));
    all.extend(lengths(function));
    all.extend(values(function));
    all.extend(operations(function));
    all
}

/// How a function is called before C_Initialize.
pub fn misuses_before_initialize(function: &Function) -> Vec<Misuse> {
    let expected = match function.name {
        "C_Initialize" | "C_GetFunctionList" | "C_GetInterfaceList" | "C_GetInterface" => {
            return vec![of(function, Kind::NotInitialized, Vec::new(), ReturnValue::OK)];
        }
        _ => ReturnValue::CRYPTOKI_NOT_INITIALIZED,
    };
    let wrong = wrong_arguments(function, |_| true);
    vec![
        of(function, Kind::NotInitialized, Vec::new(), expected),
        of(function, Kind::EverythingWrongAndNotInitialized, wrong, expected),
    ]
}

fn of(function: &Function, kind: Kind, changes: Vec<(usize, Change)>, expected: ReturnValue) -> Misuse {
    Misuse { kind, changes, begun: function.begun, expected, told: None }
}

fn places(function: &Function, wanted: impl Fn(Argument) -> bool) -> Vec<usize> {
    let wanted = function.arguments.iter().enumerate().filter(|(_, argument)| wanted(**argument));
    wanted.map(|(index, _)| index).collect()
}

fn bad_handles(function: &Function, stage: &Stage) -> Vec<Misuse> {
    let mut all = Vec::new();
    for (index, argument) in function.arguments.iter().enumerate() {
        let Some(expected) = argument.refusal_of_handle() else { continue };
        let former = match argument {
            Argument::Slot => 2,
            Argument::Session => stage.closed_session,
            _ => stage.former_key,
        };
        for handle in [0, former, CK_ULONG::MAX] {
            let change = (index, Change::Word(handle as usize));
            all.push(of(function, Kind::BadHandle, vec![change], expected));
        }
    }
    all
}

fn everything_wrong(function: &Function) -> Vec<Misuse> {
    let is_handle = |argument: &Argument| argument.refusal_of_handle().is_some();
    let handles: Vec<&Argument> = function.arguments.iter().filter(|argument| is_handle(argument)).collect();
    let refusal = |place: usize| handles.get(place).and_then(|argument| argument.refusal_of_handle());
    let but_session = wrong_arguments(function, |argument| argument != Argument::Session);
    let first = refusal(0)
        .map(|value| of(function, Kind::EverythingWrong, wrong_arguments(function, |_| true), value));
    let second = refusal(1).map(|value| of(function, Kind::EverythingButTheSessionWrong, but_session, value));
    first.into_iter().chain(second).collect()
}

/// Every handle 0, every pointer NULL.
fn wrong_arguments(function: &Function, which: impl Fn(Argument) -> bool) -> Vec<(usize, Change)> {
    let wrong = places(function, |argument| {
        let is_pointer = argument.is_needed_pointer() || argument.is_optional_pointer();
        (argument.refusal_of_handle().is_some() || is_pointer) && which(argument)
    });
    wrong.into_iter().map(|index| (index, Change::Word(0))).collect()
}

fn pointers(function: &Function) -> Vec<Misuse> {
    let changed = |kind, index, word, value| of(function, kind, vec![(index, Change::Word(word))], value);
    let needed = places(function, Argument::is_needed_pointer)
        .into_iter()
        .map(|index| changed(Kind::NullPointer, index, 0, ReturnValue::ARGUMENTS_BAD));
    let optional = places(function, Argument::is_optional_pointer).into_iter().map(|index| {
        let told = exact_room(function, index).filter(|_| function.right == ReturnValue::OK);
        Misuse { told, ..changed(Kind::NullWhereAllowed, index, 0, function.right) }
    });
    let reserved = places(function, |argument| argument == Argument::Reserved)
        .into_iter()
        .map(|index| changed(Kind::Reserved, index, 8, ReturnValue::ARGUMENTS_BAD));
    needed.chain(optional).chain(reserved).collect()
}

fn exact_room(function: &Function, index: usize) -> Option<CK_ULONG> {
    match function.arguments.get(index) {
        Some(Argument::Buffer(_, count)) => Some(*count as CK_ULONG),
        _ => None,
    }
}

fn rooms(function: &Function) -> Vec<Misuse> {
    let mut all = Vec::new();
    for index in places(function, |argument| matches!(argument, Argument::Buffer(..))) {
        let exact = exact_room(function, index).unwrap();
        for room in [0, 1, exact - 1, exact, exact + 1] {
            let too_small = room < exact && function.right == ReturnValue::OK;
            let expected = if too_small { ReturnValue::BUFFER_TOO_SMALL } else { function.right };
            let told = Some(exact).filter(|_| function.right == ReturnValue::OK);
            let changes = vec![(index, Change::Room(room as usize))];
            all.push(Misuse { told, ..of(function, Kind::Room, changes, expected) });
        }
        let told = Some(exact).filter(|_| function.right == ReturnValue::OK);
        let changes = vec![(index, Change::RoomSaidToBe(CK_ULONG::MAX))];
        all.push(Misuse { told, ..of(function, Kind::HostileLength, changes, function.right) });
    }
    all
}

fn lengths(function: &Function) -> Vec<Misuse> {
    let mut all = Vec::new();
    for (index, argument) in function.arguments.iter().enumerate() {
        for length in HOSTILE {
            let mut add =
                |kind, change, expected| all.push(of(function, kind, vec![(index, change)], expected));
            match argument {
                Argument::Length => {
                    add(Kind::HostileLength, Change::Word(length as usize), ReturnValue::ARGUMENTS_BAD);
                }
                // as many as there are, which the host knows to be few
                Argument::Most(_) => add(Kind::HostileLength, Change::Word(length as usize), function.right),
                Argument::Mechanism(_) => {
                    let [parameter, null] = refusals_of_parameter(function);
                    add(Kind::HostileParameter, Change::Parameter(length), parameter);
                    add(Kind::HostileParameter, Change::NullParameter(length), null);
                }
                Argument::Template => {
                    add(Kind::HostileValue, Change::Value(length), ReturnValue::ARGUMENTS_BAD);
                }
                Argument::Attributes => add(Kind::HostileValue, Change::Value(length), function.right),
                _ => {}
            }
        }
    }
    all
}

/// What may be wrong with the value in a template, but for its length.
fn values(function: &Function) -> Vec<Misuse> {
    let of_value = |index, change, value| of(function, Kind::HostileValue, vec![(index, change)], value);
    let templates =
        places(function, |argument| argument == Argument::Template).into_iter().flat_map(|index| {
            let too_much = Change::Value(MORE_THAN_THERE_IS);
            [
                of_value(index, too_much, ReturnValue::HOST_MEMORY),
                of_value(index, Change::NullValue, ReturnValue::ARGUMENTS_BAD),
            ]
        });
    // where values come out, NULL asks for a length
    let attributes = places(function, |argument| argument == Argument::Attributes)
        .into_iter()
        .map(|index| of_value(index, Change::NullValue, function.right));
    templates.chain(attributes).collect()
}

/// What is refused is not looked into.
fn refusals_of_parameter(function: &Function) -> [ReturnValue; 2] {
    match function.right {
        ReturnValue::OK => [ReturnValue::MECHANISM_PARAM_INVALID, ReturnValue::ARGUMENTS_BAD],
        refused => [refused, refused],
    }
}

fn operations(function: &Function) -> Vec<Misuse> {
    let active = match function.name {
        "C_FindObjectsInit" => Begun::Search,
        "C_DigestInit" => Begun::Digest,
        "C_SignInit" => Begun::Signature,
        "C_VerifyInit" => Begun::Verification,
        "C_VerifySignatureInit" => Begun::VerificationOfSignature,
        _ => Begun::Nothing,
    };
    if active != Begun::Nothing {
        let misuse = of(function, Kind::AlreadyBegun, Vec::new(), ReturnValue::OPERATION_ACTIVE);
        return vec![Misuse { begun: active, ..misuse }];
    }
    if function.begun != Begun::Nothing {
        let misuse = of(function, Kind::NothingBegun, Vec::new(), ReturnValue::OPERATION_NOT_INITIALIZED);
        return vec![Misuse { begun: Begun::Nothing, ..misuse }];
    }
    Vec::new()
}
