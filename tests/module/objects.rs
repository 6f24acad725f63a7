//! The objects: what each says of itself, compared with the fixtures; how they are found.

use std::process::Command;

use cryptoki_sys::*;
use signpath_pkcs11::token::names::{AttributeType as A, MechanismType as M, ObjectClass, ReturnValue};

use crate::support::artifacts;
use crate::support::emulator::Emulator;
use crate::support::isolation::{in_own_process, in_own_process_each};
use crate::support::pkcs11::{Session, attributes, initialized};

fn session(emulator: &Emulator) -> Session {
    initialized(&emulator.variables()).session()
}

fn label(name: &str) -> String {
    format!("container-images/{name}")
}

/// What openssl prints for a fixture, as bytes.
fn openssl(arguments: &[&str], file: std::path::PathBuf) -> Vec<u8> {
    let output =
        Command::new(artifacts::program("openssl", "openssl")).args(arguments).arg("-in").arg(file).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn spki(name: &str) -> Vec<u8> {
    openssl(&["pkey", "-pubin", "-outform", "DER"], artifacts::public_key(name))
}

fn certificate(name: &str) -> std::path::PathBuf {
    artifacts::fixture(&format!("certificates/{name}.self-signed.pem"))
}

/// Attributes of an object, each as its value or the reason why there is none.
fn values(session: &Session, object: u64, kinds: &[A]) -> Vec<Result<Vec<u8>, ReturnValue>> {
    kinds.iter().map(|kind| session.attribute(object, *kind)).collect()
}

fn yes() -> Result<Vec<u8>, ReturnValue> {
    Ok(vec![1])
}

fn no() -> Result<Vec<u8>, ReturnValue> {
    Ok(vec![0])
}

fn number(number: CK_ULONG) -> Result<Vec<u8>, ReturnValue> {
    Ok(number.to_ne_bytes().to_vec())
}

#[test]
fn a_private_rsa_key_tells_its_public_parts_and_guards_the_others() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = session(&emulator);
        let key = session.private_key(&label("rsa-3072"));
        let modulus = session.attribute(key, A::MODULUS).unwrap();
        let bits = openssl(&["pkey", "-pubin", "-noout", "-text"], artifacts::public_key("rsa-3072"));

        assert_eq!(modulus.len(), 384);
        assert!(String::from_utf8_lossy(&bits).contains("3072 bit"));
        assert!(spki("rsa-3072").windows(384).any(|window| window == modulus));
        assert_eq!(session.attribute(key, A::PUBLIC_EXPONENT).unwrap(), [1, 0, 1]);
        assert_eq!(session.attribute(key, A::PUBLIC_KEY_INFO).unwrap(), spki("rsa-3072"));
        let secrets =
            [A::PRIVATE_EXPONENT, A::PRIME_1, A::PRIME_2, A::EXPONENT_1, A::EXPONENT_2, A::COEFFICIENT];
        assert_eq!(values(&session, key, &secrets), vec![Err(ReturnValue::ATTRIBUTE_SENSITIVE); 6]);
        let foreign =
            [A::MODULUS_BITS, A::VALUE, A::EC_PARAMS, A::EC_POINT, A::VERIFY, A::TRUSTED, A::WRAP_TEMPLATE];
        assert_eq!(values(&session, key, &foreign), vec![Err(ReturnValue::ATTRIBUTE_TYPE_INVALID); 7]);
    });
}

#[test]
fn a_private_ec_key_tells_its_curve_and_guards_its_value() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = session(&emulator);
        for (name, oid) in [
            ("p-256", &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07][..]),
            ("p-384", &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22]),
            ("p-521", &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23]),
        ] {
            let key = session.private_key(&label(name));
            assert_eq!(session.attribute(key, A::EC_PARAMS).unwrap(), oid);
            assert_eq!(session.attribute(key, A::VALUE), Err(ReturnValue::ATTRIBUTE_SENSITIVE));
            assert_eq!(session.attribute(key, A::EC_POINT), Err(ReturnValue::ATTRIBUTE_TYPE_INVALID));
            assert_eq!(session.attribute(key, A::PUBLIC_KEY_INFO).unwrap(), spki(name));
        }
    });
}

