//! Which networks a signature is for.

/// The network id that goes into every signature, so that one made for a test network is
/// worthless on mainnet. All networks except mainnet share [`NetworkId::Testnet`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NetworkId {
    /// Network id 0.
    Testnet,
    /// Network id 1.
    Mainnet,
}

impl NetworkId {
    /// The id as a byte: 0 or 1.
    #[must_use]
    pub const fn as_u8(self) -> u8 {
        match self {
            Self::Testnet => 0,
            Self::Mainnet => 1,
        }
    }

    /// What separates the signature hashes of the networks, filled up with `*` to 20 bytes.
    pub(crate) const fn signature_domain(self) -> &'static [u8; 20] {
        match self {
            Self::Testnet => b"CodaSignature*******",
            Self::Mainnet => b"MinaSignatureMainnet",
        }
    }
}
