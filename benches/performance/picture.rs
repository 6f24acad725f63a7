//! Where the time of one warm signature goes, as a picture.

use std::fmt::Write as _;

use crate::figures::Figure;
use crate::signatures::Key;

const WIDTH: f64 = 640.0;
const BAR: f64 = 34.0;
const LEFT: f64 = 90.0;

/// Draws a bar for each key, next door, over https.
pub fn draw(figures: &[Figure]) -> String {
    let bars: Vec<_> = Key::ALL.iter().map(|key| (key.name(), stages(figures, *key))).collect();
    let longest = bars.iter().map(|(_, stages)| total(stages)).fold(0.0, f64::max);
    let mut drawn = String::new();
    for (row, (name, stages)) in bars.iter().enumerate() {
        let top = 50.0 + row as f64 * 70.0;
        let _ = writeln!(drawn, r#"<text x="0" y="{}">{name}</text>"#, top + BAR * 0.65);
        let mut left = LEFT;
        for stage in stages {
            let width = stage.microseconds / longest * WIDTH;
            let _ = writeln!(drawn, "{}", rectangle(stage, left, top, width));
            left += width;
        }
        let _ = writeln!(
            drawn,
            r#"<text x="{}" y="{}">{:.0} µs</text>"#,
            left + 8.0,
            top + BAR * 0.65,
            total(stages)
        );
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"230\" font-family=\"sans-serif\" \
         font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"0\" y=\"22\" font-size=\"15\">One warm signature over https, the service next door</text>\n\
         {drawn}{}</svg>\n",
        LEFT + WIDTH + 90.0,
        legend()
    )
}

struct Stage {
    about: &'static str,
    colour: &'static str,
    microseconds: f64,
}

const EXCHANGE: (&str, &str) = ("the HTTP exchange, which the bare client has, too", "#9db4c0");
const VERIFICATION: (&str, &str) = ("verifying the signature", "#e0a458");
const REST: (&str, &str) = ("everything else in the module", "#c1666b");

/// From the figures that were measured beside the bare client.
fn stages(figures: &[Figure], key: Key) -> [Stage; 3] {
    let find = |words: [&str; 2]| {
        figures.iter().find(|figure| words.iter().all(|word| figure.what.contains(word))).expect("a figure")
    };
    let signature = find(["0 ms away", key.name()]);
    let exchange = signature.baseline.expect("the bare client").median;
    let ours = signature.ours.expect("the module").median;
    let verification = find(["C_Verify", key.slug()]).ours.expect("the module").median;
    let stage = |(about, colour), microseconds: f64| Stage { about, colour, microseconds };
    [
        stage(EXCHANGE, exchange),
        stage(VERIFICATION, verification),
        stage(REST, (ours - exchange - verification).max(0.0)),
    ]
}

fn total(stages: &[Stage; 3]) -> f64 {
    stages.iter().map(|stage| stage.microseconds).sum()
}

fn rectangle(stage: &Stage, left: f64, top: f64, width: f64) -> String {
    let Stage { about, colour, microseconds } = stage;
    let label = if width > 50.0 {
        format!(r#"<text x="{:.1}" y="{:.1}">{microseconds:.0} µs</text>"#, left + 6.0, top + BAR * 0.65)
    } else {
        String::new()
    };
    format!(
        r#"<rect x="{left:.1}" y="{top:.1}" width="{width:.1}" height="{BAR}" fill="{colour}"><title>{about}: {microseconds:.0} µs</title></rect>{label}"#
    )
}

fn legend() -> String {
    let mut legend = String::new();
    for (row, (about, colour)) in [EXCHANGE, VERIFICATION, REST].iter().enumerate() {
        let top = 178.0 + row as f64 * 18.0;
        let _ = writeln!(
            legend,
            r#"<rect x="{LEFT}" y="{top}" width="12" height="12" fill="{colour}"/><text x="{}" y="{}">{about}</text>"#,
            LEFT + 20.0,
            top + 11.0
        );
    }
    legend
}
