//! The experiments API: experiments and deployments over REST.
