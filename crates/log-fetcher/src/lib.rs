//! The log fetcher: every log entry of every node, exactly once.
