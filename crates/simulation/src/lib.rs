//! A simulated Mina chain with the traces of its nodes, in virtual time.
