//! A picture of bars: the first column of each table that has numbers.

use std::fmt::Write as _;

use super::Table;
use super::report::short;

const WIDTH: f64 = 720.0;
/// Where the bars begin; their names stand before.
const LEFT: f64 = 150.0;
/// What is kept for the number after the longest bar.
const RIGHT: f64 = 170.0;
const LINE: f64 = 20.0;

/// Draws them one below the other.
pub(super) fn svg(tables: &[Table]) -> String {
    let (mut body, mut top) = (String::new(), 10.0);
    for table in tables {
        for (at, column) in table.columns.iter().enumerate() {
            top = bars(&mut body, table, at, column, top);
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {top}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{body}</svg>\n"
    )
}

/// One group; returns where it ends.
fn bars(body: &mut String, table: &Table, at: usize, column: &str, mut top: f64) -> f64 {
    let samples: Vec<_> = table.rows.iter().filter_map(|row| Some((row.name.as_str(), (*row.cells.get(at)?)?))).collect();
    let longest = samples.iter().map(|(_, sample)| sample.median).fold(0.0, f64::max);
    if longest <= 0.0 {
        return top;
    }
    let mut draw = |text: String| writeln!(body, "{text}").expect("memory takes text");
    top += LINE;
    draw(format!("<text x=\"10\" y=\"{top}\" font-weight=\"bold\">{}: {}</text>", escape(&table.title), escape(column)));
    for (name, sample) in samples {
        let (width, base) = ((WIDTH - LEFT - RIGHT) * sample.median / longest, top + LINE);
        let colour = if name.starts_with("triwire") {
            "#c2410c"
        } else if name.starts_with("limit") {
            "#94a3b8"
        } else {
            "#475569"
        };
        draw(format!("<text x=\"{}\" y=\"{base}\" text-anchor=\"end\">{}</text>", LEFT - 6.0, escape(name)));
        draw(format!("<rect x=\"{LEFT}\" y=\"{}\" width=\"{width:.1}\" height=\"14\" fill=\"{colour}\"/>", base - 11.0));
        let number = format!("{} ({}..{})", short(sample.median), short(sample.least), short(sample.most));
        draw(format!("<text x=\"{:.1}\" y=\"{base}\">{}</text>", LEFT + width + 5.0, escape(&number)));
        top = base;
    }
    top + LINE
}

/// Text as XML has it.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{Row, Sample};

    #[test]
    fn names_cannot_break_the_picture() {
        assert_eq!(escape("a<b> & \"c\""), "a&lt;b&gt; &amp; &quot;c&quot;");
        let cells = vec![Sample::of(vec![1.0])];
        let rows = vec![Row { name: "<&>".into(), cells }];
        let picture = svg(&[Table { title: "a & b".into(), columns: vec!["<c>"], rows }]);
        assert!(picture.contains("a &amp; b: &lt;c&gt;") && picture.contains(">&lt;&amp;&gt;</text>"), "{picture}");
    }

    #[test]
    fn the_longest_bar_fits_and_the_others_are_in_proportion() {
        let row = |name: &str, value| Row { name: name.into(), cells: vec![Sample::of(vec![value])] };
        let picture = svg(&[Table { title: String::new(), columns: vec!["c"], rows: vec![row("a", 1.0), row("b", 4.0)] }]);
        let (longest, quarter) = (WIDTH - LEFT - RIGHT, (WIDTH - LEFT - RIGHT) / 4.0);
        assert!(picture.contains(&format!("width=\"{longest:.1}\"")) && picture.contains(&format!("width=\"{quarter:.1}\"")), "{picture}");
    }
}
