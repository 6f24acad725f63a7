//! C_GetAttributeValue: every attribute of every class, in each of its five outcomes (PKCS#11 v3.1 section 5.7.5).

mod asking;
mod classes;
mod searches;

use std::collections::{BTreeMap, BTreeSet};

use cryptoki_sys::*;
use signpath_pkcs11::token::names::{AttributeType as A, ObjectClass, ReturnValue};

use asking::{Answer, ask};
use classes::{Class, Has};

use crate::document;
use crate::memory::Placement;
use crate::modules::emulator;
use crate::support::emulator::Emulator;
use crate::support::isolation::in_own_process;
use crate::support::pkcs11::{Session, initialized};
use crate::templates::Asked;

/// An object of the token.
#[derive(Debug, Clone, Copy)]
struct Object {
    handle: CK_OBJECT_HANDLE,
    class: Class,
}

/// How often each outcome was met, by class.
#[derive(Default)]
struct Count {
    attributes: BTreeMap<Class, BTreeSet<A>>,
    outcomes: BTreeMap<(Class, Outcome), usize>,
}

/// How an attribute can be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Length,
    Value,
    TooSmall,
    Sensitive,
    Invalid,
}

const OUTCOMES: [Outcome; 5] =
    [Outcome::Length, Outcome::Value, Outcome::TooSmall, Outcome::Sensitive, Outcome::Invalid];

fn session(emulator: &Emulator) -> Session {
    let session = initialized(&emulator.address()).session();
    session.log_in(&emulator.pin()).unwrap();
    session
}

/// Every object, by class.
fn objects(session: Session) -> Vec<Object> {
    let class = |handle| {
        let number = |kind| {
            let value = session.attribute(handle, kind).unwrap();
            CK_ULONG::from_ne_bytes(value.try_into().unwrap())
        };
        match ObjectClass(number(A::CLASS)) {
            ObjectClass::PRIVATE_KEY if number(A::KEY_TYPE) == CKK_RSA => Class::RsaPrivateKey,
            ObjectClass::PRIVATE_KEY => Class::EcPrivateKey,
            ObjectClass::PUBLIC_KEY if number(A::KEY_TYPE) == CKK_RSA => Class::RsaPublicKey,
            ObjectClass::PUBLIC_KEY => Class::EcPublicKey,
            ObjectClass::CERTIFICATE => Class::Certificate,
            _ => Class::Profile,
        }
    };
    session.find(&[]).unwrap().into_iter().map(|handle| Object { handle, class: class(handle) }).collect()
}

fn has(class: Class, kind: A) -> Option<Has> {
    class.rows().into_iter().find(|(row, _)| *row == kind).map(|(_, has)| has)
}

#[test]
fn every_attribute_of_every_class_is_answered_in_every_way_that_it_can_be() {
    in_own_process(|| {
        let emulator = emulator();
        let session = session(&emulator);
        let mut count = Count::default();
        for object in objects(session) {
            for kind in classes::all() {
                for (asked, expected, outcome) in cases(session, object, kind) {
                    for placement in Placement::chosen() {
                        let answer = ask(session, object.handle, &[asked], placement);
                        let (value, answers) = (expected.0, vec![expected.1.clone()]);
                        assert_eq!(
                            answer,
                            (value, answers),
                            "{:?} {kind}, asked for {asked:?}",
                            object.class
                        );
                    }
                    count.note(object.class, kind, outcome);
                }
            }
        }
        document::check("attributes", &count.in_markdown());
    });
}

/// What is asked for, what must come, and what that is an example of.
type Case = (Asked, (ReturnValue, Answer), Outcome);

fn cases(session: Session, object: Object, kind: A) -> Vec<Case> {
    let refused = |value, outcome| -> Vec<Case> {
        let rooms = [None, Some(0), Some(1), Some(4096)];
        rooms.map(|room| ((kind, room), (value, Answer::Unavailable), outcome)).to_vec()
    };
    match has(object.class, kind) {
        None => refused(ReturnValue::ATTRIBUTE_TYPE_INVALID, Outcome::Invalid),
        Some(Has::Sensitive) => refused(ReturnValue::ATTRIBUTE_SENSITIVE, Outcome::Sensitive),
        Some(has) => {
            let value = session.attribute(object.handle, kind).unwrap();
            assert!(is_of_type(has, &value), "{:?} {kind} is {value:?}", object.class);
            cases_of_value(kind, &value)
        }
    }
}

