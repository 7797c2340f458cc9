//! An import from beginning to end.

use std::sync::Arc;
use std::time::Instant;

use store::ingest::{Delivery, OpenedSession, Reading, SessionKind};
use store::{Database, StoreError};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use trace::{Process, RestoreError, Timestamp, Tracer, TracerOptions};

use crate::cursor::Cursor;
use crate::input_error::InputError;
use crate::inputs::Inputs;
use crate::plan::{Earlier, Plan, Stored, plan};
use crate::progress::Progress;
use crate::reader::{Portion, Reader};
use crate::summary::{CutFile, Summary};

/// Batches that wait for the database at most.
const WAITING_BATCHES: usize = 1;
/// Lines that are older than the input by more than this are not compared with it.
const OVERLAP_NANOSECONDS: i64 = 3_600_000_000_000;

/// What to import where.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// The node's name in every table.
    pub node_name: String,
    /// The deployment; the newest if none, a first one if there is none at all.
    pub deployment_id: Option<i32>,
    /// How entries are interpreted.
    pub tracer: TracerOptions,
}

/// Why an import stopped. Everything up to the last batch is stored; the same
/// import continues from there.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The input.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The state of an earlier import.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// The thread that reads has died.
    #[error("the reading thread failed")]
    Reader,
}

/// Imports the trace of one node.
///
/// May be dropped, or its process killed, at any moment: what is stored is
/// stored with its position.
pub async fn import(
    database: &Database,
    inputs: Inputs,
    options: ImportOptions,
    progress: Progress,
) -> Result<Summary, ImportError> {
    let begun = Instant::now();
    let deployment_id = match options.deployment_id {
        Some(id) => {
            database.require_deployment(id).await?;
            id
        }
        None => database.newest_or_first_deployment().await?,
    };
    let guard = database
        .lock_import(deployment_id, &options.node_name)
        .await?;
    let mut summary = Summary {
        node: options.node_name.clone(),
        deployment_id,
        ..Summary::default()
    };
    let inputs = Arc::new(inputs);
    let sessions = database
        .sessions(deployment_id, &options.node_name, SessionKind::File)
        .await?;
    let earlier = Earlier::of(&sessions);
    if !earlier.iter().all(Earlier::is_comparable) {
        tracing::warn!(
            "an earlier build has imported traces of node {}, and did not keep which lines: what \
             is in them and in this input is stored once more",
            options.node_name
        );
    }
    let stored = lines_stored(database, &inputs, &earlier).await?;
    let (plan, mut earlier) = blocking({
        let inputs = Arc::clone(&inputs);
        move || plan(&inputs, &earlier, stored).map(|plan| (plan, earlier))
    })
    .await??;
    let going_on = earlier
        .iter()
        .position(|earlier| Some(earlier.session) == plan.session);
    let (opened, cursor) = if let Some(index) = going_on {
        let earlier = earlier.swap_remove(index);
        let opened = database.resume_session(earlier.session).await?;
        (opened, earlier.cursor)
    } else {
        let (cursor, kind) = (Cursor::default(), SessionKind::File);
        let opened = database
            .begin_session(
                deployment_id,
                &options.node_name,
                kind,
                &cursor_value(&cursor),
            )
            .await?;
        (opened, cursor)
    };
    let OpenedSession { mut session, state } = opened;
    let tracer = Tracer::restore(options.tracer, state)?;
    let (sender, mut portions) = mpsc::channel(WAITING_BATCHES);
    let runtime = Handle::current();
    let reading = tokio::task::spawn_blocking(move || {
        read_all(&runtime, &inputs, &cursor, plan, tracer, progress, &sender)
    });
    while let Some(portion) = portions.recv().await {
        let counts = portion.counts;
        summary.add_unfinished(portion.unfinished_lines);
        summary.gaps += portion.gaps.len() as u64;
        summary.malformed.extend(portion.malformed);
        summary.dropped_calls = portion.dropped_calls;
        if counts.lines == 0 {
            continue;
        }
        let mut deliveries = [Delivery {
            session: &mut session,
            batch: portion.batch,
            cursor: cursor_value(&portion.cursor),
            counts,
            gaps: portion.gaps,
            reading: Reading::default(),
        }];
        let stored = database.deliver_deferred(&mut deliveries).await?;
        summary.add(counts, stored);
    }
    let read = reading.await.map_err(|_| ImportError::Reader)??;
    summary.add_already_stored(read.passed_over);
    summary.cut = read.cut;
    for (process, from, until) in read.filled {
        database.forget_gaps(&session, process, from, until).await?;
    }
    // Only now is everything reported as stored; until then the next import continues from what is.
    database.make_durable(&session).await?;
    guard.release().await;
    summary.seconds = begun.elapsed().as_secs_f64();
    Ok(summary)
}

/// The lines that earlier imports have stored, from the time of the input on.
async fn lines_stored(
    database: &Database,
    inputs: &Inputs,
    earlier: &[Earlier],
) -> Result<Stored, ImportError> {
    let ids: Vec<i64> = earlier.iter().map(|earlier| earlier.session).collect();
    let since = inputs
        .first_time()
        .and_then(|time| time.earlier_by(OVERLAP_NANOSECONDS));
    let mut stored = Stored::default();
    database
        .stored_lines(&ids, since, |lines| -> Result<(), ImportError> {
            let added = stored.add(earlier, &lines);
            Ok(added.map_err(InputError::Hashes)?)
        })
        .await?;
    Ok(stored)
}

/// Reads until the end, or until nobody wants the rest.
fn read_all(
    runtime: &Handle,
    inputs: &Inputs,
    stored: &Cursor,
    plan: Plan,
    tracer: Tracer,
    progress: Progress,
    sender: &mpsc::Sender<Portion>,
) -> Result<Read, InputError> {
    let mut reader = Reader::open(inputs, stored, plan, tracer, progress)?;
    // A batch is read when the one before it is being stored: no third one is in memory.
    while let Ok(place) = runtime.block_on(sender.reserve()) {
        let Some(portion) = reader.next_portion()? else {
            break;
        };
        place.send(portion);
    }
    Ok(Read {
        passed_over: reader.passed_over(),
        cut: reader.cut(),
        filled: reader.filled(),
    })
}

/// What is known when everything has been read.
struct Read {
    /// Lines that were stored already.
    passed_over: u64,
    /// Files that end in the middle.
    cut: Vec<CutFile>,
    /// Times between which something was missing and is no longer.
    filled: Vec<(Process, Timestamp, Timestamp)>,
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ImportError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| ImportError::Reader)
}

fn cursor_value(cursor: &Cursor) -> serde_json::Value {
    serde_json::to_value(cursor).expect("a cursor has text keys")
}
