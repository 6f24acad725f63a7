//! Tables of text for people.

use signpath_pkcs11::error::one_line;

/// The rows, each column as wide as its longest cell, with two spaces between them.
pub(crate) fn aligned(rows: &[Vec<String>]) -> String {
    let escaped = |row: &Vec<String>| row.iter().map(|cell| one_line(cell)).collect();
    let rows: Vec<Vec<String>> = rows.iter().map(escaped).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    rows.iter().map(|row| line(row, &widths)).collect()
}

fn line(row: &[String], widths: &[usize]) -> String {
    // not by a width of the format, which may be 65,535 at most
    let padded = |(cell, width): (&String, &usize)| {
        format!("{cell}{}", " ".repeat(width.saturating_sub(cell.chars().count())))
    };
    let cells: Vec<String> = row.iter().zip(widths).map(padded).collect();
    format!("{}\n", cells.join("  ").trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_longest_cell_and_lines_end_without_spaces() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();

        assert_eq!(aligned(&[row(["a", "bcd", "e"]), row(["öö", "", ""])]), "a   bcd  e\nöö\n");
    }

    #[test]
    fn a_cell_may_be_of_any_length_and_never_has_two_lines() {
        let long = "x".repeat(70_000);

        assert_eq!(aligned(&[vec![long.clone(), "a\nb".to_owned()]]), format!("{long}  a\\nb\n"));
    }
}
