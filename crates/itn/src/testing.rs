//! What tests of several crates need.

/// Addresses that every [`crate::AddressPolicy`] refuses, whatever it is set to: metadata services
/// of clouds, one link, groups, this network, and IPv6 forms of them.
pub const REFUSED_ALWAYS: [&str; 23] = [
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "2001:0:808:808::5601:5601",
    "::a9fe:a9fe",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
    "fd00:c1::a9fe:a9fe",
    "fd00:42::42",
    "100.100.100.200",
    "168.63.129.16",
    "64:ff9b::6464:64c8",
    "192.0.0.192",
    "fe80::1",
    "ff02::1",
    "224.0.0.1",
    "239.1.1.1",
    "255.255.255.255",
    "0.0.0.0",
    "0.1.2.3",
];
