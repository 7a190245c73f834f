//! The workbook: the table of rates with formulas, what they mean, and lists of people.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Formula, Workbook, Worksheet, XlsxError};

use super::table::{Cell, Head, RATES, rates_row};
use super::words;
use crate::files::WriteError;
use crate::report::model::{DEFINITION, Filter, Report};

/// What a file says of itself above its figures.
#[derive(Debug, Clone, Default)]
pub(in crate::report) struct Preface {
    /// What it is.
    pub(in crate::report) title: String,
    /// The unit, when it was counted, by which definition, of whom.
    pub(in crate::report) about: String,
}

impl Preface {
    /// Of rates, or of people counted by them: `what` is `参学率、参考率、合格率` or such.
    pub(in crate::report) fn new(unit: &str, filter: &Filter, what: &str, as_of: &str, closed: bool) -> Self {
        let kind = filter.exam_kind.map_or("年度考试", words::kind);
        let category = filter.category.map_or("全部人员", words::category);
        let state = if closed { "年度已结束" } else { "年度未结束" };
        Self {
            title: format!("{unit} {} 年{what}", filter.year),
            about: format!("截至 {as_of}　{state}　口径：{DEFINITION}　考试：{kind}　人员类别：{category}"),
        }
    }
}

/// How cells look.
struct Looks {
    title: Format,
    about: Format,
    head: Format,
    text: Format,
    count: Format,
    rate: Format,
    decimal: Format,
    sum: [Format; 4],
}

impl Looks {
    fn new() -> Self {
        let plain = Format::new().set_font_name("宋体").set_font_size(11).set_align(FormatAlign::VerticalCenter);
        let cell = plain.clone().set_border(FormatBorder::Thin).set_border_color(Color::RGB(0x0080_8080));
        let right = cell.clone().set_align(FormatAlign::Right);
        let (text, count) = (cell.clone().set_num_format("@"), right.clone().set_num_format("#,##0"));
        let (rate, decimal) = (right.clone().set_num_format("0.00%"), right.set_num_format("0.00"));
        let bold = |format: &Format| format.clone().set_bold().set_background_color(Color::RGB(0x00EC_EFF3));
        Self {
            title: plain.clone().set_bold().set_font_size(16),
            about: plain.set_font_color(Color::RGB(0x0040_4040)),
            head: bold(&cell).set_align(FormatAlign::Center).set_text_wrap(),
            sum: [bold(&text), bold(&count), bold(&rate), bold(&decimal)],
            text,
            count,
            rate,
            decimal,
        }
    }

    fn of(&self, cell: &Cell, sum: bool) -> &Format {
        let [text, count, rate, decimal] = &self.sum;
        match (cell, sum) {
            (Cell::Text(_), false) => &self.text,
            (Cell::Count(_), false) => &self.count,
            (Cell::Rate(..), false) => &self.rate,
            (Cell::Decimal(_), false) => &self.decimal,
            (Cell::Text(_), true) => text,
            (Cell::Count(_), true) => count,
            (Cell::Rate(..), true) => rate,
            (Cell::Decimal(_), true) => decimal,
        }
    }
}

/// Rows above the heads: the title, and what it is about.
const HEAD_ROW: u32 = 2;
/// How many columns of the table of rates tell of study, the unit among them.
const STUDY_COLUMNS: u32 = 11;
/// The most rows that a sheet takes.
const MOST_ROWS: u32 = 1_048_576;

/// A workbook that is being written.
pub(in crate::report) struct Book {
    workbook: Workbook,
    looks: Looks,
    /// The next row of the list, and the columns of the list.
    list: Option<(u32, &'static [Head])>,
    lists: usize,
    name: String,
}

impl Book {
    /// An empty one.
    pub(in crate::report) fn new() -> Self {
        Self { workbook: Workbook::new(), looks: Looks::new(), list: None, lists: 0, name: String::new() }
    }

    /// The sheet of rates with its formulas, and the sheet that explains them.
    pub(in crate::report) fn rates(&mut self, preface: &Preface, report: &Report) -> Result<(), WriteError> {
        let sheet = self.workbook.add_worksheet();
        sheet.set_name("率表")?;
        begin(sheet, &self.looks, preface, RATES)?;
        let mut at = HEAD_ROW;
        for row in std::iter::once(&report.total).chain(&report.rows) {
            at += 1;
            put(sheet, &self.looks, at, &rates_row(row), row.depth == 0)?;
        }
        sheet.set_freeze_panes(HEAD_ROW + 1, 1)?;
        // Study on one sheet of paper, exams on the next, each with the names of the units.
        sheet.set_print_fit_to_pages(2, 0).set_repeat_columns(0, 0)?.set_vertical_page_breaks(&[STUDY_COLUMNS])?;
        sheet.autofilter(HEAD_ROW, 0, at, u16::try_from(RATES.len()).unwrap_or(1) - 1)?;
        sign(sheet, &self.looks, at + 2)?;
        let explained = self.workbook.add_worksheet();
        explained.set_name("口径")?;
        explained.write_string_with_format(0, 0, format!("指标口径（{DEFINITION}）"), &self.looks.title)?;
        let wrapped = self.looks.text.clone().set_text_wrap();
        let widths: [u16; 4] = [22, 46, 20, 70];
        for (column, width) in (0_u16..).zip(widths) {
            explained.set_column_width(column, width)?;
        }
        for (row, line) in (HEAD_ROW..).zip(words::DEFINITIONS) {
            let format = if row == HEAD_ROW { &self.looks.head } else { &wrapped };
            for (column, text) in (0_u16..).zip(line) {
                explained.write_string_with_format(row, column, *text, format)?;
            }
            // Not every program makes a row as high as its text.
            let lines = line.iter().zip(widths).map(|(text, width)| lines(text, width)).max().unwrap_or(1);
            explained.set_row_height(row, 15 * lines)?;
        }
        explained.set_freeze_panes(HEAD_ROW + 1, 0)?;
        printed(explained);
        Ok(())
    }

