//! Rows in memory, by column, with each text once: what becomes a row group of a file, or came from
//! one.
//!
//! A checkpoint takes some 60 bytes, because its texts are numbers of a list of the group.

use std::collections::HashMap;

use bytes::Bytes;
use store::open_data::{Column, ColumnType};

use crate::copy_format::{NotARow, field};

/// Microseconds from 1970 to 2000, PostgreSQL's zero.
const EPOCH_MICROSECONDS: i64 = 946_684_800_000_000;
/// What a text takes beside its bytes, in the list and in the index.
const TEXT_OVERHEAD_BYTES: usize = 128;
/// The first byte of `jsonb` is its version.
const JSON_VERSION: u8 = 1;

/// The texts of a group, each once.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    list: Vec<Bytes>,
    index: HashMap<Bytes, u32, foldhash::fast::RandomState>,
    bytes: usize,
}

impl Texts {
    pub(crate) fn number(&mut self, text: &[u8]) -> u32 {
        if let Some(&number) = self.index.get(text) {
            return number;
        }
        // A group has far fewer rows.
        let number = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        let text = Bytes::copy_from_slice(text);
        self.bytes += text.len() + TEXT_OVERHEAD_BYTES;
        self.list.push(text.clone());
        self.index.insert(text, number);
        number
    }

    pub(crate) fn get(&self, number: u32) -> &Bytes {
        static EMPTY: Bytes = Bytes::new();
        let at = usize::try_from(number).unwrap_or(usize::MAX);
        self.list.get(at).unwrap_or(&EMPTY)
    }

    fn clear(&mut self) {
        self.list.clear();
        self.index.clear();
        self.bytes = 0;
    }
}

/// The values of a column, in order of rows, without those that are null.
#[derive(Debug)]
pub(crate) enum Values {
    Int4(Vec<i32>),
    Int8(Vec<i64>),
    Float8(Vec<f64>),
    Bool(Vec<bool>),
    /// Numbers of texts.
    Text(Vec<u32>),
}

/// A column of the rows that are in memory.
#[derive(Debug)]
pub(crate) struct ColumnBuffer {
    pub(crate) kind: ColumnType,
    pub(crate) values: Values,
    /// 1 for each row with a value and 0 for each without; none if there always is one.
    pub(crate) present: Option<Vec<i16>>,
}

impl ColumnBuffer {
    fn new(column: &Column) -> Self {
        let values = match column.kind {
            ColumnType::Int4 => Values::Int4(Vec::new()),
            ColumnType::Int8 | ColumnType::Timestamp => Values::Int8(Vec::new()),
            ColumnType::Float8 => Values::Float8(Vec::new()),
            ColumnType::Bool => Values::Bool(Vec::new()),
            ColumnType::Text | ColumnType::Json => Values::Text(Vec::new()),
        };
        Self {
            kind: column.kind,
            values,
            present: column.nullable.then(Vec::new),
        }
    }

    fn push(&mut self, field: Option<&[u8]>, texts: &mut Texts) -> Option<()> {
        let Some(field) = field else {
            self.present.as_mut()?.push(0);
            return Some(());
        };
        match &mut self.values {
            Values::Int4(values) => values.push(i32::from_be_bytes(field.try_into().ok()?)),
            Values::Int8(values) => {
                let number = i64::from_be_bytes(field.try_into().ok()?);
                values.push(if self.kind == ColumnType::Timestamp {
                    microseconds_since_1970(number)
                } else {
                    number
                });
            }
            Values::Float8(values) => values.push(f64::from_be_bytes(field.try_into().ok()?)),
            Values::Bool(values) => values.push(*field.first()? != 0),
            Values::Text(values) => {
                let text = if self.kind == ColumnType::Json {
                    field.get(1..)?
                } else {
                    field
                };
                // Many repeat the one of the row before.
                let number = match values.last() {
                    Some(&last) if texts.get(last) == text => last,
                    _ => texts.number(text),
                };
                values.push(number);
            }
        }
        if let Some(present) = &mut self.present {
            present.push(1);
        }
        Some(())
    }

    fn clear(&mut self) {
        match &mut self.values {
            Values::Int4(values) => values.clear(),
            Values::Int8(values) => values.clear(),
            Values::Float8(values) => values.clear(),
            Values::Bool(values) => values.clear(),
            Values::Text(values) => values.clear(),
        }
        if let Some(present) = &mut self.present {
            present.clear();
        }
    }

    /// The field of the value at a position, as the database sends it.
    fn encode(&self, at: usize, texts: &Texts, out: &mut Vec<u8>) -> Option<()> {
        match &self.values {
            Values::Int4(values) => put(out, &values.get(at)?.to_be_bytes()),
            Values::Int8(values) => {
                let value = *values.get(at)?;
                let value = if self.kind == ColumnType::Timestamp {
                    microseconds_since_2000(value)
                } else {
                    value
                };
                put(out, &value.to_be_bytes());
            }
            Values::Float8(values) => put(out, &values.get(at)?.to_be_bytes()),
            Values::Bool(values) => put(out, &[u8::from(*values.get(at)?)]),
            Values::Text(values) => {
                let text = texts.get(*values.get(at)?);
                if self.kind == ColumnType::Json {
                    put_length(out, text.len() + 1);
                    out.push(JSON_VERSION);
                    out.extend_from_slice(text);
                } else {
                    put(out, text);
                }
            }
        }
        Some(())
    }
}

