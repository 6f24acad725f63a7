//! C_FindObjects by every attribute, against what C_GetAttributeValue says of every object (PKCS#11 v3.1 section 5.7.7).

use std::collections::{BTreeMap, BTreeSet};

use cryptoki_sys::*;
use signpath_pkcs11::token::names::{AttributeType as A, ReturnValue};

use super::{classes, session};
use crate::document;
use crate::memory::Placement;
use crate::modules::emulator;
use crate::support::isolation::in_own_process;
use crate::support::pkcs11::{Session, check};
use crate::templates::Template;

/// Every value of every object, as the object tells it.
struct Token {
    session: Session,
    objects: Vec<(CK_OBJECT_HANDLE, BTreeMap<A, Vec<u8>>)>,
}

type Criterion = (A, Vec<u8>);

impl Token {
    fn read(session: Session) -> Self {
        let values = |handle| {
            let value = |kind| Some((kind, session.attribute(handle, kind).ok()?));
            classes::all().into_iter().filter_map(value).collect()
        };
        let objects = session.find(&[]).unwrap().into_iter().map(|handle| (handle, values(handle))).collect();
        Self { session, objects }
    }

    /// What a search must find, in the order of the token.
    fn expected(&self, template: &[Criterion]) -> Vec<CK_OBJECT_HANDLE> {
        let meets = |values: &BTreeMap<A, Vec<u8>>| {
            template.iter().all(|(kind, value)| values.get(kind).is_some_and(|own| own == value))
        };
        self.objects.iter().filter(|(_, values)| meets(values)).map(|(handle, _)| *handle).collect()
    }

    /// What a search finds, so many at a time.
    fn found(&self, template: &[Criterion], most: usize, placement: Placement) -> Vec<CK_OBJECT_HANDLE> {
        let template = Template::of(template, placement);
        let init = self.session.pkcs11.list.C_FindObjectsInit.unwrap();
        check(unsafe { init(self.session.handle, template.pointer(), template.count()) }).unwrap();
        // what was searched by is the host's again
        drop(template);
        let found = self.handed_out(most, placement);
        self.session.find_final().unwrap();
        found
    }

    fn handed_out(&self, most: usize, placement: Placement) -> Vec<CK_OBJECT_HANDLE> {
        let find = self.session.pkcs11.list.C_FindObjects.unwrap();
        let mut all = Vec::new();
        loop {
            let handles = placement.output_of::<CK_OBJECT_HANDLE>(most);
            let count = placement.output_of::<CK_ULONG>(1);
            let room = most as CK_ULONG;
            check(unsafe { find(self.session.handle, handles.pointer(), room, count.pointer()) }).unwrap();
            let found = count.get::<CK_ULONG>(0) as usize;
            let (_, rest) = handles.split(found * size_of::<CK_OBJECT_HANDLE>());
            assert!(
                rest.iter().all(|byte| *byte == crate::memory::UNTOUCHED),
                "more than was found was written"
            );
            all.extend((0..found).map(|index| handles.get::<CK_OBJECT_HANDLE>(index)));
            if found < most {
                return all;
            }
        }
    }

    /// Every attribute with every value that any object has, and with values that are nearly those.
    fn criteria(&self) -> BTreeSet<Criterion> {
        let mut criteria = BTreeSet::new();
        for (kind, value) in self.objects.iter().flat_map(|(_, values)| values) {
            let longer = [&value[..], &[0]].concat();
            let shorter = value[..value.len().saturating_sub(1)].to_vec();
            let mut other = value.clone();
            if let Some(last) = other.last_mut() {
                *last ^= 1;
            }
            criteria.extend([value.clone(), longer, shorter, other].map(|value| (*kind, value)));
        }
        for kind in classes::all() {
            criteria.extend([(kind, Vec::new()), (kind, vec![1])]);
        }
        criteria
    }
}

#[test]
fn a_search_by_any_attribute_finds_the_objects_that_tell_its_value_and_no_others() {
    in_own_process(|| {
        let emulator = emulator();
        let token = Token::read(session(&emulator));
        let criteria = token.criteria();
        let mut finding = 0;
        for criterion in &criteria {
            let template = std::slice::from_ref(criterion);
            let expected = token.expected(template);
            finding += usize::from(!expected.is_empty());
            for placement in Placement::chosen() {
                assert_eq!(token.found(template, 100, placement), expected, "{criterion:?}");
            }
        }
        let attributes: BTreeSet<A> = criteria.iter().map(|(kind, _)| *kind).collect();
        let text = format!(
            "{} attributes, {} searches by one of them, of which {finding} find something; each object by all its \
             attributes at once, and by all but one.\n",
            attributes.len(),
            criteria.len()
        );
        document::check("searches", &text);
    });
}

#[test]
fn a_search_by_all_attributes_of_an_object_finds_it_unless_one_of_them_differs() {
    in_own_process(|| {
        let emulator = emulator();
        let token = Token::read(session(&emulator));
        for (handle, values) in &token.objects {
            let template: Vec<Criterion> =
                values.iter().map(|(kind, value)| (*kind, value.clone())).collect();
            for placement in Placement::chosen() {
                assert_eq!(token.found(&template, 2, placement), [*handle]);
                for index in 0..template.len() {
                    let mut other = template.clone();
                    other[index].1.push(0);
                    assert!(token.found(&other, 2, placement).is_empty(), "{}", other[index].0);
                }
            }
        }
    });
}

#[test]
fn a_search_hands_out_each_object_once_in_the_same_order_however_many_at_a_time() {
    in_own_process(|| {
        let emulator = emulator();
        let token = Token::read(session(&emulator));
        let all = token.expected(&[]);
        assert!(all.len() > 20);
        for most in 1..=all.len() + 1 {
            for placement in Placement::chosen() {
                assert_eq!(token.found(&[], most, placement), all, "{most} at a time");
            }
        }
    });
}

#[test]
fn an_attribute_that_is_sensitive_finds_nothing_whatever_its_value() {
    in_own_process(|| {
        let emulator = emulator();
        let session = session(&emulator);
        let key = session.private_key("container-images/p-256");
        assert_eq!(session.attribute(key, A::VALUE), Err(ReturnValue::ATTRIBUTE_SENSITIVE));

        let scalar = private_scalar();
        assert!(session.find(&[(A::VALUE, &scalar)]).unwrap().is_empty());
    });
}

/// The private key of the fixture P-256, 32 bytes: in PKCS#8 the first OCTET STRING of the ECPrivateKey.
fn private_scalar() -> Vec<u8> {
    use p256::pkcs8::DecodePrivateKey;
    let file = crate::support::artifacts::fixture("keys/p-256.pem");
    p256::SecretKey::read_pkcs8_pem_file(file).unwrap().to_bytes().to_vec()
}
