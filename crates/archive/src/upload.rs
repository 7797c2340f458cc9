//! A file on its way to the store: written by a thread, sent piece by piece.

use std::io::{self, Write};

use bytes::Bytes;
use object_store::ObjectStoreExt as _;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;

use crate::digest::hex;
use crate::error::ArchiveError;
use crate::place::Place;
use crate::tenure::Tenure;

/// Bytes that are sent at once; S3 takes no fewer than 5 MiB.
const PIECE_BYTES: usize = 6 << 20;
/// Pieces that wait to be sent.
const PIECES_WAITING: usize = 1;

/// What goes to the store.
#[derive(Debug)]
pub(crate) enum Piece {
    Part(Bytes),
    /// The file is whole.
    End(Bytes),
}

/// Where the thread writes to.
#[derive(Debug)]
pub(crate) struct Sink {
    pieces: mpsc::Sender<Piece>,
    waiting: Vec<u8>,
    bytes: u64,
    digest: Sha256,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

/// The two ends of a file's way.
pub(crate) fn way() -> (Sink, mpsc::Receiver<Piece>) {
    let (pieces, received) = mpsc::channel(PIECES_WAITING);
    let sink = Sink {
        pieces,
        waiting: Vec::new(),
        bytes: 0,
        digest: Sha256::new(),
    };
    (sink, received)
}

impl Sink {
    /// Says that the file is whole. Only then it appears in the store.
    pub(crate) fn finish(self) -> io::Result<Written> {
        self.pieces
            .blocking_send(Piece::End(self.waiting.into()))
            .map_err(|_| gone())?;
        Ok(Written {
            bytes: self.bytes,
            sha256: hex(&self.digest.finalize()),
        })
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.digest.update(bytes);
        self.waiting.extend_from_slice(bytes);
        self.bytes += bytes.len() as u64;
        if self.waiting.len() >= PIECE_BYTES {
            let piece = std::mem::take(&mut self.waiting);
            self.pieces
                .blocking_send(Piece::Part(piece.into()))
                .map_err(|_| gone())?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn gone() -> io::Error {
    io::Error::other("the file is not sent any more")
}

/// Sends a file. What ends before the file is whole is no file: the thread that writes says why.
pub(crate) async fn send(
    place: &Place,
    tenure: &Tenure,
    object: &str,
    mut pieces: mpsc::Receiver<Piece>,
) -> Result<(), ArchiveError> {
    let path = place.path(object);
    let first = match pieces.recv().await {
        Some(Piece::Part(first)) => first,
        Some(Piece::End(all)) => {
            tenure.require().await?;
            let put = place.objects().put(&path, all.into());
            place.answer("write", object, put).await?;
            return Ok(());
        }
        None => return Ok(()),
    };
    let begin = place.objects().put_multipart(&path);
    let mut upload = place.answer("write", object, begin).await?;
    let sent = async {
        let part = upload.put_part(first.into());
        place.answer("write", object, part).await?;
        loop {
            match pieces.recv().await {
                Some(Piece::Part(part)) => {
                    let part = upload.put_part(part.into());
                    place.answer("write", object, part).await?;
                }
                Some(Piece::End(last)) => {
                    if !last.is_empty() {
                        let part = upload.put_part(last.into());
                        place.answer("write", object, part).await?;
                    }
                    tenure.require().await?;
                    place.answer("write", object, upload.complete()).await?;
                    return Ok(true);
                }
                None => return Ok(false),
            }
        }
    }
    .await;
    if !matches!(sent, Ok(true)) {
        // What is left of it costs room only; the next attempt writes the whole file again.
        let _ = place.answer("remove", object, upload.abort()).await;
    }
    sent.map(|_| ())
}
