//! A file of an archive, as the store gives it: whole, and what was written.

use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::sync::mpsc::sync_channel;
use std::thread;

use bytes::{BufMut as _, Bytes, BytesMut};
use futures_util::TryStreamExt as _;
use object_store::ObjectStoreExt as _;
use open_data::{GroupReader, Rows};
use sha2::{Digest as _, Sha256};
use store::archive::{ARCHIVED, ArchivedTable};
use tokio::sync::mpsc;

use crate::day_file::parquet_error;
use crate::digest::{NodeDigests, difference, hex};
use crate::error::ArchiveError;
use crate::manifest::ArchivedFile;
use crate::place::Place;
use crate::progress::Progress;

/// Pieces of a file that wait to be written down.
const PIECES_WAITING: usize = 4;
/// Portions of rows that are read and wait.
const PORTIONS_READ: usize = 2;
/// Bytes of rows that go back to the database at once.
const ROWS_BYTES: usize = 256 << 10;

/// Where rows go to: the deployment, and what takes them in the binary format of `COPY`.
#[derive(Debug)]
pub(crate) struct RowsTo {
    pub(crate) deployment_id: i32,
    pub(crate) rows: mpsc::Sender<Bytes>,
}

/// The table of a file.
pub(crate) fn table_of(
    place: &Place,
    file: &ArchivedFile,
) -> Result<&'static ArchivedTable, ArchiveError> {
    let table = ARCHIVED.iter().find(|table| table.name == file.table);
    table.ok_or_else(|| damaged(place, file, "it is of no table that is known".to_owned()))
}

/// Reads a file whole and compares its bytes, then its rows, with what the manifest says. The rows
/// go to `rows_to`, if it is there, before the last of them are compared.
pub(crate) async fn read_back(
    place: &Place,
    file: &ArchivedFile,
    rows_to: Option<RowsTo>,
    progress: &Progress,
) -> Result<(), ArchiveError> {
    let table = table_of(place, file)?;
    let local = fetch(place, file).await?;
    let counted = progress.clone();
    let rows = tokio::task::spawn_blocking(move || decode(table, local, rows_to, &counted));
    let nodes = match rows.await.map_err(|_| ArchiveError::Thread)? {
        Err(ArchiveError::Parquet { source, .. }) => {
            return Err(damaged(place, file, source.to_string()));
        }
        nodes => nodes?,
    };
    match difference(&file.nodes, &nodes.finish()) {
        Some(difference) => Err(damaged(place, file, difference)),
        None => Ok(()),
    }
}

fn damaged(place: &Place, file: &ArchivedFile, difference: String) -> ArchiveError {
    ArchiveError::Damaged {
        object: file.path.clone(),
        url: place.url().to_owned(),
        difference,
    }
}

/// Takes a file into a temporary one, which is gone with its handle. It has the bytes that the
/// manifest says.
async fn fetch(place: &Place, file: &ArchivedFile) -> Result<File, ArchiveError> {
    let object = file.path.as_str();
    let path = place.path(object);
    let found = place
        .answer("read", object, place.objects().get(&path))
        .await?;
    if found.meta.size != file.bytes {
        let difference = format!("it has {} bytes, not {}", found.meta.size, file.bytes);
        return Err(damaged(place, file, difference));
    }
    let (pieces, mut received) = mpsc::channel::<Bytes>(PIECES_WAITING);
    let writer = tokio::task::spawn_blocking(move || {
        let mut local = tempfile::tempfile()?;
        let mut digest = Sha256::new();
        while let Some(piece) = received.blocking_recv() {
            digest.update(&piece);
            local.write_all(&piece)?;
        }
        local.rewind()?;
        Ok::<_, std::io::Error>((local, hex(&digest.finalize())))
    });
    let mut stream = found.into_stream();
    while let Some(piece) = place.answer("read", object, stream.try_next()).await? {
        if pieces.send(piece).await.is_err() {
            break;
        }
    }
    drop(pieces);
    let written = writer.await.map_err(|_| ArchiveError::Thread)?;
    let (local, sha256) = written.map_err(ArchiveError::Temporary)?;
    if sha256 != file.sha256 {
        return Err(damaged(place, file, "its bytes are others".to_owned()));
    }
    Ok(local)
}

/// What takes the rows of a file one by one.
struct Taker {
    table: &'static ArchivedTable,
    digests: NodeDigests,
    row: Vec<u8>,
    rows_to: Option<RowsTo>,
    out: BytesMut,
}

/// Reads columns on one thread, and makes rows of them on another.
fn decode(
    table: &'static ArchivedTable,
    local: File,
    rows_to: Option<RowsTo>,
    progress: &Progress,
) -> Result<NodeDigests, ArchiveError> {
    let columns = table.file_columns();
    let failed = |source| parquet_error(table, source);
    let mut file = GroupReader::open(local, &columns).map_err(failed)?;
    let (portions, read) = sync_channel::<Rows>(PORTIONS_READ);
    let (give_back, empty) = sync_channel::<Rows>(PORTIONS_READ + 2);
    let mut taker = Taker {
        table,
        digests: NodeDigests::default(),
        row: Vec::new(),
        rows_to,
        out: BytesMut::new(),
    };
    thread::scope(|scope| {
        let reader = scope.spawn(move || -> Result<(), ArchiveError> {
            loop {
                let mut portion = empty
                    .try_recv()
                    .unwrap_or_else(|_| Rows::new(columns.clone()));
                if !file.read(&mut portion).map_err(failed)? || portions.send(portion).is_err() {
                    return Ok(());
                }
            }
        });
        let taken: Result<(), ArchiveError> = read.iter().try_for_each(|portion| {
            taker.take(&portion)?;
            progress.add(portion.len() as u64);
            // The reader may have ended already.
            let _ = give_back.try_send(portion);
            Ok(())
        });
        // So that the reader does not wait for room.
        drop(read);
        reader.join().map_err(|_| ArchiveError::Thread)??;
        taken
    })?;
    taker.finish()
}

impl Taker {
    fn take(&mut self, portion: &Rows) -> Result<(), ArchiveError> {
        let own = self.table.columns.len();
        let mut walk = portion.walk();
        let not_a_row = |source| ArchiveError::NotARow {
            table: self.table.name,
            source,
        };
        loop {
            self.row.clear();
            // The first column behind its own is the node.
            let Some(node) = walk.next_row(own, own, &mut self.row).map_err(not_a_row)? else {
                return Ok(());
            };
            self.digests.add(node, &self.row);
            if let Some(to) = &self.rows_to {
                // A table has few columns.
                self.out.put_i16(i16::try_from(own + 1).unwrap_or(i16::MAX));
                self.out.put_slice(&self.row);
                self.out.put_i32(4);
                self.out.put_i32(to.deployment_id);
                if self.out.len() >= ROWS_BYTES {
                    let rows = self.out.split().freeze();
                    to.rows
                        .blocking_send(rows)
                        .map_err(|_| ArchiveError::Thread)?;
                }
            }
        }
    }

    fn finish(self) -> Result<NodeDigests, ArchiveError> {
        if let Some(to) = self.rows_to
            && !self.out.is_empty()
        {
            let rows = self.out.freeze();
            to.rows
                .blocking_send(rows)
                .map_err(|_| ArchiveError::Thread)?;
        }
        Ok(self.digests)
    }
}
