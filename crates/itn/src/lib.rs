//! The node control protocol of Mina's ITN: operations, authentication, client.
