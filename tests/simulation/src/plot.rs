//! The days as a picture, one row each, and as a table.

use std::{fmt::Write as _, time::Duration};

use crate::day::{DEPLOY, Day, OUTAGE};

const LEFT: usize = 64;
const TOP: usize = 56;
const ROW: usize = 150;
const HEIGHT: usize = 96;
/// Bars of five minutes.
const MINUTES: usize = 5;
const BAR: usize = 3;
const WIDTH: usize = LEFT + 24 * 60 / MINUTES * BAR + 24;

const STYLE: &str = "\
text{font:12px system-ui,sans-serif;fill:#24292f}.title{font-size:15px;font-weight:600}.small{font-size:11px;fill:#57606a}\
.bar{fill:#1f6feb}.outage{fill:#d1762c;opacity:.25}.deploy{fill:#2da44e;opacity:.25}.line{stroke:#8c959f}.back{fill:#ffffff}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9198a1}.back{fill:#0d1117}.bar{fill:#58a6ff}}";

/// Requests of each minute in which there were any.
pub fn csv(days: &[Day]) -> String {
    let mut text = "processes,shared,refused_merchant,minute,token_requests\n".to_owned();
    for day in days {
        for (minute, requests) in day.requests.iter().enumerate().filter(|(_, requests)| **requests > 0) {
            let Day { processes, shared, refused_merchant, .. } = day;
            let _ = writeln!(text, "{processes},{shared},{refused_merchant},{minute},{requests}");
        }
    }
    text
}

/// The picture.
pub fn svg(days: &[Day]) -> String {
    let height = TOP + days.len() * ROW;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"Token requests during a day of a large fleet\">\n<style>{STYLE}</style>\n\
         <rect class=\"back\" width=\"{WIDTH}\" height=\"{height}\"/>\n\
         <text class=\"title\" x=\"{LEFT}\" y=\"24\">Token requests of 2,000 processes in each {MINUTES} minutes of a day</text>\n\
         <text class=\"small\" x=\"{LEFT}\" y=\"42\">orange: the token endpoint fails, as all tokens are to be renewed; \
         green: all processes are replaced</text>\n"
    );
    for (place, day) in days.iter().enumerate() {
        row(day, TOP + place * ROW, &mut text);
    }
    text.push_str("</svg>\n");
    text
}

fn row(day: &Day, top: usize, text: &mut String) {
    let bars: Vec<u32> = day.requests.chunks(MINUTES).map(|bar| bar.iter().sum()).collect();
    let most = bars.iter().copied().max().unwrap_or_default().max(1);
    let base = top + 24 + HEIGHT;
    let how = if day.shared { "shared" } else { "each process for itself" };
    let refused = if day.refused_merchant { ", one merchant always refused" } else { "" };
    let total: u32 = bars.iter().sum();
    let _ = writeln!(text, "<text x=\"{LEFT}\" y=\"{}\">{how}{refused}: {total} requests in all</text>", top + 12);
    for (class, (from, until)) in [("outage", OUTAGE), ("deploy", DEPLOY)] {
        let width = column(until) - column(from);
        let x = column(from);
        let y = base - HEIGHT;
        let _ = writeln!(text, "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{HEIGHT}\"/>");
    }
    for (place, requests) in bars.iter().enumerate().filter(|(_, requests)| **requests > 0) {
        let height = (*requests as usize * HEIGHT).div_ceil(most as usize).max(2);
        let x = LEFT + place * BAR;
        let y = base - height;
        let _ = writeln!(text, "<rect class=\"bar\" x=\"{x}\" y=\"{y}\" width=\"{BAR}\" height=\"{height}\"/>");
    }
    let right = column(Duration::from_secs(24 * 60 * 60));
    let _ = writeln!(text, "<line class=\"line\" x1=\"{LEFT}\" y1=\"{base}\" x2=\"{right}\" y2=\"{base}\"/>");
    let label = |x: usize, y: usize, anchor: &str, label: &str| {
        format!("<text class=\"small\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{label}</text>\n")
    };
    text.push_str(&label(LEFT - 6, base - HEIGHT + 8, "end", &most.to_string()));
    text.push_str(&label(LEFT - 6, base, "end", "0"));
    for hour in (0..=24).step_by(4) {
        text.push_str(&label(column(Duration::from_secs(hour * 60 * 60)), base + 14, "middle", &format!("{hour}:00")));
    }
}

fn column(at: Duration) -> usize {
    LEFT + usize::try_from(at.as_secs() / 60).unwrap_or_default() * BAR / MINUTES
}
