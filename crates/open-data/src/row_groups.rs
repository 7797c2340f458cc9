//! Rows as row groups of a Parquet file, into the file and out of it.
//!
//! Encodings are chosen by what the values are: ids and times of one row are near those of the row
//! before, floats share their leading bytes, texts repeat. Times of checkpoints stay 64-bit floats,
//! because microseconds would lose digits that nodes write.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use bytes::Bytes;
use parquet::basic::{
    Compression, Encoding, LogicalType, Repetition, TimeUnit, Type as PhysicalType, ZstdLevel,
};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::column::writer::{
    ColumnCloseResult, ColumnWriter, ColumnWriterImpl, get_column_writer,
};
use parquet::data_type::{ByteArray, ByteArrayType, DataType};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{
    EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterPropertiesPtr,
    WriterVersion,
};
use parquet::file::reader::{ChunkReader, FileReader as _, SerializedFileReader};
use parquet::file::writer::{SerializedFileWriter, SerializedPageWriter, TrackedWrite};
use parquet::schema::types::{ColumnPath, SchemaDescriptor, Type, TypePtr};
use store::open_data::{Column, ColumnType};

use crate::rows::{ColumnBuffer, Rows, Texts, Values};

/// Rows of a group at most, which is what is in memory.
pub const GROUP_ROWS_MAX: usize = 1 << 20;
/// Bytes of texts of a group, each once, from which it is written.
pub const GROUP_TEXT_BYTES_MAX: usize = 40 << 20;
/// Rows that are read at once: few enough to be at hand for the processor, and to need little memory.
const READ_ROWS: usize = 1 << 14;
/// Values that are handed to the library, or taken from it, at once, where they are made for it.
const PORTION: usize = 8192;
/// Threads that encode the columns of a group.
const THREADS_MAX: usize = 4;
/// Different values of a group that a bloom filter is made for.
const BLOOM_VALUES: u64 = 4096;

/// A file that grows by row groups.
#[derive(Debug)]
pub struct GroupWriter<W: Write + Send>(SerializedFileWriter<W>);

impl<W: Write + Send> GroupWriter<W> {
    /// Begins a file of these columns, compressed by zstd at a level of 1 to 22. A reader finds values
    /// of those in `bloomed` without reading what has none of them.
    ///
    /// # Errors
    ///
    /// Two columns have the same name, or there is no such level.
    pub fn new(
        sink: W,
        table: &str,
        columns: &[&Column],
        bloomed: &[&str],
        zstd_level: i32,
    ) -> Result<Self, ParquetError> {
        let fields: Result<Vec<TypePtr>, ParquetError> =
            columns.iter().copied().map(field).collect();
        let schema = Type::group_type_builder(table).with_fields(fields?);
        let properties = properties(table, columns, bloomed, zstd_level)?;
        let schema = Arc::new(schema.build()?);
        SerializedFileWriter::new(sink, schema, Arc::new(properties)).map(Self)
    }

    /// Writes rows as a group. Columns are encoded on several threads at once.
    ///
    /// # Errors
    ///
    /// The sink takes no more.
    pub fn write(&mut self, rows: &Rows) -> Result<(), ParquetError> {
        let encoded = encode_columns(rows, self.0.schema_descr(), self.0.properties())?;
        let mut group = self.0.next_row_group()?;
        for Encoded { bytes, close, .. } in encoded {
            group.append_column(&bytes, close)?;
        }
        group.close()?;
        Ok(())
    }

    /// Writes what ends the file, and gives the sink back.
    ///
    /// # Errors
    ///
    /// The sink takes no more.
    pub fn finish(self) -> Result<W, ParquetError> {
        self.0.into_inner()
    }
}

/// A column of a group as it stands in the file.
struct Encoded {
    number: usize,
    bytes: Bytes,
    close: ColumnCloseResult,
}

/// The columns of a group in their order.
fn encode_columns(
    rows: &Rows,
    schema: &SchemaDescriptor,
    properties: &WriterPropertiesPtr,
) -> Result<Vec<Encoded>, ParquetError> {
    // Small groups are not worth a thread.
    let threads = if rows.len() < PORTION {
        1
    } else {
        thread::available_parallelism().map_or(1, |threads| threads.get().min(THREADS_MAX))
    };
    let next = AtomicUsize::new(0);
    let work = || {
        let mut encoded = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(buffer) = rows.columns.get(number) else {
                return Ok::<_, ParquetError>(encoded);
            };
            let column = schema.column(number);
            let mut file = TrackedWrite::new(Vec::new());
            let pages = Box::new(SerializedPageWriter::new(&mut file));
            let mut writer = get_column_writer(column, Arc::clone(properties), pages);
            write_column(&mut writer, buffer, &rows.texts)?;
            let close = writer.close()?;
            let bytes = file.into_inner()?.into();
            encoded.push(Encoded {
                number,
                bytes,
                close,
            });
        }
    };
    let mut encoded = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut encoded = work()?;
        for other in others {
            let failed = |_| ParquetError::General("a thread has ended early".to_owned());
            encoded.extend(other.join().map_err(failed)??);
        }
        Ok::<_, ParquetError>(encoded)
    })?;
    encoded.sort_unstable_by_key(|column| column.number);
    Ok(encoded)
}

