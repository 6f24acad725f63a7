//! The artifact configuration that a project in SignPath needs, for its administrator.
//!
//! What it says must fit what [`crate::metadata::archive`] packs: the names of the files, and the hash that cosign
//! verifies with.

use crate::arguments::Count;
use crate::metadata::Format;
use crate::metadata::archive::base_name;

/// The artifact configuration for one signing request.
pub(crate) fn xml(format: Format, images: Count) -> String {
    let path = match images {
        Count::One => format!(r#"path="{}""#, base_name(format)),
        // one image alone has the bare name, which the wildcard takes, too
        Count::Several => format!(r#"path="*{}" max-matches="unbounded""#, base_name(format)),
    };
    format!(
        r#"<artifact-configuration xmlns="http://signpath.io/artifact-configuration/v1">
  <zip-file>
    <file {path}>
      <create-raw-signature output-file-name="${{file.name}}.sig" hash-algorithm="sha256" rsa-padding="pkcs1" />
    </file>
  </zip-file>
</artifact-configuration>
"#
    )
}
