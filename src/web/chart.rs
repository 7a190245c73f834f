//! Charts as SVG, drawn on the server. What is told apart is told apart without colour: by dashes, marks and words. Under every
//! chart stands its table, which is what a screen reader reads; the chart itself is called by its name alone.
//!
//! Coordinates are whole numbers: hundredths of a per cent, years, people.

use plotters::coord::Shift;
use plotters::element::DashedPathElement;
use plotters::prelude::{
    ChartBuilder, Circle, Color, Cross, DrawingArea, DrawingAreaErrorKind, EmptyElement, IntoDrawingArea, IntoFont,
    PathElement, RGBColor, Rectangle, SVGBackend, Text, TextStyle, TriangleMarker,
};
use plotters::style::ShapeStyle;
use plotters::style::text_anchor::{HPos, Pos, VPos};

const INK: RGBColor = RGBColor(0x18, 0x20, 0x2b);
const SOFT: RGBColor = RGBColor(0x7b, 0x86, 0x96);
const PALE: RGBColor = RGBColor(0xd9, 0xde, 0xe5);
/// The page's own font: nothing is loaded for it.
const FONT: &str = "PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif";

type Failed = DrawingAreaErrorKind<std::io::Error>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// One line over the years.
pub(super) struct Series {
    /// What it is called.
    pub(super) name: String,
    /// Hundredths of a per cent for each year; nothing where there is no rate.
    pub(super) values: Vec<Option<i32>>,
}

/// A bar and what stands beside it.
pub(super) struct Bar {
    /// What it is called.
    pub(super) name: String,
    /// How long it is.
    pub(super) value: i32,
    /// Its value in words.
    pub(super) words: String,
}

fn text(size: i32, color: &RGBColor, h: HPos, v: VPos) -> TextStyle<'_> {
    TextStyle::from((FONT, size).into_font()).color(color).pos(Pos::new(h, v))
}

