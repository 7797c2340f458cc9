//! Rows of PostgreSQL's binary `COPY` as columns.

use bytes::Bytes;
use parquet::data_type::ByteArray;
use store::open_data::{Column, ColumnType};

/// What the format begins with: signature, flags, and the length of an extension.
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// Bytes of flags and of the extension's length.
const HEADER_NUMBERS: usize = 8;
/// The number of fields of what is no row but the end.
const END: i16 = -1;
/// Microseconds from 1970 to 2000, PostgreSQL's zero.
const EPOCH_MICROSECONDS: i64 = 946_684_800_000_000;

/// What was sent is no row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotARow;

/// The values of a column, in order of rows.
#[derive(Debug)]
pub(crate) enum Values {
    Int4(Vec<i32>),
    Int8(Vec<i64>),
    Float8(Vec<f64>),
    Bool(Vec<bool>),
    Text(Vec<ByteArray>),
}

/// A column of the rows that are in memory.
#[derive(Debug)]
pub(crate) struct ColumnBuffer {
    kind: ColumnType,
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

    fn push(&mut self, row: &Bytes, from: usize, until: usize) -> Option<()> {
        let field = &row[from..until];
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
                // The first byte of `jsonb` is its version.
                let skipped = usize::from(self.kind == ColumnType::Json);
                let text = row.slice((from + skipped).min(until)..until);
                values.push(ByteArray::from(text));
            }
        }
        if let Some(present) = &mut self.present {
            present.push(1);
        }
        Some(())
    }

    fn push_null(&mut self) -> Option<()> {
        self.present.as_mut()?.push(0);
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
}

/// Infinite times stay the least and the greatest number.
fn microseconds_since_1970(since_2000: i64) -> i64 {
    match since_2000 {
        i64::MIN | i64::MAX => since_2000,
        _ => since_2000.saturating_add(EPOCH_MICROSECONDS),
    }
}

/// Rows that are in memory, by column.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) columns: Vec<ColumnBuffer>,
    pub(crate) count: usize,
    /// Bytes of what was sent for them.
    pub(crate) bytes: usize,
    has_begun: bool,
}

impl Rows {
    pub(crate) fn new(columns: &[Column]) -> Self {
        Self {
            columns: columns.iter().map(ColumnBuffer::new).collect(),
            count: 0,
            bytes: 0,
            has_begun: false,
        }
    }

    pub(crate) fn clear(&mut self) {
        for column in &mut self.columns {
            column.clear();
        }
        self.count = 0;
        self.bytes = 0;
    }

    /// Takes a piece of what the database sends: a row, with the header before the first one, or
    /// the end.
    pub(crate) fn push(&mut self, piece: &Bytes) -> Result<(), NotARow> {
        self.take(piece).ok_or(NotARow)
    }

    fn take(&mut self, piece: &Bytes) -> Option<()> {
        let mut at = 0;
        if !self.has_begun {
            at = header_bytes(piece)?;
            self.has_begun = true;
        }
        // The header may come alone.
        while at < piece.len() {
            let fields = i16::from_be_bytes(array(piece, &mut at)?);
            if fields == END {
                return (at == piece.len()).then_some(());
            }
            if usize::try_from(fields) != Ok(self.columns.len()) {
                return None;
            }
            for column in &mut self.columns {
                let length = i32::from_be_bytes(array(piece, &mut at)?);
                if length == -1 {
                    column.push_null()?;
                    continue;
                }
                let until = at.checked_add(usize::try_from(length).ok()?)?;
                if until > piece.len() {
                    return None;
                }
                column.push(piece, at, until)?;
                at = until;
            }
            self.count += 1;
        }
        self.bytes += piece.len();
        Some(())
    }
}

fn header_bytes(piece: &Bytes) -> Option<usize> {
    if !piece.starts_with(SIGNATURE) {
        return None;
    }
    let mut at = SIGNATURE.len() + HEADER_NUMBERS - 4;
    let extension = u32::from_be_bytes(array(piece, &mut at)?);
    at.checked_add(usize::try_from(extension).ok()?)
}

/// The next bytes, which are left behind.
fn array<const N: usize>(piece: &Bytes, at: &mut usize) -> Option<[u8; N]> {
    let until = at.checked_add(N)?;
    let found = piece.get(*at..until)?.try_into().ok()?;
    *at = until;
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Rows {
        let table = store::open_data::TABLES
            .iter()
            .find(|table| table.name == "unique_txs");
        Rows::new(table.unwrap().columns)
    }

    fn header() -> Vec<u8> {
        [SIGNATURE, &[0; 8]].concat()
    }

    fn row(fields: &[Option<&[u8]>]) -> Vec<u8> {
        let mut row = i16::try_from(fields.len()).unwrap().to_be_bytes().to_vec();
        for field in fields {
            let length = field.map_or(-1, |field| i32::try_from(field.len()).unwrap());
            row.extend(length.to_be_bytes());
            row.extend(field.unwrap_or_default());
        }
        row
    }

    fn transaction<'a>(memo: Option<&'a [u8]>, time: &'a [u8]) -> Vec<u8> {
        row(&[
            Some(&[0, 0, 0, 7]),
            Some(b"5J"),
            Some(b"payment"),
            memo,
            Some(time),
        ])
    }

    #[test]
    fn rows_become_columns() {
        let mut rows = rows();
        let zero = 0_i64.to_be_bytes();
        let first = [header(), transaction(Some(b"a-0-1-2"), &zero)].concat();
        rows.push(&first.into()).unwrap();
        rows.push(&transaction(None, &i64::MAX.to_be_bytes()).into())
            .unwrap();
        rows.push(&vec![0xff, 0xff].into()).unwrap();
        assert_eq!(rows.count, 2);
        let Values::Text(memos) = &rows.columns[3].values else {
            panic!("memos are texts");
        };
        assert_eq!(memos.len(), 1);
        assert_eq!(memos[0].data(), b"a-0-1-2");
        assert_eq!(rows.columns[3].present, Some(vec![1, 0]));
        let Values::Int8(times) = &rows.columns[4].values else {
            panic!("times are numbers");
        };
        assert_eq!(times, &[EPOCH_MICROSECONDS, i64::MAX]);
        rows.clear();
        assert_eq!((rows.count, rows.bytes), (0, 0));
    }

    #[test]
    fn what_is_no_row_is_refused() {
        let zero = 0_i64.to_be_bytes();
        let good = transaction(None, &zero);
        let cut = good[..good.len() - 1].to_vec();
        let null_where_none_may_be = row(&[None, Some(b"5J"), Some(b"p"), None, Some(&zero)]);
        let short_time = transaction(None, &[0; 4]);
        let fewer = row(&[Some(&[0, 0, 0, 7])]);
        let behind_the_end = vec![0xff, 0xff, 0];
        for bad in [
            cut,
            null_where_none_may_be,
            short_time,
            fewer,
            behind_the_end,
        ] {
            let mut rows = rows();
            rows.push(&header().into()).unwrap();
            rows.push(&good.clone().into()).unwrap();
            assert_eq!(rows.push(&bad.clone().into()), Err(NotARow), "{bad:?}");
        }
        assert_eq!(rows().push(&good.into()), Err(NotARow), "without a header");
    }
}
