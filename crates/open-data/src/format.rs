//! What files can be.

use store::open_data::RowForm;

/// What the files are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Apache Parquet, compressed with zstd.
    Parquet,
    /// Comma-separated values, compressed with zstd.
    Csv,
}

impl Format {
    /// How the names of files end, with the point before it.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Parquet => ".parquet",
            Self::Csv => ".csv.zst",
        }
    }

    /// The form in which the database sends rows for them.
    pub(crate) fn row_form(self) -> RowForm {
        match self {
            Self::Parquet => RowForm::Binary,
            Self::Csv => RowForm::Csv,
        }
    }
}
