//! One-time codes as a sheet, for whoever hands them out.

use super::model::Slip;
use crate::files::{Field, Page, WriteError, write_xlsx};
use crate::kernel::calendar::Calendar;

/// The columns.
const HEADS: [&str; 6] = ["单位", "姓名", "工号", "用户名", "启用码", "有效期至"];

/// A workbook with a line for each code.
pub(super) fn workbook(slips: &[Slip], calendar: Calendar) -> Result<Vec<u8>, WriteError> {
    let line = |slip: &Slip| {
        let until = calendar.wall(slip.expires_at).format("%Y-%m-%d %H:%M").to_string();
        let cells = [&slip.unit_name, &slip.name, &slip.staff_no, &slip.username, &slip.code, &until];
        cells.into_iter().map(|cell| Field::from(cell.as_str())).collect()
    };
    let head = HEADS.into_iter().map(Field::from).collect();
    write_xlsx(&[Page {
        name: "启用码".to_owned(),
        widths: vec![28, 12, 16, 16, 14, 18],
        head: Some(0),
        rows: std::iter::once(head).chain(slips.iter().map(line)).collect(),
    }])
}