fn write_column(
    column: &mut ColumnWriter<'_>,
    buffer: &ColumnBuffer,
    texts: &Texts,
) -> Result<(), ParquetError> {
    let present = buffer.present.as_deref();
    match (column, &buffer.values) {
        (ColumnWriter::Int32ColumnWriter(column), Values::Int4(values)) => {
            column.write_batch(values, present, None)?;
        }
        (ColumnWriter::Int64ColumnWriter(column), Values::Int8(values)) => {
            column.write_batch(values, present, None)?;
        }
        (ColumnWriter::DoubleColumnWriter(column), Values::Float8(values)) => {
            column.write_batch(values, present, None)?;
        }
        (ColumnWriter::BoolColumnWriter(column), Values::Bool(values)) => {
            column.write_batch(values, present, None)?;
        }
        (ColumnWriter::ByteArrayColumnWriter(column), Values::Text(values)) => {
            write_texts(column, values, present, texts)?;
        }
        _ => {
            let wrong = "a column has another type".to_owned();
            return Err(ParquetError::General(wrong));
        }
    }
    Ok(())
}

/// Portion by portion, as the library takes more memory for a text than we do.
fn write_texts(
    column: &mut ColumnWriterImpl<'_, ByteArrayType>,
    values: &[u32],
    present: Option<&[i16]>,
    texts: &Texts,
) -> Result<(), ParquetError> {
    let mut made = Made::default();
    let Some(present) = present else {
        for portion in values.chunks(PORTION) {
            column.write_batch(made.of(portion, texts), None, None)?;
        }
        return Ok(());
    };
    let mut rest = values;
    for portion in present.chunks(PORTION) {
        let count = portion.iter().filter(|&&level| level == 1).count();
        let (now, later) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        column.write_batch(made.of(now, texts), Some(portion), None)?;
        rest = later;
    }
    Ok(())
}

/// Texts as the library takes them. One that stands at the same place in the portion before, as the
/// name of a node does, is not made again.
#[derive(Default)]
struct Made {
    numbers: Vec<u32>,
    texts: Vec<ByteArray>,
}

impl Made {
    fn of(&mut self, numbers: &[u32], texts: &Texts) -> &[ByteArray] {
        let known = self.numbers.len().min(numbers.len());
        for (at, &number) in numbers.iter().enumerate().take(known) {
            if self.numbers[at] != number {
                self.numbers[at] = number;
                self.texts[at] = ByteArray::from(texts.get(number).clone());
            }
        }
        for &number in &numbers[known..] {
            self.numbers.push(number);
            self.texts.push(ByteArray::from(texts.get(number).clone()));
        }
        &self.texts[..numbers.len()]
    }
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

fn properties(
    table: &str,
    columns: &[&Column],
    bloomed: &[&str],
    zstd_level: i32,
) -> Result<WriterProperties, ParquetError> {
    let created_by = concat!("loadlab version ", env!("CARGO_PKG_VERSION"));
    let described = KeyValue::new("loadlab.table".to_owned(), table.to_owned());
    let start = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_2_0)
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(zstd_level)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(None)
        .set_created_by(created_by.to_owned())
        .set_key_value_metadata(Some(vec![described]));
    let encoded = columns
        .iter()
        .fold(start, |properties, column| encoding(properties, column));
    let all = bloomed.iter().fold(encoded, |properties, &name| {
        let path = ColumnPath::from(name);
        properties
            .set_column_bloom_filter_enabled(path.clone(), true)
            .set_column_bloom_filter_max_ndv(path, BLOOM_VALUES)
    });
    Ok(all.build())
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

/// The rows of a file, portion by portion.
pub struct GroupReader<R: ChunkReader + 'static> {
    file: SerializedFileReader<R>,
    next: usize,
    /// The columns of the group that is being read, and its rows that are left.
    columns: Vec<ColumnReader>,
    left: usize,
}

