//! The transaction that writes deliveries.

use std::collections::{BTreeMap, HashMap};

use sqlx::{PgConnection, Postgres, Transaction};
use trace::batch::{Batch, TraceRow};

use super::advance::advance_sessions;
use super::copy::copy_rows;
use super::delivery::{Delivery, Planned, Stored};
use super::distributions::record_durations;
use super::row_ids::{self, RowIds};
use super::session::Session;
use super::session_state::write_session_state;
use super::upserts::upsert_derived;
use crate::citus::defer_commit;
use crate::read::OUTSIDE;
use crate::{Database, StoreError};

impl Database {
    /// Stores deliveries, all or nothing.
    ///
    /// [`StoreError::SessionTaken`] means that one of them is fenced out and
    /// nothing was written. After any other error it is not known whether they
    /// are stored (the connection may have been lost while the server
    /// committed): take the sessions up again with
    /// [`Database::resume_session`] and continue from their cursors.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn deliver(&self, deliveries: &mut [Delivery<'_>]) -> Result<Stored, StoreError> {
        self.deliver_in(self.pool().begin().await?, deliveries)
            .await
    }

    /// Like [`Database::deliver`], without waiting until the server has written its log to disk,
    /// unless it is a Citus coordinator.
    ///
    /// A crash of the server within the next second may take the delivery back, with all that came
    /// after it: then the session is where it was before. A caller that keeps the input
    /// until [`Database::make_durable`] returns loses nothing.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn deliver_deferred(
        &self,
        deliveries: &mut [Delivery<'_>],
    ) -> Result<Stored, StoreError> {
        let mut transaction = self.pool().begin().await?;
        defer_commit(&mut transaction).await?;
        self.deliver_in(transaction, deliveries).await
    }

    /// Waits until everything that was delivered to a session is as durable as the server's
    /// settings make it.
    ///
    /// Fails with [`StoreError::TakenBack`] if the server has crashed and restarted since, and
    /// deferred deliveries are gone.
    ///
    /// # Errors
    ///
    /// [`StoreError::TakenBack`]: the server has crashed before what it had taken was on its disk.
    /// Or the database does not answer or refuses.
    pub async fn make_durable(&self, session: &Session) -> Result<(), StoreError> {
        // A commit waits for the disk if its transaction has written something; all of the server's
        // log before it is on disk then.
        let written = sqlx::query(
            "UPDATE loadlab.session SET version = version WHERE session_id = $1 AND version = $2",
        )
        .bind(session.id)
        .bind(session.version)
        .execute(self.pool())
        .await?;
        if written.rows_affected() == 0 {
            return Err(StoreError::TakenBack {
                node: session.node_name.clone(),
            });
        }
        Ok(())
    }

    async fn deliver_in(
        &self,
        mut transaction: Transaction<'static, Postgres>,
        deliveries: &mut [Delivery<'_>],
    ) -> Result<Stored, StoreError> {
        let connection = &mut *transaction;
        advance_sessions(connection, deliveries).await?;
        let planned = plan(connection, deliveries).await?;
        let mut stored = Stored::default();
        for (deployment_id, plans) in &planned {
            stored.blocks += write_traces(connection, *deployment_id, plans).await?;
            let ids = Ids::allocate(connection, plans).await?;
            write_checkpoints(connection, *deployment_id, plans, &ids, &mut stored).await?;
            stored.transactions +=
                write_transaction_events(connection, *deployment_id, plans, &ids).await?;
            stored.snark_work +=
                write_snark_work_events(connection, *deployment_id, plans, &ids).await?;
            upsert_derived(connection, *deployment_id, plans).await?;
            record_durations(connection, *deployment_id, plans).await?;
        }
        write_session_state(connection, deliveries, &planned).await?;
        let new_traces: Vec<_> = planned
            .into_values()
            .flatten()
            .map(|plan| (plan.index, plan.new_traces))
            .collect();
        transaction.commit().await?;
        for delivery in deliveries.iter_mut() {
            delivery.session.version += 1;
        }
        for (index, traces) in new_traces {
            deliveries[index].session.traces.extend(traces);
        }
        for delivery in deliveries {
            delivery.session.forget_traces(&delivery.batch);
        }
        Ok(stored)
    }
}

