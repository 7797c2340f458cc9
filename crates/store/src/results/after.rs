//! Where a page of a list begins: after a row of the page before, so that rows that come meanwhile
//! move nothing.

use std::fmt;
use std::str::FromStr;

use sqlx::Row as _;
use sqlx::postgres::PgRow;

use crate::StoreError;

/// The place of a row in a list: what the list is sorted by, what decides where that is equal, and
/// the row's name. Smaller ones come first. As text it is a cursor.
#[derive(Debug, Clone, PartialEq)]
pub struct After {
    key: f64,
    at: i64,
    id: String,
}

/// The text is no place of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no cursor")]
pub struct NoCursor;

impl fmt::Display for After {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}_{}", self.key, self.at, self.id)
    }
}

impl FromStr for After {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let mut parts = text.splitn(3, '_');
        let mut part = || parts.next().ok_or(NoCursor);
        let key: f64 = part()?.parse().map_err(|_| NoCursor)?;
        let at = part()?.parse().map_err(|_| NoCursor)?;
        let id = part()?.to_owned();
        // No text of PostgreSQL has this character, and no key is not a number.
        if key.is_nan() || id.contains('\0') {
            return Err(NoCursor);
        }
        Ok(Self { key, at, id })
    }
}

impl After {
    /// The three parts, as parameters of a query; null without a place.
    pub(super) fn parameters(place: Option<&Self>) -> (Option<f64>, Option<i64>, Option<&str>) {
        (
            place.map(|place| place.key),
            place.map(|place| place.at),
            place.map(|place| place.id.as_str()),
        )
    }

    /// Takes the rows beyond `limit` away; gives the place where the next page begins if there were
    /// any.
    pub(super) fn cut(rows: &mut Vec<PgRow>, limit: i64) -> Result<Option<Self>, StoreError> {
        let limit = usize::try_from(limit).unwrap_or(0);
        if rows.len() <= limit {
            return Ok(None);
        }
        rows.truncate(limit);
        let last = rows.last().map(|row| {
            Ok::<_, StoreError>(Self {
                key: row.try_get("sort_key")?,
                at: row.try_get("sort_at")?,
                id: row.try_get("sort_id")?,
            })
        });
        last.transpose()
    }
}

/// A place in a list that is made anew for each request: the row's name, and its number in case that
/// it is not there any more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Rows up to and with it, when it was listed.
    pub number: i64,
    /// Its name; none if only the number is known.
    pub id: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number)?;
        self.id.as_ref().map_or(Ok(()), |id| write!(f, "_{id}"))
    }
}

impl FromStr for Place {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let (number, id) = text
            .split_once('_')
            .map_or((text, None), |(number, id)| (number, Some(id.to_owned())));
        let number: i64 = number.parse().map_err(|_| NoCursor)?;
        if number < 0 || id.as_ref().is_some_and(|id| id.contains('\0')) {
            return Err(NoCursor);
        }
        Ok(Self { number, id })
    }
}

impl Place {
    /// The rows after this place, `limit` at most, and where the next page begins if there are more.
    #[must_use]
    pub fn page<T>(
        &self,
        rows: Vec<T>,
        limit: i64,
        id_of: impl Fn(&T) -> String,
    ) -> (Vec<T>, Option<Self>) {
        let size = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
        let found = self
            .id
            .as_ref()
            .and_then(|id| rows.iter().position(|row| id_of(row) == *id));
        let first = found.map_or_else(|| size(self.number), |position| position + 1);
        let end = first.saturating_add(size(limit));
        let next = rows.get(end).and_then(|_| {
            Some(Self {
                number: i64::try_from(end).ok()?,
                id: Some(id_of(rows.get(end.checked_sub(1)?)?)),
            })
        });
        let page = rows.into_iter().skip(first).take(size(limit));
        (page.collect(), next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        for (key, at, id) in [
            (-1_769_850_000_123_456.0, -17, "5Ja_b"),
            (0.1, 0, ""),
            (f64::INFINITY, i64::MAX, "x"),
        ] {
            let id = id.to_owned();
            let after = After { key, at, id };
            assert_eq!(after.to_string().parse(), Ok(after));
        }
        for wrong in ["", "1", "1_2", "x_2_a", "1_x_a", "NaN_1_a", "1_2_\0"] {
            assert_eq!(wrong.parse::<After>(), Err(NoCursor), "{wrong:?}");
        }
        for wrong in ["", "x", "-1", "1_\0"] {
            assert_eq!(wrong.parse::<Place>(), Err(NoCursor), "{wrong:?}");
        }
    }

    #[test]
    fn rows_that_come_meanwhile_move_nothing() {
        let page = |place: &str, rows: &[&str]| {
            let place: Place = place.parse().unwrap();
            let (page, next) = place.page(rows.to_vec(), 2, ToString::to_string);
            (page.join(" "), next.map(|next| next.to_string()))
        };
        let rows = ["d", "c", "b", "a"];
        let next = Some("2_c".to_owned());
        assert_eq!(page("0", &rows), ("d c".to_owned(), next));
        assert_eq!(page("2_c", &rows), ("b a".to_owned(), None));
        assert_eq!(
            page("2_c", &["f", "e", "d", "c", "b", "a"]),
            ("b a".to_owned(), None)
        );
        // The row has gone: its number is what remains.
        assert_eq!(page("2_c", &["d", "b", "a"]), ("a".to_owned(), None));
        assert_eq!(page("9", &rows), (String::new(), None));
    }
}
