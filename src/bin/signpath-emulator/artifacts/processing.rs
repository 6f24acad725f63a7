//! Processing an artifact: its files are matched with the configuration, signed, and packed again.
//!
//! Originals stay as they are; each signature is a file beside the one that it signs.

use std::collections::BTreeSet;
use std::fmt;

use hyper::body::Bytes;

use super::archive::{Archive, ArchiveError, ArchivedFile};
use super::configuration::{ArtifactConfiguration, ConfigurationError, CreateRawSignature, FileElement};
use super::raw_signature::{FileSigner, RawSignatureParameters};
use super::template::ParameterValues;
use crate::signing::algorithm::{HashAlgorithm, SignatureScheme};

/// A file as it was submitted.
#[derive(Debug, Clone)]
pub(crate) struct Artifact {
    pub(crate) file_name: String,
    pub(crate) bytes: Bytes,
}

/// What was made of an artifact.
#[derive(Debug, Clone)]
pub(crate) struct SignedArtifact {
    pub(crate) archive: Archive,
    pub(crate) files: Vec<SignedFile>,
}

/// A file that was signed, for the audit log.
#[derive(Debug, Clone)]
pub(crate) struct SignedFile {
    pub(crate) path: String,
    pub(crate) content: Bytes,
    pub(crate) signatures: Vec<SignatureFile>,
}

/// A signature that was added.
#[derive(Debug, Clone)]
pub(crate) struct SignatureFile {
    pub(crate) path: String,
    pub(crate) hash_algorithm: HashAlgorithm,
    pub(crate) scheme: SignatureScheme,
}

/// Why an artifact was not signed. The service has no route that tells clients; messages are UNKNOWN.
#[derive(Debug)]
pub(crate) struct ProcessingError(String);

impl fmt::Display for ProcessingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for ProcessingError {}

impl From<ArchiveError> for ProcessingError {
    fn from(reason: ArchiveError) -> Self {
        Self(reason.to_string())
    }
}

impl From<ConfigurationError> for ProcessingError {
    fn from(reason: ConfigurationError) -> Self {
        Self(reason.to_string())
    }
}

/// What is done to an artifact.
pub(crate) struct Processing<'a> {
    pub(crate) configuration: &'a ArtifactConfiguration,
    pub(crate) parameters: &'a ParameterValues,
    pub(crate) signer: FileSigner<'a>,
}