    /// Begins a sheet that lists people. Its rows follow in their order and are not kept in memory.
    pub(in crate::report) fn list(
        &mut self,
        name: &str,
        preface: &Preface,
        heads: &'static [Head],
    ) -> Result<(), WriteError> {
        self.lists += 1;
        name.clone_into(&mut self.name);
        let name = if self.lists == 1 { name.to_owned() } else { format!("{name}{}", self.lists) };
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(&name)?;
        sheet.set_freeze_panes(HEAD_ROW + 1, 2)?;
        begin(sheet, &self.looks, preface, heads)?;
        self.list = Some((HEAD_ROW + 1, heads));
        Ok(())
    }

    /// Adds a row to the list; where a sheet is full, the list goes on in another one.
    pub(in crate::report) fn row(&mut self, cells: &[Cell]) -> Result<(), WriteError> {
        let Some((at, heads)) = self.list else { return Ok(()) };
        if at >= MOST_ROWS {
            let name = self.name.clone();
            self.list(&name, &Preface::default(), heads)?;
            return self.row(cells);
        }
        let last = self.workbook.worksheets().len().saturating_sub(1);
        let sheet = self.workbook.worksheet_from_index(last)?;
        put(sheet, &self.looks, at, cells, false)?;
        self.list = Some((at + 1, heads));
        Ok(())
    }

    /// Where people sign, below the list.
    pub(in crate::report) fn end_list(&mut self) -> Result<(), WriteError> {
        let Some((at, _)) = self.list.take() else { return Ok(()) };
        let last = self.workbook.worksheets().len().saturating_sub(1);
        if at + 3 < MOST_ROWS {
            sign(self.workbook.worksheet_from_index(last)?, &self.looks, at + 1)?;
        }
        Ok(())
    }

    /// The file.
    pub(in crate::report) fn bytes(mut self) -> Result<Vec<u8>, WriteError> {
        Ok(self.workbook.save_to_buffer()?)
    }
}

fn begin(sheet: &mut Worksheet, looks: &Looks, preface: &Preface, heads: &[Head]) -> Result<(), XlsxError> {
    for (column, head) in (0_u16..).zip(heads) {
        sheet.set_column_width(column, head.1)?;
    }
    printed(sheet);
    sheet.set_repeat_rows(HEAD_ROW, HEAD_ROW)?;
    sheet.write_string_with_format(0, 0, &preface.title, &looks.title)?;
    sheet.write_string_with_format(1, 0, &preface.about, &looks.about)?;
    for (column, head) in (0_u16..).zip(heads) {
        sheet.write_string_with_format(HEAD_ROW, column, head.0, &looks.head)?;
    }
    Ok(())
}

/// Landscape on A4, as wide as the sheet, with the number of each page.
fn printed(sheet: &mut Worksheet) {
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0).set_footer("&C第 &P 页，共 &N 页");
    sheet.set_margins(0.4, 0.4, 0.5, 0.6, 0.3, 0.3);
}

fn put(sheet: &mut Worksheet, looks: &Looks, row: u32, cells: &[Cell], sum: bool) -> Result<(), XlsxError> {
    for (column, cell) in (0_u16..).zip(cells) {
        let format = looks.of(cell, sum);
        match cell {
            Cell::Text(text) => sheet.write_string_with_format(row, column, text, format)?,
            Cell::Count(count) => sheet.write_number_with_format(row, column, number(&count.to_string()), format)?,
            Cell::Rate(rate, part, whole) => {
                let shown = rate.hundredths().map(|h| format!("{}.{:04}", h / 10_000, h % 10_000));
                let formula = Formula::new(formula(row, *part, *whole)).set_result(shown.unwrap_or("—".to_owned()));
                sheet.write_formula_with_format(row, column, formula, format)?
            }
            Cell::Decimal(Some(text)) => sheet.write_number_with_format(row, column, number(text), format)?,
            Cell::Decimal(None) => sheet.write_string_with_format(row, column, "—", format)?,
        };
    }
    Ok(())
}

/// A spreadsheet knows no other numbers.
fn number(text: &str) -> f64 {
    text.parse().unwrap_or_default()
}

/// The percentage of two cells of the row by the rule of `rates/1`: halves go up, and 1 and 0 stand for all and none alone.
/// Whole numbers are divided once, so no fraction is rounded before its time.
fn formula(row: u32, part: u16, whole: u16) -> String {
    let cell = |column: u16| format!("{}{}", crate::files::letters(u32::from(column)), row + 1);
    let (n, d) = (cell(part), cell(whole));
    format!(r#"=IF({d}=0,"—",IF({n}={d},1,IF({n}=0,0,MIN(9999,MAX(1,INT(({n}*20000+{d})/({d}*2))))/10000)))"#)
}

/// Where whoever filled the table in and whoever checked it sign.
fn sign(sheet: &mut Worksheet, looks: &Looks, row: u32) -> Result<(), XlsxError> {
    for (column, label) in [(0_u16, "填报人："), (4, "审核人："), (9, "填报日期：")] {
        sheet.write_string_with_format(row, column, label, &looks.about)?;
    }
    Ok(())
}

/// How many lines a text takes in a column of that width, in characters of which a Chinese one takes two.
fn lines(text: &str, width: u16) -> u16 {
    let wide = text.chars().map(|c| if c.is_ascii() { 1_u16 } else { 2 }).sum::<u16>();
    wide.div_ceil(width.max(1)).max(1)
}
