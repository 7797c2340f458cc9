//! A table as a Parquet file.
//!
//! Encodings are chosen by what the values are: ids and times of one row are near those of the row
//! before, floats share their leading bytes, texts repeat. Times of checkpoints stay 64-bit floats,
//! because microseconds would lose digits that nodes write.

use std::path::Path;
use std::sync::Arc;

use parquet::basic::{
    Compression, Encoding, LogicalType, Repetition, TimeUnit, Type as PhysicalType, ZstdLevel,
};
use parquet::data_type::{BoolType, ByteArrayType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{
    EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterVersion,
};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, Type, TypePtr};
use store::open_data::{Column, ColumnType, Table};

use crate::copied_rows::{Rows, Values};
use crate::error::ExportError;
use crate::sink::{Batches, CountedFile};

/// Rows of a group, which is what is in memory.
const GROUP_ROWS_MAX: usize = 1 << 18;
/// Bytes of a group, as the database sends them.
const GROUP_BYTES_MAX: usize = 64 << 20;
/// Higher levels save a few percent and take several times as long.
const ZSTD_LEVEL: i32 = 3;

/// Writes the file; gives its rows and bytes.
pub(crate) fn write(
    table: &'static Table,
    path: &Path,
    mut batches: Batches,
) -> Result<(u64, u64), ExportError> {
    let failed = |error| ExportError::parquet(path, error);
    let file = CountedFile::create(path, batches.progress())?;
    let schema = schema(table).map_err(failed)?;
    let properties = properties(table).map_err(failed)?;
    let mut writer =
        SerializedFileWriter::new(file, schema, Arc::new(properties)).map_err(failed)?;
    let mut rows = Rows::new(table.columns);
    let mut count = 0;
    while let Some(batch) = batches.next() {
        let before = rows.count;
        for piece in &batch {
            rows.push(piece)
                .map_err(|_| ExportError::NotARow { table: table.name })?;
        }
        let added = (rows.count - before) as u64;
        count += added;
        batches.progress().add_rows(added);
        if rows.count >= GROUP_ROWS_MAX || rows.bytes >= GROUP_BYTES_MAX {
            write_group(&mut writer, &rows).map_err(failed)?;
            rows.clear();
        }
    }
    if rows.count > 0 {
        write_group(&mut writer, &rows).map_err(failed)?;
    }
    writer.finish().map_err(failed)?;
    let bytes = writer.inner().sync().map_err(ExportError::write(path))?;
    Ok((count, bytes))
}

fn write_group(
    writer: &mut SerializedFileWriter<CountedFile>,
    rows: &Rows,
) -> Result<(), ParquetError> {
    let mut group = writer.next_row_group()?;
    for buffer in &rows.columns {
        let Some(mut column) = group.next_column()? else {
            break;
        };
        let present = buffer.present.as_deref();
        match &buffer.values {
            Values::Int4(values) => {
                column
                    .typed::<Int32Type>()
                    .write_batch(values, present, None)?;
            }
            Values::Int8(values) => {
                column
                    .typed::<Int64Type>()
                    .write_batch(values, present, None)?;
            }
            Values::Float8(values) => {
                column
                    .typed::<DoubleType>()
                    .write_batch(values, present, None)?;
            }
            Values::Bool(values) => {
                column
                    .typed::<BoolType>()
                    .write_batch(values, present, None)?;
            }
            Values::Text(values) => {
                column
                    .typed::<ByteArrayType>()
                    .write_batch(values, present, None)?;
            }
        }
        column.close()?;
    }
    group.close()?;
    Ok(())
}

fn schema(table: &Table) -> Result<TypePtr, ParquetError> {
    let fields: Result<Vec<TypePtr>, ParquetError> = table.columns.iter().map(field).collect();
    let root = Type::group_type_builder(table.name).with_fields(fields?);
    Ok(Arc::new(root.build()?))
}

fn field(column: &Column) -> Result<TypePtr, ParquetError> {
    let (physical, logical) = match column.kind {
        ColumnType::Int4 => (PhysicalType::INT32, None),
        ColumnType::Int8 => (PhysicalType::INT64, None),
        ColumnType::Float8 => (PhysicalType::DOUBLE, None),
        ColumnType::Bool => (PhysicalType::BOOLEAN, None),
        ColumnType::Text => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
        ColumnType::Json => (PhysicalType::BYTE_ARRAY, Some(LogicalType::Json)),
        ColumnType::Timestamp => (
            PhysicalType::INT64,
            Some(LogicalType::timestamp(true, TimeUnit::MICROS)),
        ),
    };
    let repetition = if column.nullable {
        Repetition::OPTIONAL
    } else {
        Repetition::REQUIRED
    };
    let field = Type::primitive_type_builder(column.name, physical)
        .with_repetition(repetition)
        .with_logical_type(logical);
    Ok(Arc::new(field.build()?))
}

fn properties(table: &Table) -> Result<WriterProperties, ParquetError> {
    let created_by = concat!("loadlab version ", env!("CARGO_PKG_VERSION"));
    let described = KeyValue::new("loadlab.table".to_owned(), table.name.to_owned());
    let start = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_2_0)
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(None)
        .set_created_by(created_by.to_owned())
        .set_key_value_metadata(Some(vec![described]));
    let columns = table.columns.iter();
    Ok(columns.fold(start, encoding).build())
}

fn encoding(properties: WriterPropertiesBuilder, column: &Column) -> WriterPropertiesBuilder {
    let path = ColumnPath::from(column.name);
    let encoding = match column.kind {
        ColumnType::Int4 | ColumnType::Int8 | ColumnType::Timestamp => {
            Encoding::DELTA_BINARY_PACKED
        }
        ColumnType::Float8 => Encoding::BYTE_STREAM_SPLIT,
        ColumnType::Bool => Encoding::RLE,
        // A dictionary, as long as values repeat.
        ColumnType::Text | ColumnType::Json => return properties,
    };
    properties
        .set_column_dictionary_enabled(path.clone(), false)
        .set_column_encoding(path, encoding)
}
