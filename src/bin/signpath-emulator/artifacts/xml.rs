//! Artifact configurations as administrators write them: XML of `http://signpath.io/artifact-configuration/v1`.
//!
//! As strict as the service's schema can be assumed to be: an element or attribute that the emulator does not know is
//! an error with its line, never passed over. Messages are UNKNOWN.

use roxmltree::{Document, Node};

use super::configuration::{
    ArtifactConfiguration, ConfigurationError, CreateRawSignature, FileElement, MaxMatches, PathPattern,
};
use super::parameters::{self, Necessity, ParameterDeclaration};
use super::template::{Attribute, AttributeValue, Template};
use crate::generation::Generation;

const NAMESPACE: &str = "http://signpath.io/artifact-configuration/v1";

/// Editors put `xsi:schemaLocation` on the root.
const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Elements `directory` within each other. No archive needs more; each takes a part of the stack, and a pattern of every
/// file in it.
const DEEPEST_DIRECTORY: usize = 16;

/// Reads an artifact configuration for a server of the given generation.
pub(crate) fn read(text: &str, generation: Generation) -> Result<ArtifactConfiguration, ConfigurationError> {
    let document =
        Document::parse(text).map_err(|reason| ConfigurationError::new(format!("not XML: {reason}")))?;
    let mut reader = Reader { generation, parameters: Vec::new() };
    reader.artifact_configuration(document.root_element())
}

/// Reads elements; knows the parameters once it has read their block, which comes first.
struct Reader {
    generation: Generation,
    parameters: Vec<ParameterDeclaration>,
}

/// What a `file` shares with the elements around it.
#[derive(Clone, Default)]
struct Surroundings {
    directories: Vec<Attribute<PathPattern>>,
}

impl Reader {
    fn artifact_configuration(
        &mut self,
        root: Node<'_, '_>,
    ) -> Result<ArtifactConfiguration, ConfigurationError> {
        let is_root = root.tag_name().name() == "artifact-configuration"
            && root.tag_name().namespace() == Some(NAMESPACE);
        if !is_root {
            return Err(at(root, format!("expected <artifact-configuration xmlns=\"{NAMESPACE}\">")));
        }
        refuse_other_attributes(root, &[])?;
        let mut elements = elements(root)?;
        if elements.first().is_some_and(|first| first.tag_name().name() == "parameters") {
            self.parameters = parameter_block(elements.remove(0))?;
        }
        match elements.as_slice() {
            [zip_file] if zip_file.tag_name().name() == "zip-file" => self.zip_file(*zip_file),
            [other] => {
                Err(at(*other, format!("the emulator knows <zip-file> as root, not <{}>", name(*other))))
            }
            others => Err(at(root, format!("expected one file element, found {}", others.len()))),
        }
    }

    fn zip_file(&self, node: Node<'_, '_>) -> Result<ArtifactConfiguration, ConfigurationError> {
        refuse_other_attributes(node, &["path", "ui-multifile-upload"])?;
        if !matches!(node.attribute("ui-multifile-upload"), None | Some("on" | "off")) {
            return Err(at(node, "attribute 'ui-multifile-upload' must be 'on' or 'off'"));
        }
        let archive_name = self.optional(node, "path")?;
        if node.attribute("path").is_some_and(|path| path.contains(['/', '\\'])) {
            return Err(at(node, "the path of the root element cannot contain directories"));
        }
        let files = self.contained_files(node, &Surroundings::default())?;
        Ok(ArtifactConfiguration { parameters: self.parameters.clone(), archive_name, files })
    }

    fn contained_files(
        &self,
        container: Node<'_, '_>,
        around: &Surroundings,
    ) -> Result<Vec<FileElement>, ConfigurationError> {
        let mut files = Vec::new();
        for node in elements(container)? {
            match name(node) {
                "file" => files.push(self.file(node, node, around)?),
                "file-set" => files.extend(self.file_set(node, around)?),
                "directory" => files.extend(self.directory(node, around)?),
                other => return Err(at(node, format!("the emulator does not know <{other}> here"))),
            }
        }
        if files.is_empty() {
            return Err(at(container, format!("<{}> contains no files", name(container))));
        }
        Ok(files)
    }

    fn directory(
        &self,
        node: Node<'_, '_>,
        around: &Surroundings,
    ) -> Result<Vec<FileElement>, ConfigurationError> {
        refuse_other_attributes(node, &["path"])?;
        if around.directories.len() == DEEPEST_DIRECTORY {
            return Err(at(node, format!("more than {DEEPEST_DIRECTORY} <directory> in each other")));
        }
        let mut inner = around.clone();
        inner.directories.push(self.required(node, "path")?);
        self.contained_files(node, &inner)
    }

