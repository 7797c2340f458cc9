//! The orchestrator: durable runs of experiments.