impl Processing<'_> {
    /// Unpacks an artifact and signs what is in it.
    pub(crate) fn artifact(&self, artifact: &Artifact) -> Result<SignedArtifact, ProcessingError> {
        self.check_name(&artifact.file_name)?;
        self.archive(Archive::read(&artifact.bytes)?)
    }

    /// Signs the files of an archive. Each must be matched by one element at most.
    pub(crate) fn archive(&self, archive: Archive) -> Result<SignedArtifact, ProcessingError> {
        let mut signed = SignedArtifact { archive: archive.clone(), files: Vec::new() };
        let mut matched = BTreeSet::new();
        for element in &self.configuration.files {
            for file in self.matches(element, &archive)? {
                if !matched.insert(&file.path) {
                    return Err(ProcessingError(format!("'{}' is matched by two elements", file.path)));
                }
                self.sign(element, file, &mut signed)?;
            }
        }
        Ok(signed)
    }

    fn check_name(&self, file_name: &str) -> Result<(), ProcessingError> {
        let Some(name) = &self.configuration.archive_name else { return Ok(()) };
        let pattern = name.resolve(self.parameters)?;
        if pattern.fits(file_name) {
            return Ok(());
        }
        Err(ProcessingError(format!("the artifact '{file_name}' does not match path \"{pattern}\"")))
    }

    fn matches<'a>(
        &self,
        element: &FileElement,
        archive: &'a Archive,
    ) -> Result<Vec<&'a ArchivedFile>, ProcessingError> {
        let pattern = element.pattern(self.parameters)?;
        let files: Vec<_> = archive.files.iter().filter(|file| pattern.fits(&file.path)).collect();
        let (count, min) = (files.len(), element.min_matches.resolve(self.parameters)?);
        let max = element.max_matches.resolve(self.parameters)?;
        if count < min || !max.admits(count) {
            return Err(ProcessingError(format!(
                "{count} files match path \"{pattern}\"; expected min-matches {min}, max-matches {max}"
            )));
        }
        Ok(files)
    }

    fn sign(
        &self,
        element: &FileElement,
        file: &ArchivedFile,
        signed: &mut SignedArtifact,
    ) -> Result<(), ProcessingError> {
        if element.signatures.is_empty() {
            return Ok(());
        }
        let content = file.bytes();
        let mut signatures = Vec::new();
        for directive in &element.signatures {
            let path = self.output_path(directive, &file.path)?;
            if signed.archive.find(&path).is_some() {
                return Err(ProcessingError(format!("the output file '{path}' exists already")));
            }
            let signature =
                self.signer.sign(&content, self.signature_parameters(directive)?).map_err(ProcessingError)?;
            signed.archive.add(path.clone(), signature.bytes);
            let (hash_algorithm, scheme) = (signature.hash_algorithm, signature.scheme);
            signatures.push(SignatureFile { path, hash_algorithm, scheme });
        }
        signed.files.push(SignedFile { path: file.path.clone(), content, signatures });
        Ok(())
    }

    /// Beside the file, whatever the values of parameters, which clients choose.
    fn output_path(&self, directive: &CreateRawSignature, path: &str) -> Result<String, ProcessingError> {
        let (directory, name) =
            path.rsplit_once('/').map_or(("", path), |(directory, name)| (directory, name));
        let output = directive.output_file_name.resolve(self.parameters, name);
        if matches!(output.as_str(), "" | "." | "..") || output.contains(['/', '\\']) {
            return Err(ProcessingError(format!("the output file '{output}' would not be beside its file")));
        }
        Ok(if directory.is_empty() { output } else { format!("{directory}/{output}") })
    }

    fn signature_parameters(
        &self,
        directive: &CreateRawSignature,
    ) -> Result<RawSignatureParameters, ConfigurationError> {
        let rsa_padding = directive.rsa_padding.as_ref();
        Ok(RawSignatureParameters {
            hash_algorithm: directive.hash_algorithm.resolve(self.parameters)?,
            rsa_padding: rsa_padding.map(|padding| padding.resolve(self.parameters)).transpose()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifacts::xml;
    use crate::generation::Generation;
    use crate::shapes::RawEcdsaSignature;
    use crate::signing::key_store::KeyStore;

    fn process(zip_file: &str, key: &str, files: &[&str]) -> Result<Vec<String>, String> {
        let text = format!(
            r#"<artifact-configuration xmlns="http://signpath.io/artifact-configuration/v1">
            <zip-file>{zip_file}</zip-file></artifact-configuration>"#
        );
        let configuration = xml::read(&text, Generation::Current).unwrap();
        let key = KeyStore::in_process().unwrap().get(key).unwrap();
        let signer =
            FileSigner { key: &key, ecdsa_signature: RawEcdsaSignature::Asn1, signed_bytes: Bytes::clone };
        let processing =
            Processing { configuration: &configuration, parameters: &ParameterValues::new(), signer };
        let mut archive = Archive::default();
        files.iter().for_each(|path| archive.add((*path).to_owned(), path.as_bytes().to_vec()));
        let signed = processing.archive(archive).map_err(|reason| reason.to_string())?;
        Ok(signed.archive.files.into_iter().map(|file| file.path).collect())
    }

    fn file(attributes: &str) -> String {
        format!(
            r#"<file {attributes}><create-raw-signature output-file-name="${{file.name}}.sig" hash-algorithm="sha256"/></file>"#
        )
    }

    #[test]
    fn signatures_stand_beside_their_files() {
        let any_json = file(r#"path="**/*.json" max-matches="unbounded""#);
        let paths = process(&any_json, "p-256", &["a.json", "d/b.json", "c.txt"]).unwrap();
        assert_eq!(paths, ["a.json", "d/b.json", "c.txt", "a.json.sig", "d/b.json.sig"]);
    }

    #[test]
    fn matches_are_counted() {
        let one = file(r#"path="*.json""#);
        let expected = r#"files match path "*.json"; expected min-matches 1, max-matches 1"#;
        assert_eq!(process(&one, "p-256", &["a.txt"]), Err(format!("0 {expected}")));
        assert_eq!(process(&one, "p-256", &["a.json", "b.json"]), Err(format!("2 {expected}")));
        let optional = file(r#"path="a.json" min-matches="0""#);
        assert_eq!(process(&optional, "p-256", &["b"]).unwrap(), ["b"]);
    }

    #[test]
    fn a_file_is_signed_by_one_element_into_a_new_file() {
        let twice = file(r#"path="a""#) + &file(r#"path="*""#);
        assert_eq!(process(&twice, "p-256", &["a"]), Err("'a' is matched by two elements".to_owned()));
        let existing = file(r#"path="a""#);
        assert_eq!(
            process(&existing, "p-256", &["a", "a.sig"]),
            Err("the output file 'a.sig' exists already".to_owned())
        );
    }

    #[test]
    fn a_signature_cannot_leave_the_directory_of_its_file() {
        let outside = file(r#"path="d/a""#).replace("${file.name}.sig", "..");
        assert_eq!(
            process(&outside, "p-256", &["d/a"]),
            Err("the output file '..' would not be beside its file".to_owned())
        );
    }

    #[test]
    fn an_rsa_key_needs_a_padding() {
        let refusal = process(&file(r#"path="a""#), "rsa-2048", &["a"]).unwrap_err();
        assert_eq!(refusal, "create-raw-signature needs the attribute 'rsa-padding' for an RSA key");
    }
}