#[test]
fn a_private_key_says_what_it_can_be_used_for() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = session(&emulator);
        let key = session.private_key(&label("p-256"));
        for (kind, value) in [
            (A::CLASS, number(CKO_PRIVATE_KEY)),
            (A::KEY_TYPE, number(CKK_EC)),
            (A::TOKEN, yes()),
            (A::PRIVATE, no()),
            (A::SENSITIVE, yes()),
            (A::EXTRACTABLE, no()),
            (A::SIGN, yes()),
            (A::SIGN_RECOVER, no()),
            (A::DECRYPT, no()),
            (A::UNWRAP, no()),
            (A::DERIVE, no()),
            (A::LOCAL, no()),
            (A::MODIFIABLE, no()),
            (A::COPYABLE, no()),
            (A::DESTROYABLE, no()),
            (A::ALWAYS_AUTHENTICATE, no()),
            (A::WRAP_WITH_TRUSTED, no()),
            (A::KEY_GEN_MECHANISM, number(CK_UNAVAILABLE_INFORMATION)),
            (A::START_DATE, Ok(Vec::new())),
            (A::END_DATE, Ok(Vec::new())),
            (A::ID, Ok(label("p-256").into_bytes())),
            (A::LABEL, Ok(label("p-256").into_bytes())),
        ] {
            assert_eq!(session.attribute(key, kind), value, "{kind}");
        }
    });
}

#[test]
fn private_keys_are_private_objects_where_a_login_is_required() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.address()).session();
        session.log_in(&emulator.pin()).unwrap();

        assert_eq!(session.attribute(session.private_key(&label("p-256")), A::PRIVATE), yes());
        let public = session.object(ObjectClass::PUBLIC_KEY, &label("p-256"));
        assert_eq!(session.attribute(public, A::PRIVATE), no());
    });
}

#[test]
fn a_key_lists_all_mechanisms_that_it_can_be_used_with_and_no_other() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = session(&emulator);
        let allowed = |name: &str| -> Vec<M> {
            let value = session.attribute(session.private_key(&label(name)), A::ALLOWED_MECHANISMS).unwrap();
            value.chunks(8).map(|number| M(CK_ULONG::from_ne_bytes(number.try_into().unwrap()))).collect()
        };

        assert_eq!(allowed("p-256"), [M::ECDSA_SHA256, M::ECDSA_SHA384, M::ECDSA_SHA512, M::ECDSA]);
        assert_eq!(allowed("rsa-2048").len(), 8);
    });
}

#[test]
fn a_public_key_is_the_fixtures() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = session(&emulator);
        let rsa = session.object(ObjectClass::PUBLIC_KEY, &label("rsa-4096"));
        assert_eq!(session.attribute(rsa, A::MODULUS_BITS), number(4096));
        assert_eq!(session.attribute(rsa, A::PUBLIC_KEY_INFO).unwrap(), spki("rsa-4096"));
        assert_eq!(session.attribute(rsa, A::VERIFY), yes());

        for (name, header) in
            [("p-256", &[0x04, 65][..]), ("p-384", &[0x04, 97]), ("p-521", &[0x04, 0x81, 133])]
        {
            let public = session.object(ObjectClass::PUBLIC_KEY, &label(name));
            let point = session.attribute(public, A::EC_POINT).unwrap();
            assert!(point.starts_with(header));
            assert!(spki(name).ends_with(&point[header.len()..]));
        }
    });
}

#[test]
fn a_certificate_is_the_fixtures() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = session(&emulator);
        let object = session.object(ObjectClass::CERTIFICATE, &label("rsa-3072"));
        let der = openssl(&["x509", "-outform", "DER"], certificate("rsa-3072"));
        let fingerprint = openssl(&["x509", "-noout", "-fingerprint", "-sha1"], certificate("rsa-3072"));
        let check_value = session.attribute(object, A::CHECK_VALUE).unwrap();
        let check_value: Vec<String> = check_value.iter().map(|byte| format!("{byte:02X}")).collect();

        assert_eq!(session.attribute(object, A::VALUE).unwrap(), der);
        assert!(String::from_utf8_lossy(&fingerprint).contains(&format!("={}:", check_value.join(":"))));
        for kind in [A::SUBJECT, A::ISSUER, A::SERIAL_NUMBER, A::PUBLIC_KEY_INFO] {
            let part = session.attribute(object, kind).unwrap();
            assert!(der.windows(part.len()).any(|window| window == part), "{kind}");
        }
        assert_eq!(session.attribute(object, A::CERTIFICATE_TYPE), number(CKC_X_509));
        assert_eq!(session.attribute(object, A::TRUSTED), no());
        assert_eq!(session.attribute(object, A::KEY_TYPE), Err(ReturnValue::ATTRIBUTE_TYPE_INVALID));
        assert_eq!(session.attribute(object, A::START_DATE).unwrap().len(), 8);
        let key = session.private_key(&label("rsa-3072"));
        assert_eq!(session.attribute(key, A::SUBJECT), session.attribute(object, A::SUBJECT));
    });
}