/// Draws, and calls the picture by its name.
fn drawn(title: &str, (width, height): (u32, u32), draw: impl FnOnce(&Area<'_>) -> Result<(), Failed>) -> String {
    let mut svg = String::new();
    let done = {
        let area = SVGBackend::with_string(&mut svg, (width, height)).into_drawing_area();
        draw(&area).and_then(|()| area.present())
    };
    if let Err(error) = done {
        tracing::error!(%error, "a chart that cannot be drawn");
        return String::new();
    }
    let Some((_, rest)) = svg.split_once('>') else { return String::new() };
    let title = askama::filters::escape(title, askama::filters::Html).map(|t| t.to_string()).unwrap_or_default();
    format!(
        "<svg class=\"chart\" viewBox=\"0 0 {width} {height}\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" \
         aria-label=\"{title}\">{rest}"
    )
}

/// Rates over the years. The scale begins below the lowest of them, and says so by its figures; each line has its own dashes and
/// marks, and its name stands at its end.
pub(super) fn lines(title: &str, years: &[i32], series: &[Series]) -> String {
    let values = || series.iter().flat_map(|s| s.values.iter().flatten().copied());
    let (Some(first), Some(last), Some(lowest)) = (years.iter().min(), years.iter().max(), values().min()) else {
        return String::new();
    };
    let floor = (lowest.min(9_900) / 500 * 500 - 500).max(0);
    drawn(title, (760, 300), |area| {
        let mut chart = ChartBuilder::on(area)
            .margin_top(16)
            .margin_right(130)
            .x_label_area_size(34)
            .y_label_area_size(62)
            .build_cartesian_2d(*first..last.max(&(first + 1)).to_owned(), floor..10_000)?;
        let label = text(14, &INK, HPos::Center, VPos::Top);
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(PALE.mix(0.0))
            .bold_line_style(PALE)
            .axis_style(SOFT)
            .x_labels(years.len())
            .y_labels(6)
            .label_style(label)
            .x_label_formatter(&|year| year.to_string())
            .y_label_formatter(&|value| format!("{}%", value / 100))
            .draw()?;
        let mut ends: Vec<(i32, i32, &str)> = Vec::new();
        for (n, line) in series.iter().enumerate() {
            let points: Vec<(i32, i32)> =
                years.iter().zip(&line.values).filter_map(|(year, value)| Some((*year, (*value)?))).collect();
            let style = ShapeStyle::from(&INK).stroke_width(2);
            if n == 0 {
                chart.draw_series(std::iter::once(PathElement::new(points.clone(), style)))?;
            } else {
                let (dash, gap) = if n == 1 { (8, 5) } else { (2, 4) };
                chart.draw_series(std::iter::once(DashedPathElement::new(points.clone(), dash, gap, style)))?;
            }
            match n {
                0 => chart.draw_series(points.iter().map(|at| Circle::new(*at, 4, INK.filled())))?,
                1 => chart.draw_series(points.iter().map(|at| TriangleMarker::new(*at, 5, INK.filled())))?,
                _ => chart.draw_series(points.iter().map(|at| Cross::new(*at, 4, style)))?,
            };
            if let Some((year, value)) = points.last() {
                ends.push((*year, *value, &line.name));
            }
        }
        // Names that would stand upon each other move apart, the highest line first.
        ends.sort_by_key(|(_, value, _)| std::cmp::Reverse(*value));
        let mut above: Option<i32> = None;
        for (year, value, name) in ends {
            let (x, y) = chart.backend_coord(&(year, value));
            let at = above.map_or(y, |last| y.max(last + 18));
            above = Some(at);
            let style = text(14, &INK, HPos::Left, VPos::Center);
            area.draw(&(EmptyElement::at((x, at)) + Text::new(name.to_owned(), (12, 0), style)))?;
        }
        Ok(())
    })
}

/// Bars that lie below each other, each with its name before and its value behind it.
pub(super) fn bars(title: &str, items: &[Bar]) -> String {
    let Some(longest) = items.iter().map(|item| item.value).max() else { return String::new() };
    let rows = i32::try_from(items.len()).unwrap_or(i32::MAX);
    let (width, left, row) = (760, 210, 26);
    let room = width - left - 150;
    let height = u32::try_from(rows.saturating_mul(row) + 12).unwrap_or(u32::MAX);
    drawn(title, (760, height), |area| {
        for (place, item) in (0..).zip(items) {
            let y = 8 + place * row;
            let end = left + (item.value.max(0)).saturating_mul(room) / longest.max(1);
            let name: String = item.name.chars().take(14).collect();
            area.draw(&Text::new(name, (left - 8, y + 9), text(14, &INK, HPos::Right, VPos::Center)))?;
            area.draw(&Rectangle::new([(left, y), (left + room, y + 18)], ShapeStyle::from(&PALE)))?;
            area.draw(&Rectangle::new([(left, y), (end, y + 18)], SOFT.filled()))?;
            let words = text(14, &INK, HPos::Left, VPos::Center);
            area.draw(&Text::new(item.words.clone(), (left + room + 8, y + 9), words))?;
        }
        Ok(())
    })
}

/// Bars that stand side by side, their numbers above and their names below them.
pub(super) fn columns(title: &str, items: &[Bar]) -> String {
    let Some(highest) = items.iter().map(|item| item.value).max() else { return String::new() };
    let count = i32::try_from(items.len()).unwrap_or(1).max(1);
    let (room, foot, top) = (200, 236, 36);
    let step = 720 / count;
    drawn(title, (760, 270), |area| {
        area.draw(&PathElement::new(vec![(20, foot), (740, foot)], ShapeStyle::from(&SOFT)))?;
        for (place, item) in (0..).zip(items) {
            let x = 20 + place * step;
            let height = item.value.max(0).saturating_mul(room) / highest.max(1);
            area.draw(&Rectangle::new([(x + 4, foot - height), (x + step - 4, foot)], SOFT.filled()))?;
            let middle = x + step / 2;
            let number = text(13, &INK, HPos::Center, VPos::Bottom);
            area.draw(&Text::new(item.words.clone(), (middle, (foot - height - 4).max(top - 20)), number))?;
            area.draw(&Text::new(item.name.clone(), (middle, foot + 8), text(12, &INK, HPos::Center, VPos::Top)))?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(name: &str, value: i32) -> Bar {
        Bar { name: name.into(), value, words: format!("{value} 人") }
    }

    #[test]
    fn charts_are_told_apart_without_colour_and_load_nothing() {
        let series = |name: &str, values: &[i32]| Series {
            name: name.into(),
            values: values.iter().map(|v| Some(*v)).collect(),
        };
        let all = [
            lines(
                "三率<逐年>",
                &[2023, 2024, 2025],
                &[
                    series("参学率", &[10_000, 10_000, 9_837]),
                    series("参考率", &[10_000, 9_800, 9_791]),
                    series("合格率", &[9_900, 9_700, 9_907]),
                ],
            ),
            bars("各单位", &[bar("区司法局", 98), bar("区卫生健康局", 64)]),
            columns("成绩分布", &[bar("60", 3), bar("70", 12), bar("80", 0)]),
        ];
        for svg in &all {
            assert!(svg.starts_with("<svg class=\"chart\"") && svg.ends_with("</svg>\n"), "{svg}");
            assert!(svg.contains("role=\"img\" aria-label=\""));
            // The policy of the pages allows no inline style, and nothing comes from elsewhere.
            assert!(!svg.contains("style=") && !svg.contains("href") && !svg.contains("<script"), "{svg}");
        }
        assert!(all[0].contains("三率&#60;逐年&#62;") && all[0].contains("参考率") && all[0].contains("<polygon"));
        assert!(all[1].contains("64 人") && all[2].contains("12 人"));
        assert!(lines("nothing", &[], &[]).is_empty() && bars("nothing", &[]).is_empty());
    }
}
