//! The simulated Mina chain: slots, blocks, pools, traces; pure.