fn put(out: &mut Vec<u8>, field: &[u8]) {
    put_length(out, field.len());
    out.extend_from_slice(field);
}

/// No field is as long as 2 GiB: PostgreSQL's are not.
fn put_length(out: &mut Vec<u8>, length: usize) {
    let length = i32::try_from(length).unwrap_or(i32::MAX);
    out.extend_from_slice(&length.to_be_bytes());
}

/// Infinite times stay the least and the greatest number.
fn microseconds_since_1970(since_2000: i64) -> i64 {
    match since_2000 {
        i64::MIN | i64::MAX => since_2000,
        _ => since_2000.saturating_add(EPOCH_MICROSECONDS),
    }
}

fn microseconds_since_2000(since_1970: i64) -> i64 {
    match since_1970 {
        i64::MIN | i64::MAX => since_1970,
        _ => since_1970.saturating_sub(EPOCH_MICROSECONDS),
    }
}

/// A text of rows, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text(u32);

/// Rows that are in memory.
#[derive(Debug)]
pub struct Rows {
    pub(crate) columns: Vec<ColumnBuffer>,
    pub(crate) texts: Texts,
    pub(crate) count: usize,
}

impl Rows {
    /// No rows of these columns.
    pub fn new<'a>(columns: impl IntoIterator<Item = &'a Column>) -> Self {
        Self {
            columns: columns.into_iter().map(ColumnBuffer::new).collect(),
            texts: Texts::default(),
            count: 0,
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Bytes of the texts, each once.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        self.texts.bytes
    }

    /// Forgets them.
    pub fn clear(&mut self) {
        for column in &mut self.columns {
            column.clear();
        }
        self.texts.clear();
        self.count = 0;
    }

    /// Takes a row of `columns` columns from its fields, as the database sends them. The columns
    /// behind them are pushed one by one.
    ///
    /// # Errors
    ///
    /// It is no row of these columns.
    pub fn push(&mut self, fields: &[u8], columns: usize) -> Result<(), NotARow> {
        let mut rest = fields;
        for column in self.columns.iter_mut().take(columns) {
            let value = field(&mut rest)?;
            column.push(value, &mut self.texts).ok_or(NotARow)?;
        }
        if !rest.is_empty() {
            return Err(NotARow);
        }
        self.count += 1;
        Ok(())
    }

    /// Takes a text up, for [`Self::push_text`] until the rows are cleared.
    pub fn text(&mut self, text: &str) -> Text {
        Text(self.texts.number(text.as_bytes()))
    }

    /// Gives a column of texts its value of the newest row.
    pub fn push_text(&mut self, column: usize, text: Option<Text>) {
        self.push_value(column, text, |values, Text(text)| {
            if let Values::Text(values) = values {
                values.push(text);
            }
        });
    }

    /// The newest value of a column of texts.
    #[must_use]
    pub fn newest_text(&self, column: usize) -> Option<&str> {
        let Values::Text(values) = &self.columns.get(column)?.values else {
            return None;
        };
        self.text_at(column, values.len().checked_sub(1)?)
    }

    /// The newest value of a column of 64-bit integers.
    #[must_use]
    pub fn newest_int8(&self, column: usize) -> Option<i64> {
        match &self.columns.get(column)?.values {
            Values::Int8(values) => values.last().copied(),
            _ => None,
        }
    }

    /// The newest value of a column of floats.
    #[must_use]
    pub fn newest_float8(&self, column: usize) -> Option<f64> {
        match &self.columns.get(column)?.values {
            Values::Float8(values) => values.last().copied(),
            _ => None,
        }
    }

    /// The newest value of a column of truths.
    #[must_use]
    pub fn newest_bool(&self, column: usize) -> Option<bool> {
        match &self.columns.get(column)?.values {
            Values::Bool(values) => values.last().copied(),
            _ => None,
        }
    }

    /// Gives a column of 32-bit integers its value of the newest row.
    pub fn push_int4(&mut self, column: usize, number: Option<i32>) {
        self.push_value(column, number, |values, number| {
            if let Values::Int4(values) = values {
                values.push(number);
            }
        });
    }

    /// Gives a column of 64-bit integers its values of all rows.
    pub fn set_int8(&mut self, column: usize, numbers: &[Option<i64>]) {
        for &number in numbers {
            self.push_value(column, number, |values, number| {
                if let Values::Int8(values) = values {
                    values.push(number);
                }
            });
        }
    }

    fn push_value<T>(&mut self, column: usize, value: Option<T>, push: fn(&mut Values, T)) {
        let Some(column) = self.columns.get_mut(column) else {
            return;
        };
        if let Some(present) = &mut column.present {
            present.push(i16::from(value.is_some()));
        }
        if let Some(value) = value {
            push(&mut column.values, value);
        }
    }

    /// A text of a row, by the position among the values that are there.
    fn text_at(&self, column: usize, at: usize) -> Option<&str> {
        let Values::Text(values) = &self.columns.get(column)?.values else {
            return None;
        };
        std::str::from_utf8(self.texts.get(*values.get(at)?)).ok()
    }

    /// Goes through the rows.
    #[must_use]
    pub fn walk(&self) -> Walk<'_> {
        Walk {
            rows: self,
            row: 0,
            positions: vec![0; self.columns.len()],
        }
    }
}