#[test]
fn unique_ids_differ_from_object_to_object_and_not_from_run_to_run() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let pkcs11 = initialized(&emulator.variables());
        let ids = || -> Vec<Vec<u8>> {
            let session = pkcs11.session();
            session
                .find(&[])
                .unwrap()
                .iter()
                .map(|object| session.attribute(*object, A::UNIQUE_ID).unwrap())
                .collect()
        };
        let first = ids();
        pkcs11.finalize().unwrap();
        pkcs11.initialize().unwrap();

        assert_eq!(ids(), first);
        let mut distinct = first.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), first.len());
    });
}

#[test]
fn a_missing_attribute_hinders_no_other_of_the_template() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = session(&emulator);
        let key = session.private_key(&label("rsa-2048"));
        let (mut class, mut short, mut secret, mut absent) = ([0_u8; 8], [9_u8; 3], [9_u8; 512], [9_u8; 8]);
        let mut template = attributes(&[
            (A::CLASS, &class),
            (A::LABEL, &short),
            (A::PRIME_1, &secret),
            (A::EC_POINT, &absent),
            (A::MODULUS, &[]),
        ]);
        for (attribute, buffer) in
            template.iter_mut().zip([&mut class[..], &mut short, &mut secret, &mut absent])
        {
            attribute.pValue = buffer.as_mut_ptr().cast();
        }
        template[4].pValue = std::ptr::null_mut();
        let value = unsafe {
            session.pkcs11.list.C_GetAttributeValue.unwrap()(session.handle, key, template.as_mut_ptr(), 5)
        };

        let lengths: Vec<CK_ULONG> = template.iter().map(|attribute| attribute.ulValueLen).collect();
        let unavailable = CK_UNAVAILABLE_INFORMATION;
        assert_eq!(lengths, [8, unavailable, unavailable, unavailable, 256]);
        assert_eq!(class, CKO_PRIVATE_KEY.to_ne_bytes());
        assert_eq!((short, secret[0], absent[0]), ([9; 3], 9, 9));
        let outcomes = [
            ReturnValue::BUFFER_TOO_SMALL,
            ReturnValue::ATTRIBUTE_SENSITIVE,
            ReturnValue::ATTRIBUTE_TYPE_INVALID,
        ];
        assert!(outcomes.contains(&ReturnValue(value)), "{}", ReturnValue(value));
    });
}

#[test]
fn objects_are_found_by_any_attribute_and_by_several() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = session(&emulator);
        let count = |template: &[(A, &[u8])]| session.find(template).unwrap().len();
        let (private, rsa) = (CKO_PRIVATE_KEY.to_ne_bytes(), CKK_RSA.to_ne_bytes());

        assert_eq!(count(&[]), 24 + 4, "three sides of eight keys, and four profiles");
        assert_eq!(count(&[(A::CLASS, &private)]), 8);
        assert_eq!(count(&[(A::CLASS, &private), (A::KEY_TYPE, &rsa)]), 5);
        assert_eq!(count(&[(A::ID, b"container-images/p-256")]), 3);
        assert_eq!(count(&[(A::ID, b"container-images/p-256"), (A::LABEL, b"container-images/p-256")]), 3);
        assert_eq!(count(&[(A::ID, b"container-images/p-256"), (A::LABEL, b"other")]), 0);
        assert_eq!(count(&[(A::SIGN, &[1]), (A::TOKEN, &[1])]), 8);
        assert_eq!(count(&[(A::SIGNPATH_PROJECT_SLUG, b"desktop-app")]), 3);
        assert_eq!(count(&[(A::TOKEN, &[0])]), 0);
        assert_eq!(count(&[(A::PRIME_1, &[])]), 0);
        assert_eq!(count(&[(A::OWNER, b"x")]), 0);
    });
}