/// Gives new block traces their row ids and sorts deliveries by deployment.
async fn plan<'a>(
    connection: &mut PgConnection,
    deliveries: &'a [Delivery<'_>],
) -> Result<BTreeMap<i32, Vec<Planned<'a>>>, StoreError> {
    let new = |batch: &'a Batch| batch.traces.iter().filter(|row| row.is_new);
    let rows = deliveries
        .iter()
        .map(|delivery| new(&delivery.batch).count())
        .sum();
    let ids = row_ids::allocate(connection, row_ids::BLOCK_TRACES, rows).await?;
    let mut next = 0;
    let mut by_deployment: BTreeMap<i32, Vec<Planned<'_>>> = BTreeMap::new();
    for (index, delivery) in deliveries.iter().enumerate() {
        let mut new_traces = HashMap::new();
        for row in new(&delivery.batch) {
            let id = i32::try_from(ids.at(next)).map_err(|_| StoreError::TraceIdsUsedUp)?;
            new_traces.insert(row.trace, id);
            next += 1;
        }
        let session = &*delivery.session;
        by_deployment
            .entry(session.deployment_id)
            .or_default()
            .push(Planned {
                index,
                batch: &delivery.batch,
                session,
                new_traces,
            });
    }
    Ok(by_deployment)
}

/// Row ids of all checkpoints of some deliveries.
struct Ids {
    ids: RowIds,
    /// Index of each delivery's first row.
    starts: Vec<usize>,
}