    fn file_set(
        &self,
        node: Node<'_, '_>,
        around: &Surroundings,
    ) -> Result<Vec<FileElement>, ConfigurationError> {
        refuse_other_attributes(node, &[])?;
        let elements = elements(node)?;
        let Some((for_each, includes)) = elements.split_last().filter(|(last, _)| name(**last) == "for-each")
        else {
            return Err(at(node, "<file-set> must end with <for-each>"));
        };
        if includes.is_empty() || includes.iter().any(|include| name(*include) != "include") {
            return Err(at(node, "<file-set> must contain <include> elements and then one <for-each>"));
        }
        refuse_other_attributes(*for_each, &[])?;
        includes.iter().map(|include| self.file(*include, *for_each, around)).collect()
    }

    /// The element that has the path, and the one that has the directives: the same, except in a set.
    fn file(
        &self,
        node: Node<'_, '_>,
        directives: Node<'_, '_>,
        around: &Surroundings,
    ) -> Result<FileElement, ConfigurationError> {
        refuse_other_attributes(node, &["path", "min-matches", "max-matches"])?;
        let signatures = elements(directives)?
            .into_iter()
            .map(|directive| self.create_raw_signature(directive))
            .collect::<Result<_, _>>()?;
        Ok(FileElement {
            path: self.required(node, "path")?,
            directories: around.directories.clone(),
            min_matches: self.optional(node, "min-matches")?.unwrap_or(Attribute::Known(1)),
            max_matches: self
                .optional(node, "max-matches")?
                .unwrap_or(Attribute::Known(MaxMatches::AtMost(1))),
            signatures,
        })
    }

    fn create_raw_signature(&self, node: Node<'_, '_>) -> Result<CreateRawSignature, ConfigurationError> {
        if name(node) != "create-raw-signature" {
            return Err(at(node, format!("the emulator does not know <{}> in <file>", name(node))));
        }
        let output_file_name = self.output_file_name(node)?;
        refuse_other_attributes(node, &["output-file-name", "file-name", "hash-algorithm", "rsa-padding"])?;
        if let Some(child) = elements(node)?.first() {
            return Err(at(*child, "<create-raw-signature> contains nothing"));
        }
        Ok(CreateRawSignature {
            output_file_name,
            hash_algorithm: self.required(node, "hash-algorithm")?,
            rsa_padding: self.optional(node, "rsa-padding")?,
        })
    }

    /// `file-name` until 1.179.0, both until 1.198.1.
    fn output_file_name(&self, node: Node<'_, '_>) -> Result<Template, ConfigurationError> {
        let text = match (node.attribute("output-file-name"), node.attribute("file-name"), self.generation) {
            (Some(_), Some(_), _) => {
                return Err(at(node, "'file-name' and 'output-file-name' cannot both be given"));
            }
            (Some(text), None, _) | (None, Some(text), Generation::Legacy) => text,
            (None, Some(_), Generation::Current) => {
                return Err(at(
                    node,
                    "attribute 'file-name' is now called 'output-file-name' (since 1.179.0)",
                ));
            }
            (None, None, _) => return Err(missing(node, "output-file-name")),
        };
        if text.is_empty() || text.contains(['/', '\\']) {
            return Err(at(
                node,
                format!("attribute 'output-file-name' has the value '{text}'; expected a name"),
            ));
        }
        let template = Template::parse(text).map_err(|reason| at(node, reason.to_string()))?;
        self.refuse_undeclared(node, template.parameters())?;
        Ok(template)
    }

    fn required<Value: AttributeValue>(
        &self,
        node: Node<'_, '_>,
        name: &'static str,
    ) -> Result<Attribute<Value>, ConfigurationError> {
        self.optional(node, name)?.ok_or_else(|| missing(node, name))
    }

    fn optional<Value: AttributeValue>(
        &self,
        node: Node<'_, '_>,
        name: &'static str,
    ) -> Result<Option<Attribute<Value>>, ConfigurationError> {
        let Some(text) = node.attribute(name) else { return Ok(None) };
        let attribute = Attribute::parse(name, text).map_err(|reason| at(node, reason.to_string()))?;
        self.refuse_undeclared(node, attribute.parameters().into_iter())?;
        Ok(Some(attribute))
    }

