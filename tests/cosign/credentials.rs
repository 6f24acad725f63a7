//! Every way to give credentials, with a token that has every awkward character in it.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::bench::{Bench, Cosign, succeeded};

/// A PIN of an awkward token, and the same as it must stand in a URI of cosign's, where `+` is a space.
fn awkward(bench: &Bench) -> (String, String) {
    let pin = format!("{}:{}", bench.emulator.organization, bench.emulator.token_awkward);
    for character in ['+', '/', '=', ':'] {
        assert!(bench.emulator.token_awkward.contains(character));
    }
    let encoded = pin.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D").replace(':', "%3A");
    (pin, encoded)
}

/// Signs an image with these variables and this URI, and verifies it.
fn signs(bench: &Bench, variables: &[(&str, String)], key: &str) {
    let image = bench.push_image("image");
    let arguments = bench.signing("sign", key, &[&image]);
    succeeded(&arguments, &bench.run_with(variables, &arguments));
    bench.export_public_key(&bench.key("rsa-3072"));
    bench.verify("verify", "cosign.pub", &[&image]);
}

#[test]
fn credentials_in_the_environment() {
    for cosign in Cosign::ALL {
        let bench = Bench::new(cosign);
        signs(&bench, &bench.emulator.variables(), &bench.key("rsa-3072"));
    }
}

#[test]
fn credentials_in_a_configuration_file() {
    for cosign in Cosign::ALL {
        let bench = Bench::new(cosign);
        let file = bench.folder.path().join("signpath.json");
        let content = json!({
            "OrganizationId": bench.emulator.organization,
            "ApiToken": bench.emulator.token_awkward,
            "ApiUrl": bench.emulator.api(),
            "Log": {"File": {"Directory": bench.folder.path().join("log")}},
        });
        std::fs::write(&file, content.to_string()).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let variables = [("SIGNPATH_CONFIG_FILE", file.to_str().unwrap().to_owned())];
        signs(&bench, &variables, &bench.key("rsa-3072"));
    }
}

#[test]
fn credentials_as_pin_value_in_the_uri() {
    for cosign in Cosign::ALL {
        let bench = Bench::new(cosign);
        let (pin, encoded) = awkward(&bench);
        let key = format!("{}&pin-value={encoded}", bench.key("rsa-3072"));
        signs(&bench, &bench.emulator.address(), &key);

        let metadata = bench.emulator.audit()[0]["metadata"].to_string();
        assert!(metadata.contains("pin-value=***"), "{metadata}");
        let token = pin.split_once(':').unwrap().1;
        assert!(!metadata.contains(token) && !metadata.contains(&encoded[40..]), "{metadata}");
    }
}

#[test]
fn credentials_in_cosigns_variable_for_pins() {
    for cosign in Cosign::ALL {
        let bench = Bench::new(cosign);
        let mut variables = bench.emulator.address();
        variables.push(("COSIGN_PKCS11_PIN", awkward(&bench).0));
        signs(&bench, &variables, &bench.key("rsa-3072"));
    }
}

#[test]
fn without_credentials_cosign_asks_for_a_pin_and_without_a_terminal_it_fails() {
    for cosign in [Cosign::Two, Cosign::ThreeBundle] {
        let bench = Bench::new(cosign);
        let key = bench.key("rsa-3072");
        let output = bench.run_with(&bench.emulator.address(), &["public-key", "--key", &key]);

        assert!(!output.status.success());
        assert!(String::from_utf8_lossy(&output.stderr).contains("Enter PIN"), "{output:?}");
        assert_eq!(bench.emulator.requests().len(), 0);
    }
}

#[test]
fn a_wrong_token_and_a_wrong_key_are_told_in_one_line_between_cosigns_own() {
    for cosign in [Cosign::Two, Cosign::ThreeBundle] {
        let bench = Bench::new(cosign);
        let lines = |variables: &[(&str, String)], name: &str| -> Vec<String> {
            let output = bench.run_with(variables, &["public-key", "--key", &bench.key(name)]);
            assert!(!output.status.success());
            let errors = String::from_utf8(output.stderr).unwrap();
            errors
                .lines()
                .filter(|line| line.starts_with("signpath-pkcs11: error: "))
                .map(str::to_owned)
                .collect()
        };
        let mut wrong = bench.emulator.variables();
        wrong.push(("SIGNPATH_API_TOKEN", "wrong-token".to_owned()));
        let told = lines(&wrong, "rsa-3072");
        assert!(told.len() == 1 && told[0].contains("401 Unauthorized"), "{told:?}");

        let told = lines(&bench.emulator.variables(), "rsa-3027");
        assert!(
            told.len() == 1 && told[0].contains("there is no key `container-images/rsa-3027`"),
            "{told:?}"
        );
    }
}
