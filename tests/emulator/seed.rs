//! SignPath's own description of signing cosign's metadata, its steps typed as they stand there.
//!
//! What cosign does in it is left to the tests of the tool; here the metadata is written by hand.

use std::process::Command;

use crate::support::files::{PAYLOAD, start, verifies};
use crate::support::{ALL_POLICIES, ORGANIZATION, folder};

const STEPS: &str = r#"
set -e
# Package the metadata file for SignPath
zip -q payload.json.zip payload.json

curl -sS -f -D headers -H "Authorization: Bearer $API_TOKEN" \
     -F "projectSlug=$PROJECT" \
     -F "signingPolicySlug=$POLICY" \
     -F "artifactConfigurationSlug=detached-raw-signatures" \
     -F "artifact=@payload.json.zip" \
     -F "description=$DESCRIPTION" \
     "$API_URL/v1/$ORGANIZATION_ID/SigningRequests/SubmitWithArtifact" > submitted
LOCATION=$(sed -n 's/^location: //p' headers | tr -d '\r')
until curl -sS -f -H "Authorization: Bearer $API_TOKEN" "$LOCATION/Status" | grep -q '"isFinalStatus":true'; do :; done
curl -sS -f -H "Authorization: Bearer $API_TOKEN" \
     -o payload.json.signed.zip \
     "$LOCATION/SignedArtifact"

# Extract the detached signature
unzip -n payload.json.signed.zip
# Encode the signature using base64 for cosign
cat payload.json.sig | base64 > payload.json.base64.sig
base64 -d payload.json.base64.sig > decoded.sig
"#;

#[test]
fn the_documented_steps_work_as_they_are_typed() {
    let emulator = start(&[]);
    for policy in ["rsa-3072", "p-256"] {
        let folder = folder(&format!("seed-{policy}"));
        std::fs::write(folder.join("payload.json"), PAYLOAD).unwrap();
        let output = Command::new("timeout")
            .args(["60", "bash", "-c", STEPS])
            .current_dir(&folder)
            .env("API_URL", format!("http://{}/API", emulator.address))
            .envs([
                ("API_TOKEN", ALL_POLICIES),
                ("ORGANIZATION_ID", ORGANIZATION),
                ("PROJECT", "container-images"),
                ("POLICY", policy),
                ("DESCRIPTION", "1.0"),
            ])
            .output()
            .unwrap();
        let messages = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "needs curl, zip, unzip (apt-get install): {messages}");
        assert!(verifies(policy, &folder.join("payload.json"), &folder.join("decoded.sig")), "{policy}");
    }
}