    fn refuse_undeclared<'a>(
        &self,
        node: Node<'_, '_>,
        mut names: impl Iterator<Item = &'a str>,
    ) -> Result<(), ConfigurationError> {
        let is_declared = |name: &str| self.parameters.iter().any(|parameter| parameter.name == name);
        match names.find(|name| !is_declared(name)) {
            None => Ok(()),
            Some(name) => Err(at(node, format!("'${{{name}}}' refers to a parameter that is not defined"))),
        }
    }
}

fn parameter_block(block: Node<'_, '_>) -> Result<Vec<ParameterDeclaration>, ConfigurationError> {
    refuse_other_attributes(block, &[])?;
    let mut declared: Vec<ParameterDeclaration> = Vec::new();
    for node in elements(block)? {
        let parameter = parameter(node)?;
        if declared.iter().any(|other| other.name == parameter.name) {
            return Err(at(node, format!("parameter '{}' is defined twice", parameter.name)));
        }
        declared.push(parameter);
    }
    Ok(declared)
}

fn parameter(node: Node<'_, '_>) -> Result<ParameterDeclaration, ConfigurationError> {
    if name(node) != "parameter" {
        return Err(at(node, format!("<parameters> contains <parameter> only, not <{}>", name(node))));
    }
    refuse_other_attributes(node, &["name", "default-value", "required"])?;
    let name = node.attribute("name").ok_or_else(|| missing(node, "name"))?;
    if !parameters::is_name(name) {
        return Err(at(node, format!("'{name}' is no name of a parameter: letters, digits, '.', '-', '_'")));
    }
    let default_value = node.attribute("default-value").map(str::to_owned);
    if default_value.as_ref().is_some_and(|value| value.trim() != value) {
        return Err(at(node, "attribute 'default-value' has white space at its beginning or end"));
    }
    let necessity = match node.attribute("required") {
        None | Some("false") => Necessity::Optional,
        Some("true") => Necessity::Required,
        Some(other) => {
            return Err(at(
                node,
                format!("attribute 'required' has the value '{other}'; expected true or false"),
            ));
        }
    };
    Ok(ParameterDeclaration { name: name.to_owned(), default_value, necessity })
}

/// The elements in `node`, all of the namespace, with nothing but white space and comments between them.
fn elements<'a, 'd>(node: Node<'a, 'd>) -> Result<Vec<Node<'a, 'd>>, ConfigurationError> {
    let is_stray = |child: &Node<'_, '_>| {
        let is_text = child.is_text() && child.text().is_some_and(|text| !text.trim().is_empty());
        is_text || child.is_element() && child.tag_name().namespace() != Some(NAMESPACE)
    };
    if let Some(stray) = node.children().find(is_stray) {
        return Err(at(stray, format!("<{}> contains text or an element of another namespace", name(node))));
    }
    Ok(node.children().filter(Node::is_element).collect())
}

fn refuse_other_attributes(node: Node<'_, '_>, known: &[&str]) -> Result<(), ConfigurationError> {
    let is_known = |attribute: &roxmltree::Attribute<'_, '_>| match attribute.namespace() {
        None => known.contains(&attribute.name()),
        Some(namespace) => namespace == SCHEMA_INSTANCE,
    };
    match node.attributes().find(|attribute| !is_known(attribute)) {
        None => Ok(()),
        Some(other) => Err(at(node, format!("<{}> has no attribute '{}'", name(node), other.name()))),
    }
}

fn name<'a>(node: Node<'a, '_>) -> &'a str {
    node.tag_name().name()
}

fn missing(node: Node<'_, '_>, attribute: &str) -> ConfigurationError {
    at(node, format!("<{}> lacks the attribute '{attribute}'", name(node)))
}

