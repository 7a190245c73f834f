//! Reports as files for Excel and WPS. Pure: figures come in, bytes go out.

mod book;
mod table;
mod words;

pub(super) use book::{Book, Preface};
pub(super) use table::{
    Cell, Head, MISSING, PEOPLE, RATES, Standing, csv_heads, csv_row, missing_row, people_row, rates_row,
};
