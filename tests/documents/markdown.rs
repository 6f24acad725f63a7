//! The documents of the repository, read as Markdown: headings, links, words of code and blocks of code.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::support::artifacts::package;

/// A Markdown file.
pub(crate) struct Document {
    /// Its path in the repository.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A fenced block of code.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    /// `docs/tools.md:27`.
    pub(crate) place: String,
    /// The word behind the fence.
    pub(crate) language: String,
    pub(crate) code: String,
    /// The comment on the line before the fence, without its brackets.
    pub(crate) mark: Option<String>,
}

/// Every Markdown file of the repository, in the order of their paths.
pub(crate) fn documents() -> Vec<Document> {
    let mut paths = Vec::new();
    collect(package(), &mut paths);
    paths.sort();
    paths.iter().map(|path| Document::read(path)).collect()
}

/// The document at a path in the repository.
pub(crate) fn document(path: &str) -> Document {
    Document::read(&package().join(path))
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let is_ours = !name.starts_with('.') && name != "target";
        if path.is_dir() && is_ours {
            collect(&path, paths);
        } else if name.ends_with(".md") {
            paths.push(path);
        }
    }
}

impl Document {
    fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        Self { path: path.strip_prefix(package()).unwrap().to_str().unwrap().to_owned(), text }
    }

    /// What lies between two comments, each the beginning of a line.
    pub(crate) fn between(&self, beginning: &str, end: &str) -> &str {
        let missing = |what: &str| panic!("{} has no {what}", self.path);
        let (_, rest) = self.text.split_once(beginning).unwrap_or_else(|| missing(beginning));
        let (_, rest) = rest.split_once("-->\n").unwrap_or_else(|| missing("end of that comment"));
        rest.split_once(end).unwrap_or_else(|| missing(end)).0
    }

    /// The anchors of all headings, as GitHub and GitLab make them.
    pub(crate) fn anchors(&self) -> Vec<String> {
        let mut seen: HashMap<String, usize> = HashMap::new();
        let mut anchors = Vec::new();
        for heading in self.headings() {
            let anchor = anchor(&heading);
            let repetition = *seen.entry(anchor.clone()).and_modify(|count| *count += 1).or_default();
            anchors.push(if repetition == 0 { anchor } else { format!("{anchor}-{repetition}") });
        }
        anchors
    }

    fn headings(&self) -> Vec<String> {
        let (mut headings, mut current) = (Vec::new(), None);
        for event in self.events() {
            match (event, &mut current) {
                (Event::Start(Tag::Heading { .. }), _) => current = Some(String::new()),
                (Event::End(TagEnd::Heading(_)), _) => headings.extend(current.take()),
                (Event::Text(text) | Event::Code(text), Some(heading)) => heading.push_str(&text),
                _ => {}
            }
        }
        headings
    }

    /// Where its links and pictures lead.
    pub(crate) fn targets(&self) -> Vec<String> {
        let target = |event| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some(dest_url.into_string())
            }
            _ => None,
        };
        self.events().filter_map(target).collect()
    }

    /// What stands between backticks in its sentences and tables.
    pub(crate) fn words_of_code(&self) -> Vec<String> {
        let word = |event| match event {
            Event::Code(code) => Some(code.into_string()),
            _ => None,
        };
        self.events().filter_map(word).collect()
    }

    /// Its blocks of code.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        let (mut mark, mut is_inside) = (None, false);
        for (event, range) in Parser::new_ext(&self.text, options()).into_offset_iter() {
            match event {
                Event::Html(html) => mark = comment(&html),
                Event::Start(Tag::HtmlBlock) | Event::End(TagEnd::HtmlBlock) => {}
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                    is_inside = true;
                    let line = self.text[..range.start].matches('\n').count() + 1;
                    let place = format!("{}:{line}", self.path);
                    let language = language.into_string();
                    blocks.push(Block { place, language, code: String::new(), mark: mark.take() });
                }
                Event::Text(text) if is_inside => blocks.last_mut().unwrap().code.push_str(&text),
                Event::End(TagEnd::CodeBlock) => is_inside = false,
                _ => mark = None,
            }
        }
        blocks
    }

    fn events(&self) -> impl Iterator<Item = Event<'_>> {
        Parser::new_ext(&self.text, options())
    }
}

fn options() -> Options {
    Options::ENABLE_TABLES
}

/// What a comment on a line of its own says.
fn comment(html: &str) -> Option<String> {
    let text = html.trim().strip_prefix("<!--")?.strip_suffix("-->")?;
    Some(text.trim().to_owned())
}

/// A heading as GitHub makes an anchor of it.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    kept.chars()
        .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter))
        .collect::<String>()
        .replace(' ', "-")
}