fn at(node: Node<'_, '_>, reason: impl Into<String>) -> ConfigurationError {
    let line = node.document().text_pos_at(node.range().start).row;
    ConfigurationError::new(format!("line {line}: {}", reason.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGN: &str =
        r#"<create-raw-signature output-file-name="${file.name}.sig" hash-algorithm="sha256"/>"#;

    fn within_root(inner: &str) -> String {
        format!("<artifact-configuration xmlns=\"{NAMESPACE}\">\n{inner}\n</artifact-configuration>")
    }

    fn refusal(inner: &str) -> String {
        read(&within_root(inner), Generation::Current).unwrap_err().to_string()
    }

    #[test]
    fn every_documented_element_is_read() {
        let inner = format!(
            r#"<parameters><parameter name="v" default-value="1" required="true"/></parameters>
            <zip-file path="*.zip" ui-multifile-upload="on">
              <!-- one -->
              <file path="a-${{v}}.json" min-matches="0" max-matches="unbounded">{SIGN}{SIGN}</file>
              <directory path="d"><file path="b"/></directory>
              <file-set><include path="c"/><include path="e"/><for-each>{SIGN}</for-each></file-set>
            </zip-file>"#
        );
        let configuration = read(&within_root(&inner), Generation::Current).unwrap();
        let signatures: Vec<_> = configuration.files.iter().map(|file| file.signatures.len()).collect();
        assert_eq!(signatures, [2, 0, 1, 1]);
        let values = [("v".to_owned(), "7".to_owned())].into();
        let patterns = configuration.files.iter().map(|file| file.pattern(&values).unwrap().to_string());
        assert_eq!(patterns.collect::<Vec<_>>(), ["a-7.json", "d/b", "c", "e"]);
    }

    #[test]
    fn the_old_name_of_the_output_file_is_one_of_old_servers() {
        let old = SIGN.replace("output-file-name", "file-name");
        let inner = format!(r#"<zip-file><file path="a">{old}</file></zip-file>"#);
        assert!(read(&within_root(&inner), Generation::Legacy).is_ok());
        assert_eq!(
            refusal(&inner),
            "line 2: attribute 'file-name' is now called 'output-file-name' (since 1.179.0)"
        );
    }

    #[test]
    fn directories_are_nested_so_deep_and_no_deeper() {
        let nested = |depth: usize| {
            let (start, end) = ("<directory path='d'>".repeat(depth), "</directory>".repeat(depth));
            format!("<zip-file>{start}<file path='a'/>{end}</zip-file>")
        };
        assert!(read(&within_root(&nested(DEEPEST_DIRECTORY)), Generation::Current).is_ok());
        for depth in [DEEPEST_DIRECTORY + 1, 30_000] {
            assert_eq!(refusal(&nested(depth)), "line 2: more than 16 <directory> in each other");
        }
    }

    #[test]
    fn each_thing_that_is_wrong_is_named_with_its_line() {
        for (inner, expected) in [
            ("", "line 1: expected one file element, found 0"),
            ("<pe-file/>", "line 2: the emulator knows <zip-file> as root, not <pe-file>"),
            ("<zip-file/>", "line 2: <zip-file> contains no files"),
            ("<zip-file><file/></zip-file>", "line 2: <file> lacks the attribute 'path'"),
            ("<zip-file>\n<file path='a' mode='b'/></zip-file>", "line 3: <file> has no attribute 'mode'"),
            (
                "<zip-file>text</zip-file>",
                "line 2: <zip-file> contains text or an element of another namespace",
            ),
            (
                "<zip-file path='a/b'><file path='a'/></zip-file>",
                "line 2: the path of the root element cannot contain directories",
            ),
            (
                "<zip-file><file path='../a'/></zip-file>",
                "line 2: attribute 'path' has the value '../a'; expected a relative path, in which wildcards may stand",
            ),
            (
                "<zip-file><file path='*' max-matches='0'/></zip-file>",
                "line 2: attribute 'max-matches' has the value '0'; expected a number from 1, or 'unbounded'",
            ),
            (
                "<zip-file><file path='${v}'/></zip-file>",
                "line 2: '${v}' refers to a parameter that is not defined",
            ),
            (
                "<zip-file><file path='${file.name}'/></zip-file>",
                "line 2: attribute 'path' cannot refer to '${file.name}'",
            ),
            (
                "<zip-file><file path='a'><create-raw-signature hash-algorithm='sha256'/></file></zip-file>",
                "line 2: <create-raw-signature> lacks the attribute 'output-file-name'",
            ),
            (
                "<zip-file><file path='a'><create-raw-signature output-file-name='b' hash-algorithm='sha1'/></file>\
                 </zip-file>",
                "line 2: attribute 'hash-algorithm' has the value 'sha1'; expected sha256, sha384 or sha512",
            ),
        ] {
            assert_eq!(refusal(inner), expected, "{inner}");
        }
    }

    #[test]
    fn what_is_no_configuration_is_refused() {
        let other = read("<artifact-configuration/>", Generation::Current).unwrap_err().to_string();
        assert!(other.starts_with("line 1: expected <artifact-configuration xmlns="), "{other}");
        let none = read("{}", Generation::Current).unwrap_err().to_string();
        assert!(none.starts_with("not XML: "), "{none}");
    }
}