fn is_of_type(has: Has, value: &[u8]) -> bool {
    match has {
        Has::Boolean => matches!(value, [CK_FALSE | CK_TRUE]),
        Has::Number => value.len() == size_of::<CK_ULONG>(),
        Has::Date => value.is_empty() || (value.len() == 8 && value.iter().all(u8::is_ascii_digit)),
        Has::Bytes | Has::Sensitive => true,
    }
}

fn cases_of_value(kind: A, value: &[u8]) -> Vec<Case> {
    let length = value.len();
    let mut cases: Vec<Case> =
        vec![((kind, None), (ReturnValue::OK, Answer::Length(length)), Outcome::Length)];
    let short: BTreeSet<usize> =
        [0, 1, length.saturating_sub(1)].into_iter().filter(|room| *room < length).collect();
    for room in short {
        let answer = (ReturnValue::BUFFER_TOO_SMALL, Answer::Unavailable);
        cases.push(((kind, Some(room)), answer, Outcome::TooSmall));
    }
    for room in [length, length + 1, length + 5000] {
        let answer = (ReturnValue::OK, Answer::Value(value.to_vec()));
        cases.push(((kind, Some(room)), answer, Outcome::Value));
    }
    cases
}

#[test]
fn every_attribute_of_an_object_at_once_is_answered_as_if_it_were_alone() {
    in_own_process(|| {
        let emulator = emulator();
        let session = session(&emulator);
        for object in objects(session) {
            for room in [None, Some(0), Some(8), Some(4096)] {
                let asked: Vec<Asked> = classes::all().into_iter().map(|kind| (kind, room)).collect();
                for placement in Placement::chosen() {
                    check_together(session, object, &asked, placement);
                }
            }
        }
    });
}

#[test]
fn the_five_outcomes_in_any_order_do_not_disturb_each_other() {
    in_own_process(|| {
        let emulator = emulator();
        let session = session(&emulator);
        let objects = objects(session);
        let private = *objects.iter().find(|object| object.class == Class::RsaPrivateKey).unwrap();
        let five = [
            (A::LABEL, Some(64)),
            (A::ID, None),
            (A::MODULUS, Some(100)),
            (A::PRIME_1, Some(512)),
            (A::VERIFY, Some(1)),
        ];
        let orders = permutations(&five);
        assert_eq!(orders.len(), 120);
        for asked in orders {
            for placement in Placement::chosen() {
                check_together(session, private, &asked, placement);
            }
        }
    });
}

/// What comes for several attributes is what comes for each, and the value returned is that of the first error.
fn check_together(session: Session, object: Object, asked: &[Asked], placement: Placement) {
    let alone: Vec<(ReturnValue, Vec<Answer>)> =
        asked.iter().map(|asked| ask(session, object.handle, &[*asked], placement)).collect();
    let first_error = alone.iter().map(|(value, _)| *value).find(|value| *value != ReturnValue::OK);
    let answers = alone.into_iter().flat_map(|(_, answers)| answers).collect();

    let together = ask(session, object.handle, asked, placement);
    assert_eq!(together, (first_error.unwrap_or(ReturnValue::OK), answers), "{:?} {asked:?}", object.class);
}

fn permutations(values: &[Asked]) -> Vec<Vec<Asked>> {
    if values.is_empty() {
        return vec![Vec::new()];
    }
    let with_first = |index: usize| {
        let mut rest = values.to_vec();
        let first = rest.remove(index);
        permutations(&rest).into_iter().map(move |order| [vec![first], order].concat())
    };
    (0..values.len()).flat_map(with_first).collect()
}

impl Count {
    fn note(&mut self, class: Class, kind: A, outcome: Outcome) {
        self.attributes.entry(class).or_default().insert(kind);
        *self.outcomes.entry((class, outcome)).or_default() += 1;
    }

    fn in_markdown(&self) -> String {
        let mut text = "| class | attributes | length query | value | buffer too small | sensitive | not of the class |\n\
             | --- | --- | --- | --- | --- | --- | --- |\n"
            .to_owned();
        for (class, attributes) in &self.attributes {
            let counts = OUTCOMES.map(|outcome| self.outcomes.get(&(*class, outcome)).copied().unwrap_or(0));
            let counts: Vec<String> = counts.iter().map(usize::to_string).collect();
            let (class, attributes) = (class.in_words(), attributes.len());
            text.push_str(&format!("| {class} | {attributes} | {} |\n", counts.join(" | ")));
        }
        text
    }
}