impl<R: ChunkReader + 'static> GroupReader<R> {
    /// Opens a file of just these columns.
    ///
    /// # Errors
    ///
    /// It is no Parquet file, or has other columns.
    pub fn open(file: R, columns: &[&Column]) -> Result<Self, ParquetError> {
        let file = SerializedFileReader::new(file)?;
        let schema = file.metadata().file_metadata().schema().get_fields();
        let is_same = schema.len() == columns.len()
            && schema.iter().zip(columns).all(|(found, column)| {
                field(column).is_ok_and(|wanted| {
                    found.is_primitive()
                        && found.name() == wanted.name()
                        && found.get_physical_type() == wanted.get_physical_type()
                        && found.is_optional() == wanted.is_optional()
                })
            });
        if !is_same {
            return Err(ParquetError::General(
                "its columns are not those of the table".to_owned(),
            ));
        }
        Ok(Self {
            file,
            next: 0,
            columns: Vec::new(),
            left: 0,
        })
    }

    /// Reads the next rows of a group into `rows`, which it clears. False at the end.
    ///
    /// # Errors
    ///
    /// The file is damaged, or a group has more rows than ours have.
    pub fn read(&mut self, rows: &mut Rows) -> Result<bool, ParquetError> {
        rows.clear();
        while self.left == 0 {
            if self.next == self.file.num_row_groups() {
                return Ok(false);
            }
            self.begin_group()?;
        }
        rows.count = READ_ROWS.min(self.left);
        self.left -= rows.count;
        for (number, reader) in self.columns.iter_mut().enumerate() {
            read_column(reader, number, rows)?;
        }
        Ok(true)
    }

    fn begin_group(&mut self) -> Result<(), ParquetError> {
        let group = self.file.get_row_group(self.next)?;
        self.next += 1;
        self.left = usize::try_from(group.metadata().num_rows()).unwrap_or(usize::MAX);
        if self.left > GROUP_ROWS_MAX {
            return Err(ParquetError::General(
                "a row group has too many rows".to_owned(),
            ));
        }
        let columns = (0..group.num_columns()).map(|number| group.get_column_reader(number));
        self.columns = columns.collect::<Result<_, _>>()?;
        Ok(())
    }
}

fn read_column(
    reader: &mut ColumnReader,
    number: usize,
    rows: &mut Rows,
) -> Result<(), ParquetError> {
    let Rows {
        columns,
        texts,
        count,
    } = rows;
    let Some(buffer) = columns.get_mut(number) else {
        return Ok(());
    };
    let present = buffer.present.as_mut();
    match (reader, &mut buffer.values) {
        (ColumnReader::Int32ColumnReader(reader), Values::Int4(values)) => {
            read_all(reader, *count, present, values)
        }
        (ColumnReader::Int64ColumnReader(reader), Values::Int8(values)) => {
            read_all(reader, *count, present, values)
        }
        (ColumnReader::DoubleColumnReader(reader), Values::Float8(values)) => {
            read_all(reader, *count, present, values)
        }
        (ColumnReader::BoolColumnReader(reader), Values::Bool(values)) => {
            read_all(reader, *count, present, values)
        }
        (ColumnReader::ByteArrayColumnReader(reader), Values::Text(values)) => {
            read_texts(reader, *count, present, values, texts)
        }
        _ => Err(ParquetError::General(
            "a column has another type".to_owned(),
        )),
    }
}

fn read_all<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    count: usize,
    mut present: Option<&mut Vec<i16>>,
    values: &mut Vec<T::T>,
) -> Result<(), ParquetError> {
    let mut read = 0;
    while read < count {
        let (records, ..) =
            reader.read_records(count - read, present.as_deref_mut(), None, values)?;
        if records == 0 {
            return Err(ParquetError::General("a column is too short".to_owned()));
        }
        read += records;
    }
    Ok(())
}

fn read_texts(
    reader: &mut ColumnReaderImpl<ByteArrayType>,
    count: usize,
    mut present: Option<&mut Vec<i16>>,
    values: &mut Vec<u32>,
    texts: &mut Texts,
) -> Result<(), ParquetError> {
    let mut read = 0;
    let mut portion: Vec<ByteArray> = Vec::new();
    // Runs of one text, such as the node's name, are looked up once.
    let mut last: Option<(ByteArray, u32)> = None;
    while read < count {
        portion.clear();
        let most = PORTION.min(count - read);
        let (records, ..) =
            reader.read_records(most, present.as_deref_mut(), None, &mut portion)?;
        if records == 0 {
            return Err(ParquetError::General("a column is too short".to_owned()));
        }
        for text in portion.drain(..) {
            let number = match &last {
                Some((same, number)) if *same == text => *number,
                _ => texts.number(text.data()),
            };
            values.push(number);
            last = Some((text, number));
        }
        read += records;
    }
    Ok(())
}