#[test]
fn a_search_gives_its_handles_in_portions_and_is_one_at_a_time() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = session(&emulator);
        assert_eq!(session.find_next(1), Err(ReturnValue::OPERATION_NOT_INITIALIZED));
        assert_eq!(session.find_final(), Err(ReturnValue::OPERATION_NOT_INITIALIZED));
        session.find_init(&[]).unwrap();
        assert_eq!(session.find_init(&[]), Err(ReturnValue::OPERATION_ACTIVE));
        let portions: Vec<usize> = (0..4).map(|_| session.find_next(10).unwrap().len()).collect();

        assert_eq!(portions, [10, 10, 8, 0]);
        session.find_final().unwrap();
    });
}

#[test]
fn certificates_are_shown_or_hidden_as_configured() {
    let cases = [(None, 8), (Some("auto"), 8), (Some("show"), 8), (Some("hide"), 0)];
    in_own_process_each(cases, |(setting, expected)| {
        let emulator = Emulator::start();
        let mut variables = emulator.variables();
        variables.extend(setting.map(|value: &str| ("SIGNPATH_CRYPTOKI_CERTIFICATES", value.to_owned())));
        let session = initialized(&variables).session();
        let class = ObjectClass::CERTIFICATE.0.to_ne_bytes();

        assert_eq!(session.find(&[(A::CLASS, &class)]).unwrap().len(), expected);
    });
}

#[test]
fn the_size_of_an_object_is_that_of_its_values() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = session(&emulator);
        let key = session.private_key(&label("rsa-4096"));
        let mut size = 0;
        let get = session.pkcs11.list.C_GetObjectSize.unwrap();

        assert_eq!(unsafe { get(session.handle, key, &mut size) }, CKR_OK);
        assert!((1000..3000).contains(&size), "{size}");
        assert_eq!(unsafe { get(session.handle, 0xdead, &mut size) }, CKR_OBJECT_HANDLE_INVALID);
    });
}

/// The ids of the profiles that a session sees.
fn profiles(session: &Session) -> Vec<CK_ULONG> {
    let class = CKO_PROFILE.to_ne_bytes();
    let found = session.find(&[(A::CLASS, &class)]).unwrap();
    let id = |object: &u64| session.attribute(*object, A::PROFILE_ID).unwrap().try_into().unwrap();
    found.iter().map(|object| CK_ULONG::from_ne_bytes(id(object))).collect()
}

#[test]
fn profiles_are_visible_to_everybody_and_nobody_is_asked_for_them() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = initialized(&emulator.address()).session();

        assert_eq!(
            profiles(&session),
            [CKP_BASELINE_PROVIDER, CKP_EXTENDED_PROVIDER, CKP_AUTHENTICATION_TOKEN]
        );
        assert_eq!(emulator.requests().len(), 0);
    });
}

#[test]
fn the_profile_of_public_certificates_is_met_where_they_are_visible_without_a_login() {
    let cases = [("auto", "show", true), ("auto", "hide", false), ("always", "show", false)];
    in_own_process_each(cases, |(login, certificates, expected)| {
        let emulator = Emulator::start();
        let mut variables = emulator.variables();
        variables.push(("SIGNPATH_CRYPTOKI_LOGIN_REQUIRED", login.to_owned()));
        variables.push(("SIGNPATH_CRYPTOKI_CERTIFICATES", certificates.to_owned()));
        let session = initialized(&variables).session();

        assert_eq!(profiles(&session).contains(&CKP_PUBLIC_CERTIFICATES_TOKEN), expected);
    });
}

#[test]
fn an_object_tells_where_its_key_comes_from() {
    in_own_process(|| {
        let emulator = Emulator::start();
        let session = session(&emulator);
        for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY, ObjectClass::CERTIFICATE] {
            let object = session.object(class, &label("p-256"));
            let text = |kind| String::from_utf8(session.attribute(object, kind).unwrap()).unwrap();
            assert_eq!(text(A::SIGNPATH_PROJECT_SLUG), "container-images");
            assert_eq!(text(A::SIGNPATH_SIGNING_POLICY_SLUG), "p-256");
            assert_eq!(text(A::SIGNPATH_SIGNING_POLICY_ID).len(), 36);
        }
    });
}
