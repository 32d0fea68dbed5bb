//! What came out, as Markdown, JSON and a picture.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::contestant::{CONTESTANTS, Contestant};
use super::{Options, Sample, chart};
use crate::load::Transport;

/// All tables of one workload.
#[derive(Debug, Default)]
pub struct Report {
    /// The workload.
    pub name: &'static str,
    /// What its files are called.
    pub file: String,
    /// The command that made it.
    pub typed: String,
    /// What was measured, how, and what was not there.
    pub notes: Vec<String>,
    /// The figures.
    pub tables: Vec<Table>,
    /// What was to be reached, and whether it was.
    pub goals: Vec<String>,
}

/// One table.
#[derive(Debug, Default)]
pub struct Table {
    /// What all its rows have in common.
    pub title: String,
    /// What stands in the columns after the first.
    pub columns: Vec<&'static str>,
    /// A line each.
    pub rows: Vec<Row>,
}

/// One line of a table.
#[derive(Debug)]
pub struct Row {
    /// Whose figures these are.
    pub name: String,
    /// One for each column, where there is one.
    pub cells: Vec<Option<Sample>>,
}

fn text(cell: &Option<Sample>) -> String {
    let range = |Sample { median, least, most }: &Sample| {
        // What was measured once has no range.
        if least == most { short(*median) } else { format!("{} ({}..{})", short(*median), short(*least), short(*most)) }
    };
    cell.as_ref().map(range).unwrap_or_default()
}

fn json(cell: &Option<Sample>) -> Value {
    cell.as_ref().map_or(Value::Null, |Sample { median, least, most }| json!({ "median": median, "least": least, "most": most }))
}

/// Three digits that say something.
pub(super) fn short(number: f64) -> String {
    match number.abs() {
        100.0.. => format!("{number:.0}"),
        10.0.. => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

impl Report {
    /// Without figures yet.
    #[must_use]
    pub fn new(name: &'static str, options: &Options) -> Self {
        Self { name, file: options.file(), typed: options.typed.clone(), notes: vec![machine()], ..Self::default() }
    }

    /// Those that are wanted and speak this, after these.
    pub(super) fn contestants(transport: Transport, first: &[Contestant], options: &Options) -> Vec<Contestant> {
        let all = first.iter().chain(CONTESTANTS).filter(|contestant| contestant.transports.contains(&transport));
        all.filter(|contestant| options.wants(contestant.name)).copied().collect()
    }

    /// What did start; of what did not, it notes why.
    pub(super) fn started<Started>(&mut self, contestant: Contestant, started: Result<Started, String>) -> Option<Started> {
        eprintln!("{}", contestant.name);
        started.map_err(|error| self.notes.push(format!("absent: {}: {error}", contestant.name))).ok()
    }

    /// The tables as one reads them.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = format!("`{}`\n", self.typed);
        self.notes.iter().for_each(|note| write!(text, "\n- {note}").expect("memory takes text"));
        self.tables.iter().for_each(|table| write!(text, "\n\n{}", table.markdown()).expect("memory takes text"));
        self.goals.iter().for_each(|goal| write!(text, "\n- {goal}").expect("memory takes text"));
        text + "\n"
    }

    fn json(&self) -> Value {
        let tables: Vec<Value> = self.tables.iter().map(Table::json).collect();
        json!({ "workload": self.name, "command": self.typed, "notes": self.notes, "tables": tables, "goals": self.goals })
    }

    /// Writes all three into the folder.
    ///
    /// # Errors
    /// When one cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), String> {
        let write = |end: &str, text: String| {
            let path = folder.join(format!("{}.{end}", self.file));
            fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
        };
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        write("md", self.markdown())?;
        write("json", format!("{:#}\n", self.json()))?;
        write("svg", chart::svg(&self.tables))
    }
}

impl Table {
    fn markdown(&self) -> String {
        let mut lines = [vec![self.title.clone()], self.columns.iter().map(|column| (*column).to_owned()).collect()].concat();
        let rows = self.rows.iter().map(|row| {
            let cells = row.cells.iter().map(text);
            std::iter::once(row.name.clone()).chain(cells).collect::<Vec<_>>()
        });
        let rows: Vec<Vec<String>> = rows.collect();
        for (at, title) in lines.iter_mut().enumerate() {
            let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count());
            let width = cells.max().unwrap_or_default();
            *title = format!("{title:width$}");
        }
        let widths: Vec<usize> = lines.iter().map(|title| title.chars().count()).collect();
        let line = |cells: &[String]| {
            let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            format!("| {} |\n", padded.collect::<Vec<_>>().join(" | "))
        };
        let under: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        let body: String = rows.iter().map(|row| line(row)).collect();
        format!("{}{}{body}", line(&lines), line(&under))
    }

    fn json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            let cells = self.columns.iter().zip(&row.cells).map(|(column, cell)| ((*column).to_owned(), json(cell)));
            json!({ "name": row.name, "figures": cells.collect::<serde_json::Map<_, _>>() })
        });
        json!({ "title": self.title, "rows": rows.collect::<Vec<_>>() })
    }
}

/// What it ran on.
fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let processor = read("/proc/cpuinfo");
    let model =
        processor.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map_or("unknown processor", |(_, name)| name);
    let cores = processor.lines().filter(|line| line.starts_with("processor")).count();
    format!("{model}, {cores} cores, Linux {}", read("/proc/sys/kernel/osrelease").trim())
}
