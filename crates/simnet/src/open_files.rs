//! The limit of open files: each node listens at two ports, and each client is one more.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// For clients, and for everything that is there once.
const SPARE: u64 = 512;

/// A limit that does not suffice and cannot be raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{nodes} nodes need {needed} open files, but this process may have {allowed} only; raise the \
     limit with `ulimit -n {needed}`"
)]
pub struct OpenFilesError {
    /// Nodes.
    pub nodes: usize,
    /// Open files that they need.
    pub needed: u64,
    /// Open files that this process may have.
    pub allowed: u64,
}

/// Raises this process's limit if that many nodes need it, as far as its user may.
pub(crate) fn allow_for(nodes: usize) -> Result<(), OpenFilesError> {
    let needed = 4 * nodes as u64 + SPARE;
    // Where there is no such limit, none is in the way.
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return Ok(());
    };
    if soft >= needed {
        return Ok(());
    }
    let allowed = needed.min(hard);
    if allowed > soft {
        // What could not be raised is seen below.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, allowed, hard);
    }
    let allowed = getrlimit(Resource::RLIMIT_NOFILE).map_or(soft, |(soft, _)| soft);
    // Listeners alone must fit; with fewer than we want, clients may have to wait.
    if allowed >= 2 * nodes as u64 + SPARE / 4 {
        Ok(())
    } else {
        Err(OpenFilesError {
            nodes,
            needed,
            allowed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_nodes_fit_and_an_absurd_number_is_refused_with_a_remedy() {
        assert_eq!(allow_for(5), Ok(()));
        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        let nodes = usize::try_from(hard).unwrap_or(usize::MAX / 8);
        let Some(nodes) = nodes.checked_mul(2).filter(|nodes| *nodes < usize::MAX / 8) else {
            return;
        };
        let error = allow_for(nodes).unwrap_err().to_string();
        assert!(error.contains("ulimit -n"), "{error}");
    }
}
