//! Bar charts, as SVG.

use std::path::Path;

use anyhow::{Context, Result};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// A bar: its label, and the lengths of its parts.
#[derive(Debug)]
pub(super) struct Bar {
    pub(super) name: String,
    pub(super) parts: Vec<f64>,
}

const WIDTH: u32 = 860;
const ROW: u32 = 26;
const HEAD: u32 = 64;
/// Where bars begin, and where the longest ends.
const BARS: (i32, i32) = (230, 760);
const PARTS: [RGBColor; 2] = [RGBColor(70, 110, 160), RGBColor(225, 140, 60)];
const INK: RGBColor = RGBColor(40, 40, 40);
const PAPER: RGBColor = RGBColor(255, 255, 255);

/// Draws bars below each other, each with its total in `unit` beside it. `parts` names their parts.
pub(super) fn draw(
    file: &Path,
    title: &str,
    unit: &str,
    parts: &[&str],
    bars: &[Bar],
) -> Result<()> {
    let rows = u32::try_from(bars.len())?;
    let area = SVGBackend::new(file, (WIDTH, HEAD + ROW * rows + 8)).into_drawing_area();
    let left = |size| ("sans-serif", size).into_font().color(&INK);
    let right = left(13).pos(Pos::new(HPos::Right, VPos::Top));
    let draw = || -> std::result::Result<(), Box<dyn std::error::Error>> {
        area.fill(&PAPER)?;
        area.draw_text(title, &left(17), (12, 10))?;
        for ((name, colour), at) in parts.iter().zip(PARTS).zip(0..) {
            area.draw(&Rectangle::new(
                [(12 + at * 150, 38), (22 + at * 150, 48)],
                colour.filled(),
            ))?;
            area.draw_text(name, &left(12), (28 + at * 150, 37))?;
        }
        let longest = bars.iter().map(Bar::total).fold(f64::MIN_POSITIVE, f64::max);
        for (bar, row) in bars.iter().zip(0..) {
            let top = i32::try_from(HEAD)? + row * i32::try_from(ROW)?;
            area.draw_text(&bar.name, &right, (BARS.0 - 8, top + 3))?;
            let mut from = BARS.0;
            let mut so_far = 0.0;
            for (part, colour) in bar.parts.iter().zip(PARTS) {
                so_far += part;
                let to = BARS.0 + pixels(so_far / longest);
                area.draw(&Rectangle::new([(from, top), (to, top + 18)], colour.filled()))?;
                from = to;
            }
            area.draw_text(
                &format!("{} {unit}", shown(bar.total())),
                &left(13),
                (from + 6, top + 3),
            )?;
        }
        area.present()?;
        Ok(())
    };
    draw()
        .map_err(|error| anyhow::anyhow!("{error}"))
        .with_context(|| format!("{} cannot be drawn", file.display()))
}

impl Bar {
    fn total(&self) -> f64 {
        self.parts.iter().sum()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the share is from 0 to 1")]
fn pixels(share: f64) -> i32 {
    (share * f64::from(BARS.1 - BARS.0)).round() as i32
}

fn shown(figure: f64) -> String {
    if figure < 10.0 { format!("{figure:.2}") } else { format!("{figure:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bar_is_proportional_and_labelled() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bars.svg");
        let bar = |name: &str, parts: &[f64]| Bar { name: name.to_owned(), parts: parts.to_vec() };
        draw(
            &file,
            "Start",
            "ms",
            &["init", "first"],
            &[bar("short", &[1.0, 1.0]), bar("long", &[12.0, 4.0])],
        )
        .unwrap();
        let svg = std::fs::read_to_string(file).unwrap();
        for word in ["Start", "short", "long", "2.00 ms", "16 ms", "init", "first"] {
            assert!(svg.contains(word), "{word}: {svg}");
        }
        let total = BARS.1 - BARS.0;
        assert_eq!(pixels(1.0), total);
        assert!(svg.contains(&format!("width=\"{}\"", pixels(12.0 / 16.0))), "{svg}");
    }
}