impl Ids {
    async fn allocate(
        connection: &mut PgConnection,
        plans: &[Planned<'_>],
    ) -> Result<Self, StoreError> {
        let mut rows = 0;
        let starts = plans
            .iter()
            .map(|plan| {
                let start = rows;
                rows += plan.batch.checkpoints.len();
                start
            })
            .collect();
        let ids = row_ids::allocate(connection, row_ids::CHECKPOINTS, rows).await?;
        Ok(Self { ids, starts })
    }

    fn of(&self, plan: usize, checkpoint: usize) -> i64 {
        self.ids.at(self.starts[plan] + checkpoint)
    }
}

async fn write_traces(
    connection: &mut PgConnection,
    deployment_id: i32,
    plans: &[Planned<'_>],
) -> Result<u64, StoreError> {
    let mut new = Vec::new();
    let mut changed: Vec<(&Planned<'_>, &TraceRow, i32)> = Vec::new();
    for plan in plans {
        for row in &plan.batch.traces {
            let rows = if row.is_new { &mut new } else { &mut changed };
            rows.push((plan, row, plan.trace_id(row.trace)?));
        }
    }
    // What happens outside of blocks is no block.
    let outside = new
        .iter()
        .filter(|(plan, row, _)| plan.batch.text(row.block_id) == OUTSIDE)
        .count();
    let statement = "COPY public.block_trace (block_trace_id, deployment_id, node_name, block_id, \
         trace_started_at, trace_completed_at, total_time, source, blockchain_length, \
         global_slot, status, metadata_json) FROM STDIN (FORMAT binary)";
    let rows = new.into_iter();
    let written = copy_rows(connection, statement, 12, rows, |(plan, row, id), out| {
        out.int4(id);
        out.int4(deployment_id);
        out.text(&plan.session.node_name);
        out.text(plan.batch.text(row.block_id));
        out.float8(seconds(row.started));
        out.float8(seconds(row.completed));
        out.float8(row.total_time());
        out.text(row.source.as_str());
        out.int4(row.blockchain_length);
        out.int4(row.global_slot);
        out.text(row.status.as_str());
        let metadata = row.metadata_patch.map(|json| plan.batch.text(json));
        out.jsonb(metadata.unwrap_or("{}"));
        Ok(())
    })
    .await?;
    update_traces(connection, deployment_id, &changed).await?;
    Ok(written.saturating_sub(u64::try_from(outside).unwrap_or(u64::MAX)))
}

/// A time as the tables have it: −1 stands for none.
fn seconds(time: Option<trace::Timestamp>) -> f64 {
    time.map_or(-1.0, trace::Timestamp::seconds)
}

async fn update_traces(
    connection: &mut PgConnection,
    deployment_id: i32,
    rows: &[(&Planned<'_>, &TraceRow, i32)],
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let column = |value: fn(&TraceRow) -> f64| -> Vec<f64> {
        rows.iter().map(|(_, row, _)| value(row)).collect()
    };
    let block_ids: Vec<&str> = rows
        .iter()
        .map(|(plan, row, _)| plan.batch.text(row.block_id))
        .collect();
    let patches: Vec<Option<&str>> = rows
        .iter()
        .map(|(plan, row, _)| row.metadata_patch.map(|json| plan.batch.text(json)))
        .collect();
    let int = |value: fn(&TraceRow) -> i32| -> Vec<i32> {
        rows.iter().map(|(_, row, _)| value(row)).collect()
    };
    let text = |value: fn(&TraceRow) -> &'static str| -> Vec<&'static str> {
        rows.iter().map(|(_, row, _)| value(row)).collect()
    };
    sqlx::query(include_str!("sql/update_block_traces.sql"))
        .bind(deployment_id)
        .bind(rows.iter().map(|(_, _, id)| *id).collect::<Vec<_>>())
        .bind(block_ids)
        .bind(column(|row| seconds(row.started)))
        .bind(column(|row| seconds(row.completed)))
        .bind(column(TraceRow::total_time))
        .bind(text(|row| row.source.as_str()))
        .bind(int(|row| row.blockchain_length))
        .bind(int(|row| row.global_slot))
        .bind(text(|row| row.status.as_str()))
        .bind(patches)
        .execute(connection)
        .await?;
    Ok(())
}

async fn write_checkpoints(
    connection: &mut PgConnection,
    deployment_id: i32,
    plans: &[Planned<'_>],
    ids: &Ids,
    stored: &mut Stored,
) -> Result<(), StoreError> {
    let rows = plans.iter().flat_map(|plan| &plan.batch.checkpoints);
    let controls = rows.filter(|row| row.is_control).count() as u64;
    let rows = plans.iter().enumerate().flat_map(|(index, plan)| {
        let rows = plan.batch.checkpoints.iter().enumerate();
        rows.map(move |(row, checkpoint)| (plan, checkpoint, ids.of(index, row)))
    });
    let statement = "COPY public.block_trace_checkpoint (block_trace_checkpoint_id, block_trace_id, \
             source, main_trace, is_control, name, started_at, metadata_json, call_id, gossip, \
             deployment_id) FROM STDIN (FORMAT binary)";
    let written = copy_rows(connection, statement, 11, rows, |(plan, row, id), out| {
        out.int8(id);
        out.int4(plan.trace_id(row.trace)?);
        out.text(row.process.letter_text());
        out.boolean(row.main_trace);
        out.boolean(row.is_control);
        out.text(plan.batch.text(row.name));
        out.float8(seconds(row.time));
        out.jsonb(row.metadata.map_or("[]", |json| plan.batch.text(json)));
        out.int4(row.call_id);
        out.boolean(row.gossip);
        out.int4(deployment_id);
        Ok(())
    })
    .await?;
    stored.controls += controls;
    stored.checkpoints += written - controls;
    Ok(())
}

async fn write_transaction_events(
    connection: &mut PgConnection,
    deployment_id: i32,
    plans: &[Planned<'_>],
    ids: &Ids,
) -> Result<u64, StoreError> {
    let rows = plans.iter().enumerate().flat_map(|(index, plan)| {
        let events = plan.batch.transaction_events.iter();
        events.map(move |event| (index, plan, event))
    });
    let statement = "COPY public.tx_traces (block_trace_checkpoint_id, node_name, action, time, diff, \
             sender, reason, deployment_id) FROM STDIN (FORMAT binary)";
    copy_rows(
        connection,
        statement,
        8,
        rows,
        |(index, plan, event), out| {
            let text = |span| plan.batch.text(span);
            out.int8(ids.of(index, event.checkpoint));
            out.text(&plan.session.node_name);
            out.text(event.action.as_str());
            out.timestamp(event.time.microseconds());
            out.jsonb(text(event.diff));
            out.optional_text(event.sender.map(text));
            out.optional_text(event.reason.map(text));
            out.int4(deployment_id);
            Ok(())
        },
    )
    .await
}

async fn write_snark_work_events(
    connection: &mut PgConnection,
    deployment_id: i32,
    plans: &[Planned<'_>],
    ids: &Ids,
) -> Result<u64, StoreError> {
    let rows = plans.iter().enumerate().flat_map(|(index, plan)| {
        let events = plan.batch.snark_work_events.iter();
        events.map(move |event| (index, plan, event))
    });
    let statement = "COPY public.sw_traces (block_trace_checkpoint_id, node_name, action, time, \
             fst_work_id, snd_work_id, fee, prover, sender, reason, fst_work_type, \
             snd_work_type, fst_work_tx_hash, snd_work_tx_hash, fst_work_tx_memo, \
             snd_work_tx_memo, deployment_id) FROM STDIN (FORMAT binary)";
    copy_rows(
        connection,
        statement,
        17,
        rows,
        |(index, plan, event), out| {
            let text = |span| plan.batch.text(span);
            let (first, second) = (event.first_transaction, event.second_transaction);
            out.int8(ids.of(index, event.checkpoint));
            out.text(&plan.session.node_name);
            out.text(event.action.as_str());
            out.timestamp(event.time.microseconds());
            out.int4(event.first_work_id);
            out.optional_int4(event.second_work_id);
            for span in [
                event.fee,
                event.prover,
                event.sender,
                event.reason,
                first.kind,
                second.kind,
                first.hash,
                second.hash,
                first.memo,
                second.memo,
            ] {
                out.optional_text(span.map(text));
            }
            out.int4(deployment_id);
            Ok(())
        },
    )
    .await
}
