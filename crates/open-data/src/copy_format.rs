//! PostgreSQL's binary format of `COPY`, as the database sends and takes it.

/// What the format begins with: signature, flags, and the length of an extension.
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// Bytes of flags and of the extension's length.
const HEADER_NUMBERS: usize = 8;
/// The number of fields of what is no row but the end.
const END: i16 = -1;

/// What was sent is no row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no row of the table")]
pub struct NotARow;

/// What the database sends, piece by piece.
#[derive(Debug, Default)]
pub struct CopiedRows {
    has_begun: bool,
}

impl CopiedRows {
    /// The fields of the row that a piece is. None for what begins or ends the format.
    ///
    /// # Errors
    ///
    /// The row has another number of fields.
    pub fn fields<'a>(
        &mut self,
        piece: &'a [u8],
        fields: usize,
    ) -> Result<Option<&'a [u8]>, NotARow> {
        let mut rest = piece;
        if !self.has_begun {
            rest = behind_header(piece).ok_or(NotARow)?;
            self.has_begun = true;
        }
        // The header may come alone.
        if rest.is_empty() {
            return Ok(None);
        }
        let (count, row) = rest.split_first_chunk::<2>().ok_or(NotARow)?;
        match i16::from_be_bytes(*count) {
            END if row.is_empty() => Ok(None),
            count if usize::try_from(count) == Ok(fields) => Ok(Some(row)),
            _ => Err(NotARow),
        }
    }
}

fn behind_header(piece: &[u8]) -> Option<&[u8]> {
    let rest = piece.strip_prefix(SIGNATURE)?;
    let (numbers, rest) = rest.split_first_chunk::<HEADER_NUMBERS>()?;
    let extension = u32::from_be_bytes(*numbers.last_chunk::<4>()?);
    rest.get(usize::try_from(extension).ok()?..)
}

/// The next field, which is left behind; none for a null.
///
/// # Errors
///
/// There is no whole field.
pub fn field<'a>(rest: &mut &'a [u8]) -> Result<Option<&'a [u8]>, NotARow> {
    let (length, behind) = rest.split_first_chunk::<4>().ok_or(NotARow)?;
    let length = i32::from_be_bytes(*length);
    if length == -1 {
        *rest = behind;
        return Ok(None);
    }
    let length = usize::try_from(length).map_err(|_| NotARow)?;
    let (found, behind) = behind.split_at_checked(length).ok_or(NotARow)?;
    *rest = behind;
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Vec<u8> {
        [SIGNATURE, &[0; 8]].concat()
    }

    #[test]
    fn the_header_comes_alone_or_with_the_first_row_or_with_the_end() {
        let row = [0, 1, 0, 0, 0, 1, 9];
        let end = [0xff, 0xff];
        let mut alone = CopiedRows::default();
        assert_eq!(alone.fields(&header(), 1), Ok(None));
        assert_eq!(alone.fields(&row, 1), Ok(Some(&row[2..])));
        assert_eq!(alone.fields(&end, 1), Ok(None));
        let together = [header(), row.to_vec()].concat();
        let mut rows = CopiedRows::default();
        assert_eq!(rows.fields(&together, 1), Ok(Some(&row[2..])));
        let nothing = [header(), end.to_vec()].concat();
        assert_eq!(CopiedRows::default().fields(&nothing, 1), Ok(None));
    }

    #[test]
    fn what_is_no_row_is_refused() {
        let row = [0, 1, 0, 0, 0, 1, 9];
        assert_eq!(CopiedRows::default().fields(&row, 1), Err(NotARow));
        for (bad, fields) in [(&row[..], 2), (&row[..1], 1), (&[0xff, 0xff, 0][..], 1)] {
            let mut rows = CopiedRows::default();
            rows.fields(&header(), fields).unwrap();
            assert_eq!(rows.fields(bad, fields), Err(NotARow), "{bad:?}");
        }
        let mut rest = &row[2..];
        assert_eq!(field(&mut rest), Ok(Some(&[9][..])));
        assert_eq!(field(&mut rest), Err(NotARow));
        for bad in [&[0, 0, 0][..], &[0, 0, 0, 2, 1], &[0xff, 0xff, 0xff, 0xfe]] {
            let mut rest = bad;
            assert_eq!(field(&mut rest), Err(NotARow), "{bad:?}");
        }
    }
}
