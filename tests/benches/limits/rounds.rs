//! Rounds of cases, and the table that comes out of them.

use std::time::Instant;

use serde_json::json;

pub(crate) struct Table {
    title: String,
    versions: String,
    rows: Vec<Row>,
    notes: Vec<String>,
}

struct Row {
    name: String,
    min_ns: f64,
    median_ns: f64,
    /// The reference's time divided by this case's, paired by round: more than one is faster than the reference.
    speed: f64,
}

pub(crate) struct Case<'a> {
    pub(crate) name: &'a str,
    pub(crate) repeats: u32,
    /// How many operations one call of `work` makes.
    pub(crate) each: u32,
    pub(crate) work: Box<dyn FnMut() + 'a>,
}

impl<'a> Case<'a> {
    pub(crate) fn new(name: &'a str, repeats: u32, work: impl FnMut() + 'a) -> Self {
        Self { name, repeats, each: 1, work: Box::new(work) }
    }

    pub(crate) fn of(mut self, operations: u32) -> Self {
        self.each = operations;
        self
    }

    fn time(&mut self) -> f64 {
        let start = Instant::now();
        for _ in 0..self.repeats {
            (self.work)();
        }
        start.elapsed().as_secs_f64() * 1e9 / f64::from(self.repeats * self.each)
    }
}

impl Table {
    pub(crate) fn new(title: impl Into<String>, versions: String) -> Self {
        Self { title: title.into(), versions, rows: Vec::new(), notes: Vec::new() }
    }

    /// Runs all cases in each round; the first is the reference.
    pub(crate) fn run(mut self, rounds: usize, mut cases: Vec<Case<'_>>) -> Self {
        for case in &mut cases {
            case.time();
        }
        let mut times = vec![Vec::with_capacity(rounds); cases.len()];
        for _ in 0..rounds {
            for (case, times) in cases.iter_mut().zip(&mut times) {
                times.push(case.time());
            }
        }
        self.add_rows(&cases.iter().map(|case| case.name).collect::<Vec<_>>(), &times);
        self
    }

    /// Rows from times that were measured elsewhere, round by round.
    pub(crate) fn add_rows(&mut self, names: &[&str], times: &[Vec<f64>]) {
        for (name, own) in names.iter().zip(times) {
            let ratios = times[0].iter().zip(own).map(|(reference, own)| reference / own).collect();
            self.rows.push(Row {
                name: (*name).to_owned(),
                min_ns: own.iter().copied().fold(f64::INFINITY, f64::min),
                median_ns: median(own.clone()),
                speed: median(ratios),
            });
        }
    }

    pub(crate) fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    pub(crate) fn text(&self) -> String {
        let head = format!(
            "\n{}\n({})\n{:<58} {:>11} {:>11} {:>8}",
            self.title, self.versions, "case", "min ns", "median ns", "speed"
        );
        let rows = self
            .rows
            .iter()
            .map(|row| format!("{:<58} {:>11.1} {:>11.1} {:>8.3}", row.name, row.min_ns, row.median_ns, row.speed));
        let notes = self.notes.iter().map(|note| format!("  {note}"));
        std::iter::once(head).chain(rows).chain(notes).collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn json(&self) -> String {
        let rows: Vec<_> = self
            .rows
            .iter()
            .map(|row| json!({"name": row.name, "min_ns": row.min_ns, "median_ns": row.median_ns, "speed": row.speed}))
            .collect();
        json!({"title": self.title, "versions": self.versions, "rows": rows, "notes": self.notes}).to_string()
    }
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