/// Goes through rows in order.
#[derive(Debug)]
pub struct Walk<'a> {
    rows: &'a Rows,
    row: usize,
    /// The next value of each column.
    positions: Vec<usize>,
}

impl Walk<'_> {
    /// Appends the fields of the first `columns` columns of the next row, as the database sends
    /// them, and gives the text of another column. None at the end.
    ///
    /// # Errors
    ///
    /// A column has fewer values than there are rows.
    pub fn next_row(
        &mut self,
        columns: usize,
        text: usize,
        out: &mut Vec<u8>,
    ) -> Result<Option<&str>, NotARow> {
        if self.row == self.rows.count {
            return Ok(None);
        }
        let mut found = "";
        for (number, column) in self.rows.columns.iter().enumerate() {
            let is_present = match &column.present {
                Some(present) => *present.get(self.row).ok_or(NotARow)? == 1,
                None => true,
            };
            let at = self.positions[number];
            if is_present {
                self.positions[number] += 1;
            }
            if number < columns {
                if is_present {
                    column.encode(at, &self.rows.texts, out).ok_or(NotARow)?;
                } else {
                    out.extend_from_slice(&(-1_i32).to_be_bytes());
                }
            }
            if number == text && is_present {
                found = self.rows.text_at(number, at).ok_or(NotARow)?;
            }
        }
        self.row += 1;
        Ok(Some(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: usize = 5;

    fn rows() -> Rows {
        let table = store::open_data::TABLES
            .iter()
            .find(|table| table.name == "unique_txs");
        Rows::new(table.unwrap().columns)
    }

    fn row(fields: &[Option<&[u8]>]) -> Vec<u8> {
        let mut row = Vec::new();
        for field in fields {
            let length = field.map_or(-1, |field| i32::try_from(field.len()).unwrap());
            row.extend(length.to_be_bytes());
            row.extend(field.unwrap_or_default());
        }
        row
    }

    fn transaction(memo: Option<&[u8]>, time: &[u8]) -> Vec<u8> {
        row(&[
            Some(&[0, 0, 0, 7]),
            Some(b"5J"),
            Some(b"payment"),
            memo,
            Some(time),
        ])
    }

    #[test]
    fn rows_become_columns_and_rows_again() {
        let mut rows = rows();
        let sent = [
            transaction(Some(b"a-0-1-2"), &0_i64.to_be_bytes()),
            transaction(None, &i64::MAX.to_be_bytes()),
            transaction(Some(b"5J"), &(-7_i64).to_be_bytes()),
        ];
        for row in &sent {
            rows.push(row, COLUMNS).unwrap();
        }
        assert_eq!(rows.len(), 3);
        let Values::Text(memos) = &rows.columns[3].values else {
            panic!("memos are texts");
        };
        assert_eq!(rows.texts.get(memos[0]).as_ref(), b"a-0-1-2");
        assert_eq!(rows.columns[3].present, Some(vec![1, 0, 1]));
        // `5J` is a hash and a memo, and stands once.
        assert_eq!(rows.texts.list.len(), 3);
        let Values::Int8(times) = &rows.columns[4].values else {
            panic!("times are numbers");
        };
        assert_eq!(
            times,
            &[EPOCH_MICROSECONDS, i64::MAX, EPOCH_MICROSECONDS - 7]
        );
        let mut walk = rows.walk();
        for row in &sent {
            let mut again = Vec::new();
            assert_eq!(
                walk.next_row(COLUMNS, 1, &mut again).unwrap().unwrap(),
                "5J"
            );
            assert_eq!(&again, row);
        }
        assert_eq!(walk.next_row(COLUMNS, 1, &mut Vec::new()), Ok(None));
        rows.clear();
        assert!(rows.is_empty() && rows.text_bytes() == 0);
    }

    #[test]
    fn what_is_no_row_is_refused() {
        let zero = 0_i64.to_be_bytes();
        let good = transaction(None, &zero);
        let cut = good[..good.len() - 1].to_vec();
        let null_where_none_may_be = row(&[None, Some(b"5J"), Some(b"p"), None, Some(&zero)]);
        let short_time = transaction(None, &[0; 4]);
        let fewer = row(&[Some(&[0, 0, 0, 7])]);
        let more = [good, row(&[Some(b"x")])].concat();
        for bad in [cut, null_where_none_may_be, short_time, fewer, more] {
            assert_eq!(rows().push(&bad, COLUMNS), Err(NotARow), "{bad:?}");
        }
    }
}
