//! What becomes of the figures: a file that the next run compares itself with, and the table and the picture of
//! PERFORMANCE.md.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::figures::{Distribution, Figure};
use crate::picture;
use crate::support::artifacts;

/// Set where the documents are to be written.
const WRITES_DOCUMENTS: &str = "SIGNPATH_WRITE_DOCUMENTS";

const BEGIN: &str = "<!-- figures: make bench -->\n";
const END: &str = "<!-- end of figures -->";

/// Compares with the last run, and keeps these figures for the next one; those that were not measured stay.
pub fn finish(figures: &[Figure], all: bool) {
    let last = last();
    println!("\n| what | this run | last run | to reach |\n| --- | --- | --- | --- |");
    for figure in figures {
        let before = last.iter().find(|other| other.what == figure.what);
        println!("{}", row(figure, before));
    }
    let missed: Vec<_> = figures.iter().filter(|figure| !figure.meets_goal()).collect();
    println!("\n{} figures, {} of which miss what they are to reach", figures.len(), missed.len());
    let kept = if all { figures.to_vec() } else { with(last, figures) };
    std::fs::create_dir_all(file().parent().unwrap()).unwrap();
    std::fs::write(file(), serde_json::to_vec_pretty(&kept).unwrap()).unwrap();
    if std::env::var_os(WRITES_DOCUMENTS).is_some() {
        write_documents(&kept);
    }
}

fn with(last: Vec<Figure>, figures: &[Figure]) -> Vec<Figure> {
    let is_of = |what: &str, list: &[Figure]| list.iter().any(|figure| figure.what == what);
    let added: Vec<_> = figures.iter().filter(|figure| !is_of(&figure.what, &last)).cloned().collect();
    let newest = |old: Figure| figures.iter().find(|new| new.what == old.what).cloned().unwrap_or(old);
    last.into_iter().map(newest).chain(added).collect()
}

fn file() -> PathBuf {
    artifacts::package().join(".cache/benchmarks.json")
}

fn last() -> Vec<Figure> {
    std::fs::read(file()).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

fn row(figure: &Figure, before: Option<&Figure>) -> String {
    let Figure { what, value, unit, .. } = figure;
    let last = before.map_or("–".to_owned(), |before| unit.show(before.value));
    let mark = if figure.meets_goal() { "" } else { " ✗" };
    format!("| {what} | {}{mark} | {last} | {} |", unit.show(*value), goal(figure))
}

fn goal(figure: &Figure) -> String {
    figure.goal.map_or("–".to_owned(), |goal| goal.show(figure.unit))
}

fn write_documents(figures: &[Figure]) {
    let path = artifacts::package().join("PERFORMANCE.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the place of the figures");
    let (_, after) = rest.split_once(END).expect("the end of the figures");
    std::fs::write(path, format!("{before}{BEGIN}{}{END}{after}", table(figures))).unwrap();
    let picture = artifacts::package().join("docs/time-of-a-signature.svg");
    std::fs::write(picture, picture::draw(figures)).unwrap();
}

fn table(figures: &[Figure]) -> String {
    let mut table = String::from(
        "| what | figure | to reach | ours: median / p95 / p99 / spread | baseline: median / p95 / p99 / spread | runs |\n\
         | --- | --- | --- | --- | --- | --- |\n",
    );
    for figure in figures {
        let Figure { what, value, unit, ours, baseline, .. } = figure;
        let mark = if figure.meets_goal() { "" } else { " ✗" };
        let runs = ours.map_or("–".to_owned(), |ours| ours.runs.to_string());
        let [ours, baseline] = [ours, baseline].map(|side| side.as_ref().map_or("–".to_owned(), all_of));
        let (value, goal) = (unit.show(*value), goal(figure));
        let _ = writeln!(table, "| {what} | {value}{mark} | {goal} | {ours} | {baseline} | {runs} |");
    }
    table
}

fn all_of(distribution: &Distribution) -> String {
    let Distribution { unit, median, p95, p99, spread, .. } = distribution;
    [median, p95, p99, spread].map(|value| unit.show(*value)).join(" / ")
}
