//! Finding nodes: by the online list, by submissions in a bucket, or one that
//! was named.

mod bucket;
mod online;
mod submission;

use std::sync::Arc;

use object_store::ObjectStore;
use url::Url;

pub use ::discovery::{HostOverrides, HostOverridesError};
pub use bucket::{BucketError, open_bucket};

use crate::node::Node;
use bucket::Bucket;
use online::OnlineList;

/// Where nodes are found.
#[derive(Debug, Clone)]
pub enum DiscoverySource {
    /// The list of an uptime backend.
    Online(Url),
    /// Submissions that an uptime backend has put into a bucket.
    Bucket {
        /// The bucket.
        objects: Arc<dyn ObjectStore>,
        /// First part of the names.
        prefix: String,
    },
    /// Just this node.
    Fixed(Node),
}

/// Why it is not known which nodes there are.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    /// The list cannot be had.
    #[error("the online list does not answer{proxy}")]
    Http {
        /// The proxy that was asked, if one was.
        proxy: String,
        /// What went wrong.
        source: reqwest::Error,
    },
    /// Another status than 200.
    #[error("the online list answers with status {status}{proxy}")]
    Status {
        /// The status.
        status: u16,
        /// The proxy that was asked, if one was.
        proxy: String,
    },
    /// Larger than any list.
    #[error("the online list has more than {0} bytes")]
    TooLarge(usize),
    /// No JSON array.
    #[error("the online list is not a JSON array")]
    Json(#[source] serde_json::Error),
    /// The bucket cannot be read.
    #[error("the bucket with submissions does not answer{proxy}")]
    Bucket {
        /// The proxy that was asked, if one was.
        proxy: String,
        /// What went wrong.
        source: object_store::Error,
    },
    /// No answer in time.
    #[error("discovery took longer than {0} s")]
    Timeout(u64),
}

/// What was found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Discovered {
    /// The nodes, each once, in order.
    pub nodes: Vec<Node>,
    /// Elements that are no nodes and were passed over.
    pub malformed: u64,
}

/// Finds nodes again and again.
#[derive(Debug)]
pub(crate) enum Discovery {
    Online(OnlineList),
    Bucket(Box<Bucket>),
    Fixed(Node),
}

impl Discovery {
    pub(crate) fn new(source: &DiscoverySource, overrides: HostOverrides) -> reqwest::Result<Self> {
        Ok(match source {
            DiscoverySource::Online(url) => Self::Online(OnlineList::new(url.clone(), overrides)?),
            DiscoverySource::Bucket { objects, prefix } => {
                let bucket = Bucket::new(Arc::clone(objects), prefix.clone(), overrides);
                Self::Bucket(Box::new(bucket))
            }
            DiscoverySource::Fixed(node) => Self::Fixed(node.clone()),
        })
    }

    pub(crate) async fn discover(&mut self) -> Result<Discovered, DiscoveryError> {
        let mut found = match self {
            Self::Online(list) => list.read().await?,
            Self::Bucket(bucket) => bucket.read(jiff::Timestamp::now()).await?,
            Self::Fixed(node) => Discovered {
                nodes: vec![node.clone()],
                malformed: 0,
            },
        };
        found.nodes.sort_unstable();
        found.nodes.dedup();
        Ok(found)
    }

    /// A node that was named by whoever runs the fetcher is trusted.
    pub(crate) fn is_fixed(&self) -> bool {
        matches!(self, Self::Fixed(_))
    }
}
