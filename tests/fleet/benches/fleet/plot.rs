//! The hours as a picture: one row for each size of fleet, bars for each minute.

use std::fmt::Write as _;

use crate::hour::{Hour, MINUTES};

const WIDTH: usize = 760;
const LEFT: usize = 56;
const TOP: usize = 64;
const ROW: usize = 132;
const BARS: usize = 88;
const MINUTE: usize = 11;

const STYLE: &str = "\
text{font:12px system-ui,sans-serif;fill:#24292f}.title{font-size:15px;font-weight:600}.small{font-size:11px;fill:#57606a}\
.alone{fill:#d1762c}.shared{fill:#1f6feb}.line{stroke:#8c959f;stroke-width:1}.back{fill:#ffffff}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9198a1}.back{fill:#0d1117}.alone{fill:#f0883e}.shared{fill:#58a6ff}}";

pub(crate) fn svg(hours: &[Hour]) -> String {
    let rows: Vec<&[Hour]> = hours.chunks(2).collect();
    let height = TOP + rows.len() * ROW + 20;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"Token requests in each minute, with sharing and without\">\n<style>{STYLE}</style>\n\
         <rect class=\"back\" width=\"{WIDTH}\" height=\"{height}\"/>\n\
         <text class=\"title\" x=\"{LEFT}\" y=\"24\">Token requests in each minute of an hour</text>\n\
         <text class=\"small\" x=\"{LEFT}\" y=\"44\">tokens living 15 minutes, all processes started at minute 0</text>\n"
    );
    for (place, (class, name)) in [("alone", "each process for itself"), ("shared", "shared")].iter().enumerate() {
        let x = 500 + place * 160;
        let _ = writeln!(text, "<rect class=\"{class}\" x=\"{x}\" y=\"15\" width=\"10\" height=\"10\"/>");
        let _ = writeln!(text, "<text x=\"{}\" y=\"24\">{name}</text>", x + 15);
    }
    for (place, row) in rows.iter().enumerate() {
        draw(row, TOP + place * ROW, &mut text);
    }
    text.push_str("</svg>\n");
    text
}

fn draw(row: &[Hour], top: usize, text: &mut String) {
    let processes = row.first().map_or(0, |hour| hour.processes);
    let base = top + 22 + BARS;
    let totals: Vec<String> = row.iter().map(|hour| hour.total().to_string()).collect();
    let plural = if processes == 1 { "process" } else { "processes" };
    let title = format!("{processes} {plural}: {} requests in all", totals.join(" against "));
    let _ = writeln!(text, "<text x=\"{LEFT}\" y=\"{}\">{title}</text>", top + 12);
    for (place, hour) in row.iter().enumerate() {
        bars(hour, place, base, processes.max(2), text);
    }
    let right = LEFT + usize::try_from(MINUTES).unwrap_or_default() * MINUTE;
    let _ = writeln!(text, "<line class=\"line\" x1=\"{LEFT}\" y1=\"{base}\" x2=\"{right}\" y2=\"{base}\"/>");
    let _ = writeln!(
        text,
        "<text class=\"small\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
        LEFT - 6,
        top + 31,
        processes.max(2)
    );
    let _ = writeln!(text, "<text class=\"small\" x=\"{}\" y=\"{base}\" text-anchor=\"end\">0</text>", LEFT - 6);
    for minute in (0..=MINUTES).step_by(15) {
        let x = LEFT + usize::try_from(minute).unwrap_or_default() * MINUTE;
        let _ = writeln!(
            text,
            "<text class=\"small\" x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{minute}</text>",
            base + 14
        );
    }
}

fn bars(hour: &Hour, place: usize, base: usize, most: usize, text: &mut String) {
    let class = if hour.shared { "shared" } else { "alone" };
    for (minute, requests) in hour.requests.iter().enumerate().filter(|(_, requests)| **requests > 0) {
        // Also a single request among fifty can be seen.
        let height = (requests * BARS).div_ceil(most).clamp(2, BARS);
        let (x, y) = (LEFT + minute * MINUTE + place * 5, base - height);
        let _ = writeln!(text, "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"4\" height=\"{height}\"/>");
    }
}
