//! Rows in the binary format of PostgreSQL's `COPY`.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sqlx::PgConnection;

use crate::StoreError;

/// Microseconds from the Unix epoch to 2000-01-01, PostgreSQL's zero.
const EPOCH_MICROSECONDS: i64 = 946_684_800_000_000;
/// Bytes that are sent at once.
const PIECE_BYTES: usize = 256 << 10;
/// Signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// One row being encoded: fields in the order of the column list.
pub(super) struct CopyRow<'a> {
    bytes: &'a mut Vec<u8>,
}

impl CopyRow<'_> {
    fn field(&mut self, value: &[u8]) {
        // A field cannot be as long as 2 GiB: lines are limited to few MiB.
        let length = i32::try_from(value.len()).unwrap_or(i32::MAX);
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(value);
    }

    pub(super) fn null(&mut self) {
        self.bytes.extend_from_slice(&(-1_i32).to_be_bytes());
    }

    pub(super) fn text(&mut self, value: &str) {
        self.field(value.as_bytes());
    }

    pub(super) fn optional_text(&mut self, value: Option<&str>) {
        match value {
            Some(value) => self.text(value),
            None => self.null(),
        }
    }

    pub(super) fn int4(&mut self, value: i32) {
        self.field(&value.to_be_bytes());
    }

    pub(super) fn optional_int4(&mut self, value: Option<i32>) {
        match value {
            Some(value) => self.int4(value),
            None => self.null(),
        }
    }

    pub(super) fn int8(&mut self, value: i64) {
        self.field(&value.to_be_bytes());
    }

    pub(super) fn float8(&mut self, value: f64) {
        self.field(&value.to_be_bytes());
    }

    pub(super) fn boolean(&mut self, value: bool) {
        self.field(&[u8::from(value)]);
    }

    /// JSON text as `jsonb`: a version byte and the text.
    pub(super) fn jsonb(&mut self, json: &str) {
        let length = i32::try_from(json.len() + 1).unwrap_or(i32::MAX);
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.push(1);
        self.bytes.extend_from_slice(json.as_bytes());
    }

    /// A `timestamptz` from microseconds since the Unix epoch.
    pub(super) fn timestamp(&mut self, microseconds: i64) {
        self.int8(microseconds - EPOCH_MICROSECONDS);
    }
}

/// Copies rows into a table: `statement` is a `COPY … FROM STDIN (FORMAT binary)` with `columns`
/// columns, in which `encode` writes a row. Gives the number of rows.
///
/// Rows are encoded piece by piece while the pieces before are under way: the whole is never in
/// memory a second time.
pub(super) fn copy_rows<'a, T: Send + 'a>(
    connection: &'a mut PgConnection,
    statement: &'a str,
    columns: i16,
    rows: impl Iterator<Item = T> + Send + 'a,
    mut encode: impl FnMut(T, &mut CopyRow<'_>) -> Result<(), StoreError> + Send + 'a,
) -> BoxFuture<'a, Result<u64, StoreError>> {
    let mut rows = rows.peekable();
    async move {
        if rows.peek().is_none() {
            return Ok(0);
        }
        let mut bytes = Vec::with_capacity(PIECE_BYTES + PIECE_BYTES / 4);
        bytes.extend_from_slice(HEADER);
        let mut copy = connection.copy_in_raw(statement).await?;
        loop {
            match encode_piece(&mut bytes, columns, &mut rows, &mut encode) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    copy.abort(error.to_string()).await?;
                    return Err(error);
                }
            }
            copy.send(bytes.as_slice()).await?;
            bytes.clear();
        }
        bytes.extend_from_slice(&(-1_i16).to_be_bytes());
        copy.send(bytes).await?;
        Ok(copy.finish().await?)
    }
    .boxed()
}

/// Encodes rows until the piece is full; says whether it is.
fn encode_piece<T>(
    bytes: &mut Vec<u8>,
    columns: i16,
    rows: &mut impl Iterator<Item = T>,
    encode: &mut impl FnMut(T, &mut CopyRow<'_>) -> Result<(), StoreError>,
) -> Result<bool, StoreError> {
    while bytes.len() < PIECE_BYTES {
        let Some(row) = rows.next() else {
            return Ok(false);
        };
        bytes.extend_from_slice(&columns.to_be_bytes());
        encode(row, &mut CopyRow { bytes })?;
    }
    Ok(true)
}
