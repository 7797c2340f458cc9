//! The uptime backend: signed submissions of nodes.
